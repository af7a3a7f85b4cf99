"""What must hold of the landed tables: one suite per input table, made from the contract; no rule is written here.

What a row must carry, which values it may carry and what names it is read from `models/staging/contract.yml`, which the
staging models read too. Staging refuses the rows that break a rule one by one; these suites judge the table: whether no
more rows break a rule than the shop tolerates, whether the files are landed whole, and whether the last load can be
read at all.

Details point at files and rows and never show a value: what arrives may hold names and addresses, and the results are
published.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.row_conditions import Column as ConditionOn

from expectations import on_duckdb
from expectations.claims import no_row
from expectations.tolerances import Tolerance, tolerances
from orchestration import contract
from orchestration.landing import erased
from orchestration.paths import Home
from orchestration.sql_text import literal

POINTER = ("source_file", "source_row")
"""What names a landed row to a person."""

READABLE = ConditionOn("unreadable").is_null()
"""An unreadable row is counted as that, once, and not again for each value that could not be read."""

PRICED = ("order_lines", "refunds")
"""Tables whose amounts include tax where the shop's prices do: only a row's own `tax_amount` is taken out."""


IS_KEPT = f"unreadable is distinct from {literal(erased.MARK)}"


class NothingLanded(RuntimeError):
    """There is no landed data to judge; the message says where it was looked for."""


@dataclass(frozen=True)
class Arrived:
    """What is known of a landed table before it is judged: row counts, all loads together.

    `given` is, per column, in how many readable rows it is given.
    """

    rows: int
    readable_rows: int
    given: dict[str, int]


def connect(home: Home) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB with the view `loads`: the manifest of this home. Opens no file but landed Parquet.

    Raises NothingLanded where there is no manifest yet.
    """
    manifest = home.landed / "loads"
    if not any(manifest.glob("*.parquet")):
        raise NothingLanded(f"Nothing has been landed in {home.root}: {manifest} holds no load. Land the inputs first.")
    connection = on_duckdb.in_memory(home.private / "spill" / "arriving")
    connection.execute(f"create view loads as select * from {_parquet(manifest)}")
    return connection


def see(connection: duckdb.DuckDBPyConnection, home: Home, table: str) -> str | None:
    """Make the view of a landed table, each row with `loaded_at` of its load; a sentence where it cannot be read.

    Rows of who was erased are in a view of their own, `erased_<table>`: nothing is left in them to judge.
    """
    folder = home.landed / table
    if not any(folder.glob("*.parquet")):
        return f"{table} has not been landed: there is no Parquet file in landed/{table}"
    try:
        connection.execute(
            f"create view {table} as select landed.*, stamps.loaded_at from {_parquet(folder)} as landed "
            "left join (select load_id, max(loaded_at) as loaded_at from loads group by load_id) as stamps "
            f"on landed.load_id = stamps.load_id where {IS_KEPT}"
        )
        connection.execute(
            f"create or replace view erased_{table} as "
            f"select load_id, source_file from {_parquet(folder)} where not ({IS_KEPT})"
        )
    except duckdb.Error as error:
        # Results are published, and where a shop keeps its files is nobody's business.
        reason = str(error).splitlines()[0].replace(f"{home.root}/", "")
        return f"the landed files of {table} cannot be read: {reason}"
    return None


def shop_opened_on(home: Home) -> str:
    """The day before which no event can be, as landed with the shop's settings (ISO date)."""
    return json.loads((home.landed / "shop.json").read_text(encoding="utf-8"))["shop_opened_on"]


def prices_include_tax(home: Home) -> bool:
    """Whether prices and refunds include tax, as landed with the shop's settings."""
    return json.loads((home.landed / "shop.json").read_text(encoding="utf-8")).get("prices_include_tax", False)


def count(connection: duckdb.DuckDBPyConnection, table: contract.Table) -> Arrived:
    """Count a landed table, in one scan. A column that was not landed is given nowhere."""
    landed = on_duckdb.columns(connection, table.name)
    names = [column.name for column in table.columns if column.name in landed]
    found = connection.execute(
        "select count(*), count(*) filter (where unreadable is null)"
        + "".join(f", count({name}) filter (where unreadable is null)" for name in names)
        + f" from {table.name}"
    ).fetchone()
    return Arrived(found[0], found[1], dict(zip(names, found[2:], strict=True)))


def all_tolerances() -> dict[str, Tolerance]:
    """The tolerance of each table of the contract. Raises ToleranceError where the settings have a gap."""
    return tolerances(contract.tables())


def suite(
    table: contract.Table,
    tolerance: Tolerance,
    arrived: Arrived,
    opened_on: str,
    *,
    opened_at: datetime,
    includes_tax: bool = False,
) -> list[Expectation]:
    """The expectations of one landed table.

    Great Expectations takes a share of the rows in which a column is given. What is tolerated is a share of all rows of
    the table, so each claim is given the share that comes to the same number of rows.
    """
    share = f"{tolerance.refused:.2%}".replace("%", " %")
    tolerated_count = tolerance.refused * arrived.rows
    names = [column.name for column in table.columns] + [name for name, _ in contract.STAMPS]

    def mostly(rows_judged: int) -> float:
        return max(0.0, 1 - tolerated_count / rows_judged - 1e-12) if rows_judged else 1.0

    claims: list[Expectation] = [
        gxe.ExpectTableColumnsToMatchSet(
            column_set=names,
            exact_match=False,
            description="every column of the contract is landed, and the landing's stamps",
            severity="critical",
        ),
        gxe.ExpectColumnValuesToNotBeNull(
            column="loaded_at", description="every row belongs to a load of the manifest", severity="critical"
        ),
        _as_many_rows_as_read(table),
        _readable(table, tolerated_count, share),
        _last_load_is_readable(table, tolerance),
        _no_contradiction(table, tolerated_count, share),
    ]
    if table.required:
        claims.append(
            gxe.ExpectTableRowCountToBeBetween(
                min_value=1, description="a shop that sells has rows here", severity="warning"
            )
        )
    for column in table.columns:
        given = arrived.given.get(column.name, 0)
        if column.required:
            claims.append(
                gxe.ExpectColumnValuesToNotBeNull(
                    column=column.name,
                    mostly=mostly(arrived.readable_rows),
                    row_condition=READABLE,
                    description=f"at most {share} of the rows lack {column.name}",
                    severity="critical",
                )
            )
        if column.allowed:
            claims.append(
                gxe.ExpectColumnValuesToBeInSet(
                    column=column.name,
                    value_set=list(column.allowed),
                    mostly=mostly(given),
                    row_condition=READABLE,
                    description=f"in at most {share} of the rows {column.name} is none of {', '.join(column.allowed)}",
                    severity="critical",
                )
            )
        for end, bound, beyond in (("min_value", column.minimum, "below"), ("max_value", column.maximum, "above")):
            if bound is not None:
                claims.append(
                    gxe.ExpectColumnValuesToBeBetween(
                        column=column.name,
                        **{end: bound},
                        mostly=mostly(given),
                        row_condition=READABLE,
                        description=f"in at most {share} of the rows {column.name} is {beyond} {bound:.8g}",
                        severity="critical",
                    )
                )
        if column.event:
            claims.append(
                gxe.ExpectColumnValuesToBeBetween(
                    column=column.name,
                    min_value=opened_at,
                    mostly=mostly(given),
                    row_condition=READABLE,
                    description=f"in at most {share} of the rows {column.name} is before the shop opened, {opened_on}",
                    severity="critical",
                )
            )
            claims.append(
                no_row(
                    f"in at most {share} of the rows {column.name} is after the load was stamped",
                    f"select {', '.join(POINTER)} from {{batch}} "
                    f"where unreadable is null and {column.name} > loaded_at",
                    column=column.name,
                    tolerated_count=int(tolerated_count),
                )
            )
    if includes_tax and table.name in PRICED:
        claims.append(
            gxe.ExpectColumnValuesToNotBeNull(
                column="tax_amount",
                mostly=mostly(arrived.readable_rows),
                row_condition=READABLE,
                description=f"prices include tax: at most {share} of the rows do not say how much, and count with it",
                severity="warning",
            )
        )
    return claims


def _as_many_rows_as_read(table: contract.Table) -> Expectation:
    """Nothing is lost on the way in: file by file, what was read is there, the unreadable rows too.

    The files that a connector maps stand in the manifest under its name, and one row of theirs becomes rows of several
    tables, or none, and other rows once a later load has more to say: of those only the file must be known.
    """
    inputs = ", ".join(f"'{name}'" for name in contract.tables())
    return no_row(
        "of every file as many rows are landed as were read from it",
        "select coalesce(landed.source_file, manifest.source_file) as source_file, "
        "coalesce(landed.load_id, manifest.load_id) as load_id, "
        "coalesce(row_count, 0) as rows_landed, coalesce(rows_read, 0) as rows_read from ("
        "select load_id, source_file, count(*) as row_count from (select load_id, source_file from {batch} as judged "
        f"union all select load_id, source_file from erased_{table.name}) group by load_id, source_file"
        ") as landed full outer join ("
        f"select load_id, source_file, sum(rows_read) filter (where table_name = '{table.name}') as rows_read "
        "from loads where outcome = 'landed' group by load_id, source_file"
        ") as manifest on landed.load_id = manifest.load_id and landed.source_file = manifest.source_file "
        "where coalesce(row_count, 0) <> coalesce(rows_read, 0) "
        "and coalesce(landed.source_file, manifest.source_file) not in ("
        f"select source_file from loads where outcome = 'landed' and table_name not in ({inputs}))",
    )


def _unreadable_columns(table: contract.Table) -> str:
    """SQL of the names of the columns that could not be read: a reason begins with its column, and goes on with values.

    Of a connector's rows the reasons name columns of its files: of those the first is told.
    """
    told = ", ".join(
        f"case when starts_with(unreadable, '{column.name}: ') or contains(unreadable, '; {column.name}: ') "
        f"then '{column.name}' end"
        for column in table.columns
    )
    return (
        "coalesce(nullif(concat_ws(' and ', case when starts_with(unreadable, 'row: ') then 'number of fields' end, "
        f"{told}), ''), nullif(regexp_extract(unreadable, '^([A-Za-z0-9_]+): ', 1), ''), 'unknown')"
    )


def _readable(table: contract.Table, tolerated_count: float, share: str) -> Expectation:
    """The example is the first row of the most frequent kind, the kinds told by what could not be read."""
    return no_row(
        f"at most {share} of the rows could not be read",
        "select min(place).source_file as source_file, min(place).source_row as source_row, count(*) as row_count, "
        "unreadable_columns, sum(count(*)) over () as all_rows from ("
        "select struct_pack(load_id, source_file, source_row) as place, "
        f"{_unreadable_columns(table)} as unreadable_columns from {{batch}} where unreadable is not null"
        ") group by unreadable_columns qualify row_number() over (order by count(*) desc, unreadable_columns) = 1",
        column="unreadable",
        tolerated_count=int(tolerated_count + 1e-9),
        counted="max(all_rows)",
    )


def _last_load_is_readable(table: contract.Table, tolerance: Tolerance) -> Expectation:
    """A file of garbage must not hide behind years of good rows."""
    share = f"{tolerance.refused_of_last_load:.0%}".replace("%", " %")
    return no_row(
        f"at most {share} of the rows of the last load could not be read",
        "select load_id, min(source_file) filter (where unreadable is not null) as source_file, count(*) as row_count, "
        "count(unreadable) as unreadable_count, string_agg(distinct unreadable_columns, ', ' order by "
        "unreadable_columns) filter (where unreadable is not null) as unreadable_columns "
        f"from (select *, {_unreadable_columns(table)} as unreadable_columns from {{batch}}) as judged "
        "group by load_id qualify load_id = max(load_id) over () "
        f"and count(unreadable) > {tolerance.refused_of_last_load} * count(*)",
        column="unreadable",
    )


def _no_contradiction(table: contract.Table, tolerated_count: float, share: str) -> Expectation:
    """A key names one row: two versions in one load that nothing tells apart contradict each other.

    A copy of a row is no contradiction, nor is a later load or a later `updated_at`: those are corrections. A key that
    lacks a required part names nothing and is counted where it lacks it.
    """
    key = ", ".join(table.key)
    content = ", ".join(column.name for column in table.columns)
    is_whole = " and ".join(f"{name} is not null" for name in table.key if table.column(name).required)
    return no_row(
        f"in at most {share} of the rows the same {key} stands for different rows of one load",
        "select min(source_file) as source_file, min(source_row) as source_row, count(*) as row_count from {batch} "
        f"where unreadable is null and {is_whole} group by {key}, load_id, updated_at "
        f"having min(hash({content})) <> max(hash({content}))",
        column=table.key[0] if len(table.key) == 1 else None,
        tolerated_count=int(tolerated_count),
        counted="sum(row_count)",
    )


def _parquet(folder: Path) -> str:
    return f"read_parquet({literal(folder / '*.parquet')}, union_by_name = true)"
