"""Publish: a new, compact file of only the marts and their metadata, verified, then put in place in one step.

Each publication is a folder of its own, `published/<run id>/`: `customer_profitability.duckdb` in an older storage
format that most BI tools can open, the same tables as Parquet, and the report page. `published/current` is a link to
the one in force. The link is swapped by renaming a new link over it, so a reader sees the old publication or the new
one and nothing between.

Where the last publication was made of the same models, settings and programs, the new one begins as a copy of it, and
what has changed is made again (copies.py). Otherwise, and after somebody was erased, nothing of it is touched.

A publication that was begun and not finished is known by its marker, the empty file `published/<run id>.unfinished`:
made before the folder, removed after the link is swapped. Whatever a crash leaves behind, the next publication removes,
and `current` points at a whole publication throughout.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration import restatements
from orchestration.copies import (
    BY_DATE,
    Fingerprint,
    copy_tables,
    fingerprint,
    fingerprints,
    parquet_relation,
    write_parquet,
)
from orchestration.paths import Home, memory_limit
from orchestration.refresh import timings
from orchestration.refresh.lock import LockHeld, hold
from orchestration.refresh.results import CheckResult, in_order
from orchestration.refresh.settings import SettingsError, named_home
from orchestration.sql_text import identifier, literal, qualified

SCHEMAS = ("marts", "metadata")

STORAGE_VERSION = "v1.2.0"
"""BI tools embed older engines than ours; a file in this format was read by DuckDB 1.2.2 and later."""

KEPT = 5
"""Publications kept for rollback. The one in force is kept besides, however old it is."""

VERSION = "_version"
"""How a column of `metadata.run` ends that names what the tables are made of."""

MARTS_FILE = "customer_profitability.duckdb"
"""Not `marts.duckdb`: DuckDB names a catalog after its file, and a schema `marts` in a catalog `marts` is ambiguous."""
PARQUET_FOLDER = "parquet"
LINK = "current"
RUN_ID = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-.{1,8}")
"""How the folder of a publication is called."""
UNFINISHED = ".unfinished"
VERIFIED = "verified"
"""What stands beside a publication that is compared, and not in force yet."""

LAST = "published.txt"
"""In the private folder: which publication was put in force last."""

OF_THE_NIGHT = "landed"
"""Of what a publication is made of, what is another each night."""

ROWS_AT_ONCE = 500
"""Rows that publishing writes with one statement."""

OUR_TABLES = (
    "metadata.run",
    "metadata.check_results",
    "metadata.loads",
    "metadata.timings",
    restatements.TABLE,
)
"""What publishing adds to the audited tables."""

COMMENTS = {
    restatements.TABLE: restatements.COMMENTS,
    "metadata.loads": {
        "": "One row per load and input table, or a connector's name: what came when, without the names of files.",
        "load_id": "Number of the load.",
        "table_name": "Input table, or the connector whose files were read.",
        "loaded_at": "When the load was stamped, UTC.",
        "files": "Files, those seen before not counted.",
        "rows_read": "Rows read, unreadable ones included.",
        "rows_unreadable": "Rows that could not be read.",
    },
    "metadata.timings": {
        "": "One row per stage of the run until its tables were copied out, and per model and test that dbt ran in it.",
        "stage": "The stage, or dbt.",
        "name": "The model or the test; null for a whole stage.",
        "seconds": "How long it took.",
    },
    "metadata.run": {
        "": "One row: the run that made this publication.",
        "run_id": "The run; also the name of the publication's folder.",
        "shop": "The shop.",
        "as_of_date": "The last day whose events are counted.",
        "started_at": "When the run began, UTC.",
        "finished_at": "When the audited tables were copied out, UTC.",
    },
    "metadata.check_results": {
        "": "One row per check that the run made: dbt's tests, and Great Expectations on what arrived and what leaves.",
        "stage": "Who judged: dbt, arriving or leaving.",
        "suite": "The table judged.",
        "expectation": "What was claimed, as a sentence.",
        "column": "The column judged; null where the claim is on the table.",
        "is_critical": "Whether a failure stops publishing.",
        "passed": "Whether the claim held.",
        "unexpected_count": "Rows that break the claim; null where they cannot be counted.",
        "detail": "What was seen; null where the claim held, or it says no more.",
    },
}


class PublishError(Exception):
    """Nothing was published; the message says why, in a sentence a person can act on."""


@dataclass(frozen=True)
class Run:
    """The run that publishes, as `metadata.run` tells it. `versions` is program name to version."""

    run_id: str
    shop: str
    started_at: datetime
    versions: Mapping[str, str] = field(default_factory=dict)


def new_run_id(started_at: datetime, long_id: str) -> str:
    """The name of a run: its start in UTC, so that names sort as the runs did, and the head of its id in Dagster."""
    return f"{started_at.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}-{long_id[:8]}"


def publications(home: Home) -> list[str]:
    """The run ids of the whole publications, oldest first."""
    return [name for name in folders(home) if RUN_ID.fullmatch(name) and (home.published / name / MARTS_FILE).exists()]


def folders(home: Home) -> list[str]:
    """All folders that lie where publications do, sorted: also what somebody has put there, which is nobody's business
    but an erasure's. Without those that are not finished.
    """
    if not home.published.is_dir():
        return []
    return sorted(
        entry.name
        for entry in home.published.iterdir()
        if entry.is_dir() and not entry.is_symlink() and not _marker(home, entry.name).exists()
    )


def in_force(home: Home) -> str | None:
    """The run id that `current` points at, or None before the first publication."""
    # By hand a link is made with the whole path, or with a slash at its end.
    return Path(os.readlink(home.current)).name if home.current.is_symlink() else None


def _refuse_folder_for_link(home: Home) -> None:
    if home.current.is_dir() and not home.current.is_symlink():
        raise PublishError(
            f"{home.current} is a folder and no link, as a copy of the home has it that was made without links: remove "
            "that folder. The publications lie beside it."
        )


def publish(home: Home, run: Run, results: Iterable[CheckResult], build_report: Callable[[Path, Path], None]) -> Path:
    """Prepare, build the report page, put in force. Returns the folder of the new publication.

    Raises PublishError where a critical check is red or the copy differs from what was audited; whatever is raised,
    the publication in force stays as it is.
    """
    folder = prepare(home, run, results)
    build_report(folder / MARTS_FILE, folder)
    return put_in_force(home, run.run_id)


def prepare(home: Home, run: Run, results: Iterable[CheckResult]) -> Path:
    """Copy the audited tables into a new folder and verify the copy. Returns the folder; nothing points at it yet.

    Raises PublishError where a critical check is red, no private warehouse was built, or a copied table differs from
    the audited one.
    """
    results = in_order(results)
    _refuse_red(results)
    if not home.warehouse.exists():
        raise PublishError(f"There is no private warehouse at {home.warehouse}: build the models first.")
    _refuse_folder_for_link(home)
    remove_unfinished(home)

    folder = home.published / run.run_id
    if folder.exists():
        raise PublishError(f"The publication {folder} is there already: a run is published once.")
    home.published.mkdir(parents=True, exist_ok=True)
    _marker(home, run.run_id).touch()
    (folder / PARQUET_FOLDER).mkdir(parents=True)

    earlier = _to_begin_with(home, run)
    with _open_audited(home) as audited:
        expected = fingerprints(audited, _tables(audited))
        try:
            restated = restatements.find(audited, _file_in_force(home), run.versions)
        except (restatements.LockedMonth, restatements.UnreadablePublication) as error:
            raise PublishError(str(error)) from None
        _copy(audited, expected, folder / MARTS_FILE, run, results, earlier)
        _add_history(audited, home, folder / MARTS_FILE, restated)
    _write_parquet(home, folder, earlier)
    _verify(home, folder, expected)
    _marker(home, run.run_id).write_text(VERIFIED, encoding="utf-8")
    return folder


def _file_in_force(home: Home) -> Path | None:
    return home.current / MARTS_FILE if in_force(home) else None


def is_prepared(home: Home, run_id: str) -> bool:
    """Whether the publication of a run has been copied and compared, and is not in force yet."""
    marker = _marker(home, run_id)
    return marker.exists() and marker.read_text(encoding="utf-8") == VERIFIED


def put_in_force(home: Home, run_id: str) -> Path:
    """Make a prepared publication durable, swing `current` to it, and let go of the oldest. Returns its folder.

    Raises PublishError where there is no such prepared publication, or its file still has a write-ahead log.
    """
    folder = home.published / run_id
    if not is_prepared(home, run_id):
        raise PublishError(f"There is no prepared publication {folder} to put in force.")
    _sync(folder)
    _swing_link(home, run_id)
    home.private.mkdir(parents=True, exist_ok=True)
    (home.private / LAST).write_text(run_id, encoding="utf-8")
    _marker(home, run_id).unlink()
    _let_go_of_the_oldest(home)
    return folder


def remove_unfinished(home: Home) -> list[str]:
    """Remove what earlier publications began and did not finish. Returns their run ids.

    A publication that `current` already points at was finished but for its marker: it stays, and the marker goes.
    """
    removed = []
    for marker in sorted(home.published.glob(f"*{UNFINISHED}")):
        run_id = marker.name.removesuffix(UNFINISHED)
        if run_id != in_force(home):
            if (home.published / run_id).exists():
                shutil.rmtree(home.published / run_id)
            removed.append(run_id)
        marker.unlink()
    for link in home.published.glob(f".{LINK}-*"):
        link.unlink()
    return removed


def drop_all_but(home: Home, run_id: str | None) -> int:
    """Remove every publication but that one, unfinished ones and other folders too. Returns how many folders went."""
    remove_unfinished(home)
    dropped = [one for one in folders(home) if one != run_id]
    for one in dropped:
        shutil.rmtree(home.published / one)
    return len(dropped)


def rollback(home: Home) -> str:
    """Swing `current` back to the publication before the one in force. Returns a sentence that says what was done.

    Nothing is removed, so the next refresh goes forward again. Raises PublishError where there is none to go back to.
    """
    now = _in_force_at_all(home)
    earlier = [run_id for run_id in publications(home) if run_id < now]
    if not earlier:
        raise PublishError(f"{now} is the oldest publication kept in {home.published}: there is none to go back to.")
    _swing_link(home, earlier[-1])
    return (
        f"{home.current} now points at the publication {earlier[-1]}; it pointed at {now}, which is kept. "
        "The next refresh publishes anew."
    )


def _in_force_at_all(home: Home) -> str:
    _refuse_folder_for_link(home)
    now = in_force(home)
    if now is None:
        raise PublishError(f"Nothing is published in {home.published}, so there is nothing to roll back.")
    return now


def _refuse_red(results: Sequence[CheckResult]) -> None:
    red = [result for result in results if result.stops_publishing]
    if red:
        shown = "; ".join(result.sentence() for result in red[:3])
        more = f"; and {len(red) - 3} more" if len(red) > 3 else ""
        raise PublishError(f"{len(red)} critical checks failed: {shown}{more}.")


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables and views that are published, as `schema.table`, sorted."""
    rows = connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_catalog = current_database() and list_contains(?, table_schema) order by 1",
        [list(SCHEMAS)],
    ).fetchall()
    tables = [table for (table,) in rows if table not in OUR_TABLES]
    if not any(table.startswith("marts.") for table in tables):
        raise PublishError("The private warehouse holds no marts: build the models first.")
    names = [table.split(".", 1)[1] for table in (*tables, *OUR_TABLES)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PublishError(f"Two published tables are called {', '.join(twice)}: their Parquet files would collide.")
    return tables


def _to_begin_with(home: Home, run: Run) -> Path | None:
    """The folder of the publication in force, where a new one may begin as a copy of it.

    What is deleted from a file can be read in its free pages until they are written again. So nothing is copied of a
    publication that the private folder does not know: erasing a person empties that folder.
    """
    last = home.private / LAST
    if not last.exists() or last.read_text(encoding="utf-8") != in_force(home):
        return None
    folder = home.published / in_force(home)
    try:
        with _open_published(home, folder) as published:
            told = published.sql("select * from metadata.run").fetchone()
            columns = published.sql("select * from metadata.run").columns
    except duckdb.Error:
        # A damaged publication must not stop the next one.
        return None
    made_of = {name: value for name, value in zip(columns, told, strict=True) if name.endswith(VERSION)}
    tonight = {version_column(name): value for name, value in run.versions.items()}
    anew_each_night = version_column(OF_THE_NIGHT)
    return folder if made_of | {anew_each_night: None} == tonight | {anew_each_night: None} else None


def _copy(
    audited: duckdb.DuckDBPyConnection,
    expected: Mapping[str, Fingerprint],
    file: Path,
    run: Run,
    results: Sequence[CheckResult],
    earlier: Path | None,
) -> None:
    audited.execute("set preserve_insertion_order = true")
    attach = f"attach {literal(file)} as candidate (storage_version {literal(STORAGE_VERSION)})"
    if not (earlier and _is_filled(audited, expected, attach, file, earlier)):
        audited.execute(attach)
        for schema in SCHEMAS:
            audited.execute(f"create schema candidate.{schema}")
        copy_tables(audited, "candidate", expected)
    as_audited = _comments(audited)
    with _at_once(audited):
        for table in expected:
            _comment(audited, table, as_audited.get(table, {}))
        _add_run(audited, list(expected), run)
        _add_check_results(audited, results)
        for table in OUR_TABLES[:2]:
            _comment(audited, table, COMMENTS[table])
    audited.execute("checkpoint candidate")
    audited.execute("detach candidate")


def _is_filled(
    audited: duckdb.DuckDBPyConnection, expected: Mapping[str, Fingerprint], attach: str, file: Path, earlier: Path
) -> bool:
    """Whether a copy of the earlier file could be made the one to publish. If not, nothing of it is left."""
    shutil.copyfile(earlier / MARTS_FILE, file)
    try:
        audited.execute(attach)
        copy_tables(audited, "candidate", expected)
    except duckdb.Error:
        # A damaged publication must not stop the next one.
        audited.execute("detach database if exists candidate")
        for left in file.parent.glob(f"{file.name}*"):
            left.unlink()
        return False
    return True


def _add_history(
    connection: duckdb.DuckDBPyConnection, home: Home, file: Path, restated: Sequence[tuple[object, ...]]
) -> None:
    """What came, how long it took, and what changed in months published before."""
    connection.execute(f"attach {literal(file)} as candidate")
    manifest = home.landed / "loads"
    source = (
        f"read_parquet({literal(manifest / '*.parquet')}, union_by_name = true)"
        if any(manifest.glob("*.parquet"))
        else "(select null::bigint as load_id, null::timestamp as loaded_at, null as table_name, null as outcome, "
        "null::bigint as rows_read, null::bigint as rows_unreadable where false)"
    )
    connection.execute(
        f"""
        create table candidate.metadata.loads as
        select
            load_id::bigint as load_id,
            table_name::varchar as table_name,
            max(loaded_at)::timestamp as loaded_at,
            count(*) filter (where outcome = 'landed') as files,
            sum(rows_read)::bigint as rows_read,
            sum(rows_unreadable)::bigint as rows_unreadable
        from {source}
        where outcome in ('landed', 'handed_on')
        group by all
        order by all
        """
    )
    columns = ", ".join(f"{name} {data_type}" for name, data_type in restatements.COLUMNS)
    connection.execute(f"create table candidate.{restatements.TABLE} ({columns})")
    restatements.carry_over(connection, _file_in_force(home), f"candidate.{restatements.TABLE}")
    with _at_once(connection):
        connection.execute(
            "create table candidate.metadata.timings (stage varchar, name varchar, seconds decimal(12, 3))"
        )
        _insert(connection, "metadata.timings", timings.read(home))
        _insert(connection, restatements.TABLE, restated)
        for table in OUR_TABLES[2:]:
            _comment(connection, table, COMMENTS[table])
    connection.execute("checkpoint candidate")
    connection.execute("detach candidate")


@contextmanager
def _at_once(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """One transaction of what the block does: a commit each would wait for the disk a thousand times."""
    connection.execute("begin transaction")
    yield
    connection.execute("commit")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    # Hundreds at once: one by one takes a second for each few hundred, and restatements of years are thousands.
    for first in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[first : first + ROWS_AT_ONCE]
        marks = ", ".join([f"({', '.join('?' * len(some[0]))})"] * len(some))
        values = [value for row in some for value in row]
        connection.execute(f"insert into candidate.{qualified(table)} values {marks}", values)


def _add_run(connection: duckdb.DuckDBPyConnection, tables: Sequence[str], run: Run) -> None:
    as_of_date = None
    if "metadata.as_of" in tables:
        (as_of_date,) = connection.execute("select as_of_date from metadata.as_of").fetchone()
    programs = sorted(run.versions)
    version_columns = "".join(f", {identifier(version_column(program))} varchar" for program in programs)
    connection.execute(
        "create table candidate.metadata.run (run_id varchar, shop varchar, as_of_date date, "
        f"started_at timestamp, finished_at timestamp{version_columns})"
    )
    values = [
        run.run_id,
        run.shop,
        as_of_date,
        run.started_at.astimezone(UTC).replace(tzinfo=None),
        datetime.now(UTC).replace(tzinfo=None),
        *(run.versions[program] for program in programs),
    ]
    connection.execute(f"insert into candidate.metadata.run values ({', '.join('?' * len(values))})", values)
    _comment(
        connection,
        "metadata.run",
        {
            version_column(program): f"Version of {program}, or a hash of it, that the tables are made of."
            for program in programs
        },
    )


def version_column(program: str) -> str:
    """The column of `metadata.run` that holds the version of a program, or the hash of what is no program."""
    return f"{program.replace('-', '_')}{VERSION}"


def _add_check_results(connection: duckdb.DuckDBPyConnection, results: Sequence[CheckResult]) -> None:
    connection.execute(
        "create table candidate.metadata.check_results (stage varchar, suite varchar, expectation varchar, "
        '"column" varchar, is_critical boolean, passed boolean, unexpected_count bigint, detail varchar)'
    )
    if results:
        connection.executemany(
            "insert into candidate.metadata.check_results values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                [
                    result.stage,
                    result.suite,
                    result.expectation,
                    result.column,
                    result.is_critical,
                    result.passed,
                    result.unexpected_count,
                    result.detail,
                ]
                for result in results
            ],
        )


def _comments(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """The comments on each table ("") and its columns, by `schema.table`, as dbt put them there."""
    rows = connection.execute(
        """
        select schema_name || '.' || table_name, '' as place, comment from duckdb_tables()
        where database_name = current_database() and comment is not null
        union all
        select schema_name || '.' || view_name, '', comment from duckdb_views()
        where database_name = current_database() and comment is not null
        union all
        select schema_name || '.' || table_name, column_name, comment from duckdb_columns()
        where database_name = current_database() and comment is not null
        """
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, place, comment in rows:
        found.setdefault(table, {})[place] = comment
    return found


def _comment(connection: duckdb.DuckDBPyConnection, table: str, comments: Mapping[str, str]) -> None:
    for column, comment in comments.items():
        named = f"candidate.{qualified(table)}"
        what = f"column {named}.{identifier(column)}" if column else f"table {named}"
        connection.execute(f"comment on {what} is {literal(comment)}")


def _write_parquet(home: Home, folder: Path, earlier: Path | None) -> None:
    with _open_published(home, folder) as published:
        for table, held in fingerprints(published, _tables_with_ours(published)).items():
            before = earlier / PARQUET_FOLDER if earlier else None
            write_parquet(published, table, held, folder / PARQUET_FOLDER, before)


def _verify(home: Home, folder: Path, expected: Mapping[str, Fingerprint]) -> None:
    """Read back what was written, file and Parquet both, and compare it with what was audited."""
    with _open_published(home, folder) as published:
        found = fingerprints(published, _tables_with_ours(published))
        strays = set(found) ^ {*expected, *OUR_TABLES}
        if strays:
            raise PublishError(
                f"The published file and the audited one differ in their tables: {', '.join(sorted(strays))}."
            )
        for table, held in found.items():
            _refuse_difference(table, "published file", expected.get(table, held), held)
            parquet = fingerprint(published, parquet_relation(folder / PARQUET_FOLDER, table), BY_DATE.get(table))
            _refuse_difference(table, "Parquet file", held, parquet)


def _refuse_difference(table: str, where: str, audited: Fingerprint, found: Fingerprint) -> None:
    if audited.columns != found.columns:
        differing = [
            f"{name} {data_type}" for name, data_type in audited.columns if (name, data_type) not in found.columns
        ]
        raise PublishError(
            f"{table}: the {where} differs from what was audited in its columns: {', '.join(differing)}."
        )
    if audited != found:
        raise PublishError(
            f"{table}: the {where} differs from what was audited: {found.row_count} rows with checksum "
            f"{found.checksum}, where {audited.row_count} rows with checksum {audited.checksum} were audited."
        )


def _open_audited(home: Home) -> duckdb.DuckDBPyConnection:
    # Under the name it had when dbt built it: views name it.
    return _attach_read_only(home, home.warehouse, home.warehouse.stem)


def _open_published(home: Home, folder: Path) -> duckdb.DuckDBPyConnection:
    return _attach_read_only(home, folder / MARTS_FILE, "published")


def _attach_read_only(home: Home, file: Path, name: str) -> duckdb.DuckDBPyConnection:
    # Attached to an empty database and not opened itself: what is opened read-only attaches nothing to write to.
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    # Sorting a mart that is larger than memory must not spill beside the published file.
    connection.execute(f"set temp_directory = {literal(home.private / 'spill')}")
    connection.execute(f"set memory_limit = {literal(memory_limit())}")
    connection.execute(f"attach {literal(file)} as {identifier(name)} (read_only)")
    connection.execute(f"use {identifier(name)}")
    return connection


def _tables_with_ours(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return sorted([*_tables(connection), *OUR_TABLES])


def _sync(folder: Path) -> None:
    """Every file and folder of the publication on disk, so that no power cut leaves a link to half of it."""
    log = folder / f"{MARTS_FILE}.wal"
    if log.exists():
        raise PublishError(f"{log} is still there: the published file was not closed cleanly, and is not put in force.")
    for path in [*folder.rglob("*"), folder, folder.parent]:
        _sync_one(path)


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _swing_link(home: Home, run_id: str) -> None:
    # A relative link: the home can be moved or mounted elsewhere. Renaming a link over a link is one step for readers.
    new_link = home.published / f".{LINK}-{run_id}"
    new_link.unlink(missing_ok=True)
    new_link.symlink_to(run_id, target_is_directory=True)
    os.replace(new_link, home.current)
    _sync_one(home.published)


def _let_go_of_the_oldest(home: Home) -> None:
    for run_id in publications(home)[:-KEPT]:
        if run_id != in_force(home):
            shutil.rmtree(home.published / run_id)


def _marker(home: Home, run_id: str) -> Path:
    return home.published / f"{run_id}{UNFINISHED}"


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m orchestration.publish rollback --shop NAME [--as-of DATE]`."""
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.publish", description="Go back to the last publication."
    )
    parser.add_argument("command", choices=["rollback"])
    parser.add_argument("--shop", default=None, help="the shop (default: demo)")
    parser.add_argument(
        "--as-of", default=None, help="the day whose publications are meant (default: the nightly ones)"
    )
    parsed = parser.parse_args(arguments)
    try:
        home = named_home(parsed.shop, parsed.as_of)
        # Before the lock: it is a file, and a slip of the pen is no shop to make a folder for.
        _in_force_at_all(home)
        with hold(home):
            print(rollback(home))
    except (PublishError, LockHeld, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The publication in force is as it was: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
