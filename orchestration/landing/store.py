"""Where landed rows lie, and when they count.

`landed/<table>/load-000001.parquet` holds the rows of one load; `landed/loads/load-000001.parquet`, the manifest, is
put in place last and in one step. A data file without its manifest is of a load that never finished, and is removed
when the next one starts: so whoever dies at whatever moment, a load is there as a whole or not at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from orchestration.contract import CONTRACT_FILE
from orchestration.landing.read import PIECE_ROWS
from orchestration.landing.typed import arrow_type

PARTIAL = ".partial"
_GROUP_BYTES = 256 * 1024 * 1024
"""A row group is closed early at this size, so that rows of long texts cannot fill the memory."""


@cache
def manifest_schema() -> pa.Schema:
    """Arrow schema of the load manifest, as the contract writes it."""
    document = yaml.safe_load(CONTRACT_FILE.read_text(encoding="utf-8"))
    tables = {table["name"]: table for table in document["sources"][0]["tables"]}
    return pa.schema([(column["name"], arrow_type(column["data_type"])) for column in tables["loads"]["columns"]])


def load_name(load_id: int) -> str:
    """File name of a load: load-000001.parquet."""
    return f"load-{load_id:06d}.parquet"


def finished_loads(landed: Path) -> list[int]:
    """Ids of the loads whose manifest is in place, in order."""
    return _loads_in(landed / "loads")


def data_files(folder: Path, finished: Iterable[int]) -> list[Path]:
    """The data files of one table that belong to finished loads, in order."""
    counted = set(finished)
    return [folder / load_name(load_id) for load_id in _loads_in(folder) if load_id in counted]


def read_manifest(landed: Path) -> pa.Table:
    """Every row of the manifest, all loads; zero rows before the first."""
    files = data_files(landed / "loads", finished_loads(landed))
    return pa.concat_tables([manifest_schema().empty_table(), *(pq.read_table(file) for file in files)])


def remove_unfinished(landed: Path) -> list[str]:
    """Removes what an unfinished load left behind; returns the names of what was removed."""
    finished = set(finished_loads(landed))
    removed = []
    for file in sorted(landed.rglob("*")):
        is_unfinished = file.suffix == ".parquet" and _load_id(file) is not None and _load_id(file) not in finished
        if file.name.endswith(PARTIAL) or is_unfinished:
            file.unlink()
            removed.append(file.relative_to(landed).as_posix())
    return removed


def write_schema(folder: Path, schema: pa.Schema) -> None:
    """`schema.parquet`, zero rows: makes an absent table empty and typed. Left alone where it is right already."""
    file = folder / "schema.parquet"
    if file.exists() and pq.read_schema(file).equals(schema):
        return
    write_whole(file, schema.empty_table())


def write_whole(file: Path, table: pa.Table) -> None:
    """Writes a small Parquet file in one step."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + PARTIAL)
    pq.write_table(table, partial, compression="zstd")
    put_in_place(partial, file)


def write_text(file: Path, text: str) -> None:
    """Writes a text file in one step; a file that says the same already is left alone."""
    if file.exists() and file.read_text(encoding="utf-8") == text:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + PARTIAL)
    partial.write_text(text, encoding="utf-8")
    put_in_place(partial, file)


def write_manifest(landed: Path, load_id: int, loaded_at: datetime, rows: list[dict]) -> None:
    """Makes a load count. `rows` are dicts of the manifest's columns but load_id and loaded_at (UTC, no zone)."""
    stamped = [{"load_id": load_id, "loaded_at": loaded_at, **row} for row in rows]
    write_whole(landed / "loads" / load_name(load_id), pa.Table.from_pylist(stamped, schema=manifest_schema()))


def forget_handed_on(landed: Path, tables: Iterable[str], connector: str) -> None:
    """Removes what a connector made of its files, and that it was made: from the manifests first, each in one step."""
    for load_id in finished_loads(landed):
        file = landed / "loads" / load_name(load_id)
        rows = pq.read_table(file).to_pylist()
        kept = [row for row in rows if row["outcome"] != "handed_on" and not _is_of(row, connector)]
        if len(kept) < len(rows):
            write_whole(file, pa.Table.from_pylist(kept, schema=manifest_schema()))
    for table in tables:
        for file in data_files(landed / table, finished_loads(landed)):
            file.unlink()


def _is_of(row: dict, connector: str) -> bool:
    """Whether a row of the manifest says that the connector itself has been read."""
    return (row["table_name"], row["source_file"]) == (connector, "connector.yml")


@dataclass
class DataFile:
    """The file of one table and load, written a row group at a time; a load without rows leaves no file.

    Row groups hold at least PIECE_ROWS rows, but the last. Nothing appears under the real name before `close`.
    """

    folder: Path
    load_id: int
    schema: pa.Schema
    rows: int = 0
    _writer: pq.ParquetWriter | None = None
    _waiting: list[pa.Table] = field(default_factory=list)

    def add(self, table: pa.Table) -> None:
        """Takes rows of `schema` in the order in which they are to be read."""
        self.rows += table.num_rows
        self._waiting.append(table)
        if (
            sum(waiting.num_rows for waiting in self._waiting) >= PIECE_ROWS
            or sum(waiting.nbytes for waiting in self._waiting) >= _GROUP_BYTES
        ):
            self._flush()

    def close(self) -> None:
        """Writes what waits, and puts the file in place."""
        if self._waiting:
            self._flush()
        if self._writer:
            self._writer.close()
            put_in_place(self._partial, self.folder / load_name(self.load_id))

    @property
    def _partial(self) -> Path:
        return self.folder / (load_name(self.load_id) + PARTIAL)

    def _flush(self) -> None:
        group = pa.concat_tables(self._waiting).combine_chunks()
        self._waiting = []
        if not group.num_rows:
            return
        if self._writer is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self._partial, self.schema, compression="zstd")
        self._writer.write_table(group, row_group_size=max(group.num_rows, 1))


def _loads_in(folder: Path) -> list[int]:
    found = (_load_id(file) for file in folder.glob("load-*.parquet"))
    return sorted(load_id for load_id in found if load_id is not None)


def _load_id(file: Path) -> int | None:
    matched = re.fullmatch(r"load-(\d+)\.parquet", file.name)
    return int(matched[1]) if matched else None


def put_in_place(partial: Path, file: Path) -> None:
    """Renames once the bytes are on the disk, so that a power cut cannot leave a name without its content."""
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    os.replace(partial, file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
