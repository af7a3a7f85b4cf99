"""Dagster's event log, with its connections kept open.

A night is some thousand events: each model and each check is planned, run and judged. Dagster's own SQLite storage
makes a new engine for each of several connections an event, and with it compiles its SQL anew: of a night of a minute,
21 s of CPU were Dagster's, measured on two cores; with the engines kept they are 7. The files are the same, so either
storage reads what the other wrote.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData

if TYPE_CHECKING:
    from dagster import DagsterInstance

RUNS_KEPT = 30
"""So many finished runs are kept: a month of nights. A run takes 16 MB, whatever the size of the shop."""

KEPT_OPEN = 4
"""Files kept open: the index of all runs, and the last few runs looked at."""


class EventLog(SqliteEventLogStorage):
    """`SqliteEventLogStorage`, but for how it connects."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        # Before the parent's: it connects while it is made.
        self._engines: OrderedDict[str, sqlalchemy.Engine] = OrderedDict()
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> EventLog:
        """As Dagster makes it from `dagster.yaml`."""
        return cls(inst_data=inst_data, **config_value)

    def has_table(self, table_name: str) -> bool:
        """Whether the index has this table. Asked with each event; a table once there stays."""
        # The parent asks on a connection of its own, since it is asked while another one is in use.
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        # One at a time, as the parent has it: so a connection may go from thread to thread.
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> sqlalchemy.Engine:
        engine = self._engines.pop(shard, None)
        if engine is None:
            engine = sqlalchemy.create_engine(
                self.conn_string_for_shard(shard),
                pool_size=1,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            sqlalchemy.event.listen(engine, "connect", _do_not_wait_for_the_disk)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
        self._engines[shard] = engine
        while len(self._engines) > KEPT_OPEN:
            _, oldest = self._engines.popitem(last=False)
            oldest.dispose()
        return engine

    def delete_events(self, run_id: str) -> None:
        """Forget a run: with what Dagster forgets, its file, and what its checks found, which the index has as well."""
        with self.index_connection() as connection:
            self.delete_events_for_run(connection, run_id)
            checks = AssetCheckExecutionsTable
            connection.execute(checks.delete().where(checks.c.run_id == run_id))
        self.free_concurrency_slots_for_run(run_id)
        with self._db_lock:
            self._initialized_dbs.discard(run_id)
            if engine := self._engines.pop(run_id, None):
                engine.dispose()
        for end in ("", "-wal", "-shm"):
            Path(f"{self.path_for_shard(run_id)}{end}").unlink(missing_ok=True)

    def dispose(self) -> None:
        """Close what is open."""
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()
        super().dispose()


def forget_old_runs(instance: DagsterInstance) -> None:
    """Forget all finished runs but the last RUNS_KEPT: Dagster itself keeps each for ever."""
    from dagster import RunsFilter

    finished = instance.get_run_ids(RunsFilter(statuses=list(FINISHED_STATUSES)))
    for run_id in finished[RUNS_KEPT:]:
        instance.delete_run(run_id)


def _do_not_wait_for_the_disk(connection: Any, _record: Any) -> None:
    # A power cut may cost the last events of a history that is safe to delete; a crash of the process costs none.
    connection.execute("pragma synchronous = normal")
