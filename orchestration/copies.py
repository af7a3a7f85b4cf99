"""Copies of tables in a DuckDB file and in Parquet: what a copy holds, and what of an earlier one still holds.

A night changes few months of a large shop. So large tables are copied by the date that their rows belong to, and of an
earlier copy only the dates are made again that hold other rows now. What the earlier copy holds is read, and not
remembered: whoever has been at it is found, and what they changed is made again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.sql_text import identifier, literal, qualified

BY_DATE = {
    "marts.order_profit": "month",
    "marts.customer_profit_monthly": "month",
    "marts.customer_segments_monthly": "month_end",
}
"""Large tables, and the date by which they are copied. Each such date is a Parquet file of its own."""

PARQUET = ".parquet"

Part = date | None
"""A date by which a table is copied; None where it is copied whole."""


@dataclass(frozen=True)
class Fingerprint:
    """What a table holds, whatever the order of its rows: columns with their types, and of each part the number of rows
    and the sum of a 64-bit hash of each whole row, which sees every value and counts duplicates.

    Comparable within one process only: the hash is the engine's own.
    """

    columns: tuple[tuple[str, str], ...]
    parts: Mapping[Part, tuple[int, int]]

    @property
    def row_count(self) -> int:
        """How many rows the table has."""
        return sum(rows for rows, _ in self.parts.values())

    @property
    def checksum(self) -> int:
        """The hashes of all rows, added up."""
        return sum(hashes for _, hashes in self.parts.values())

    def differing(self, other: Fingerprint) -> list[Part]:
        """Parts that one of the two has and the other has not, or has otherwise, in their order."""
        found = {part for part, _ in set(self.parts.items()) ^ set(other.parts.items())}
        return sorted(found, key=str)


def fingerprint(connection: duckdb.DuckDBPyConnection, relation: str, by: str | None = None) -> Fingerprint:
    """The fingerprint of a relation, given as SQL, in the parts that a column of it says."""
    # An alias that no column can have: `hash(alias)` is the hash of the row, `hash(column)` of one value.
    counted = connection.execute(
        f"select {identifier(by) if by else 'null'} as part, count(*), sum(hash(whole_row_of_it)) "
        f"from {relation} as whole_row_of_it group by 1"
    ).fetchall()
    described = connection.execute(f"describe select * from {relation}").fetchall()
    columns = tuple((name, data_type) for name, data_type, *_ in described)
    return Fingerprint(columns, {part: (rows, int(hashes)) for part, rows, hashes in counted})


def fingerprints(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> dict[str, Fingerprint]:
    """The fingerprint of each table, by `schema.table`, in whatever database the connection is using."""
    return {table: fingerprint(connection, qualified(table), BY_DATE.get(table)) for table in tables}


def copy_tables(connection: duckdb.DuckDBPyConnection, catalog: str, wanted: Mapping[str, Fingerprint]) -> None:
    """Make the tables of a catalog those of the database that the connection is using; `wanted` is what they hold.

    What the catalog holds of them already stays. Rows of a part are in an order that follows from the rows alone.
    """
    held = _held(connection, catalog)
    whole, of_parts = [], {}
    for table, now in wanted.items():
        found = fingerprint(connection, _in(catalog, table), BY_DATE.get(table)) if table in held else None
        if found is None or found.columns != now.columns:
            whole.append(table)
        elif differing := found.differing(now):
            if table in BY_DATE:
                of_parts[table] = _of_parts(BY_DATE[table], differing)
            else:
                whole.append(table)

    # First what goes, so that the file has room for what comes.
    for table in held & {*whole, *(held - set(wanted))}:
        connection.execute(f"drop table {_in(catalog, table)}")
    for table, condition in of_parts.items():
        connection.execute(f"delete from {_in(catalog, table)} where {condition}")
    connection.execute(f"checkpoint {catalog}")

    for table in whole:
        connection.execute(
            f"create table {_in(catalog, table)} as "
            f"select * from {qualified(table)} order by {_in_order(wanted, table)}"
        )
    for table, condition in of_parts.items():
        connection.execute(
            f"insert into {_in(catalog, table)} from {qualified(table)} where {condition} "
            f"order by {_in_order(wanted, table)}"
        )


def _in(catalog: str, table: str) -> str:
    return f"{catalog}.{qualified(table)}"


def _in_order(wanted: Mapping[str, Fingerprint], table: str) -> str:
    names = [name for name, _ in wanted[table].columns]
    first = [BY_DATE[table]] if table in BY_DATE else []
    return ", ".join(identifier(name) for name in dict.fromkeys([*first, *names]))


def _held(connection: duckdb.DuckDBPyConnection, catalog: str) -> set[str]:
    rows = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = ?", [catalog]
    ).fetchall()
    return {table for (table,) in rows}


def _of_parts(by: str, parts: Iterable[Part]) -> str:
    dates = [f"date '{part}'" for part in parts if part is not None]
    conditions = [f"{identifier(by)} in ({', '.join(dates)})"] if dates else []
    return " or ".join([*conditions, *([f"{identifier(by)} is null"] if None in parts else [])])


def parquet_files(folder: Path, table: str, held: Fingerprint) -> dict[Part, Path]:
    """The Parquet file of each part of a table; a table that is copied by date is a folder of them."""
    place = _place(folder, table)
    if table not in BY_DATE:
        return {None: place}
    return {part: place / f"{part}{PARQUET}" for part in held.parts}


def _place(folder: Path, table: str) -> Path:
    """The file of a table, or the folder of its files."""
    return folder / f"{table.split('.', 1)[1]}{PARQUET}"


def parquet_relation(folder: Path, table: str) -> str:
    """A table's Parquet as SQL that reads it."""
    place = _place(folder, table)
    files = place / f"*{PARQUET}" if table in BY_DATE else place
    return f"read_parquet({literal(files)}, hive_partitioning = false)"


def write_parquet(
    connection: duckdb.DuckDBPyConnection, table: str, held: Fingerprint, folder: Path, earlier: Path | None
) -> None:
    """Write a table's Parquet. Files of an earlier copy that hold the same are linked, and take no room twice."""
    by = BY_DATE.get(table)
    there = _still_held(connection, table, held, earlier) if earlier else set()
    before = parquet_files(earlier, table, held) if earlier else {}
    if by:
        _place(folder, table).mkdir()
        if not held.parts:
            _write(connection, qualified(table), _place(folder, table) / f"empty{PARQUET}")
    for part, file in parquet_files(folder, table, held).items():
        # What the earlier copy holds may lie under a name that somebody else gave it.
        if part in there and before[part].is_file():
            _link(before[part], file)
        else:
            condition = f" where {_of_parts(by, [part])}" if by else ""
            _write(connection, f"(select * from {qualified(table)}{condition})", file)


def _write(connection: duckdb.DuckDBPyConnection, relation: str, file: Path) -> None:
    connection.execute(f"copy {relation} to {literal(file)} (format parquet, compression zstd)")


def _still_held(
    connection: duckdb.DuckDBPyConnection, table: str, held: Fingerprint, earlier: Path
) -> Collection[Part]:
    """The parts of which the earlier Parquet holds what the table holds now."""
    try:
        found = fingerprint(connection, parquet_relation(earlier, table), BY_DATE.get(table))
    except duckdb.Error:
        # It is not there, or damaged: then all is written.
        return set()
    if found.columns != held.columns:
        return set()
    return set(held.parts) - set(found.differing(held))


def _link(file: Path, to: Path) -> None:
    try:
        os.link(file, to)
    except OSError:
        # Some file systems have no links.
        shutil.copyfile(file, to)
