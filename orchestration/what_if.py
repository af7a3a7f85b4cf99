"""What if costs were other: `make what-if RATES=<csv> POOLS=<csv>`.

Builds the statement once more under other cost settings, from the facts of the last refresh, in memory, and tells it
beside today's: the company's lines, and the customers who would earn where they lose, or lose where they earn. The
published tables and the private warehouse are only read.

`RATES` has the columns of seeds/settings/cost_rates.csv, `POOLS` those of seeds/settings/pool_rules.csv; either may be
left out, then today's hold. A file takes the place of the whole settings table, and is held to the same tests.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration import compiled
from orchestration.landing import connectors
from orchestration.paths import Home
from orchestration.refresh import lock, made_of
from orchestration.refresh.settings import SettingsError, model_vars, resolve
from orchestration.sql_text import literal

SEEDS = {"rates": "cost_rates", "pools": "pool_rules"}
"""What a person names, and the settings table it takes the place of."""

TODAY = "today"
"""The catalog of the private warehouse as it was built; the other one is compiled.CATALOG."""

CUSTOMERS_SHOWN = 10

COMPARED = ("customer_profit", "company_profit_monthly", "profit_reconciliation", "cost_pool_usage")


class WhatIfError(Exception):
    """The question cannot be answered; the message says what to change."""


@dataclass(frozen=True)
class Line:
    """A line of the company's statement over all months: today, and under the other settings."""

    statement_line: str
    today: Decimal
    other: Decimal


@dataclass(frozen=True)
class Turned:
    """A customer whose net profit changes its sign."""

    customer_id: str
    today: Decimal
    other: Decimal


@dataclass(frozen=True)
class Answer:
    """The company's lines in their order, what is idle, who changes sign (largest change first), how many customers."""

    lines: Sequence[Line]
    idle: tuple[Decimal, Decimal]
    turned: Sequence[Turned]
    customers: int


def answer(home: Home, project: compiled.Project, files: Mapping[str, Path]) -> Answer:
    """The statement under the settings of `files` (seed name to CSV) beside today's.

    Reads the private warehouse of `home`, which a refresh has built. Raises WhatIfError where a file breaks a rule of
    its settings table, with a sentence that names the row, and where the warehouse is not whole or in use.
    """
    for name, file in files.items():
        _refuse_other_columns(name, file)
    if half_way := made_of.why_not_whole(home):
        raise WhatIfError(half_way)
    changed = project.downstream_of(*files)
    with duckdb.connect(config={"temp_directory": str(home.private / "spill")}) as connection:
        connection.execute("set preserve_insertion_order = false")
        compiled.open_warehouse(connection, project)
        try:
            connection.execute(f"attach {literal(home.warehouse)} as {TODAY} (read_only)")
        except duckdb.Error as error:
            raise WhatIfError(f"{home.warehouse} cannot be read: {str(error).splitlines()[0]}") from error
        there = _tables_of_today(connection)
        _refuse_half_built(home, project, changed, there)
        _read_the_rest_from_today(connection, project, changed, there)
        try:
            compiled.build(connection, project, [name for name in changed if project.nodes[name].kind == "seed"], files)
        except duckdb.Error as error:
            told = [line for line in str(error).splitlines() if line.startswith(("Conversion Error", "Error when"))]
            raise WhatIfError(f"A value cannot be read: {' '.join(told) or str(error).splitlines()[0]}") from error
        _refuse_broken_settings(connection, project, files)
        wanted = set(project.upstream_of(*COMPARED))
        compiled.build(connection, project, [n for n in changed if n in wanted and project.nodes[n].kind != "seed"])
        return _compare(connection)


def _refuse_other_columns(name: str, file: Path) -> None:
    if not file.is_file():
        raise WhatIfError(f"There is no file {file}.")
    try:
        found = next(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()), [])
    except UnicodeDecodeError:
        raise WhatIfError(f"{file} is no UTF-8: save it as CSV in UTF-8.") from None
    with _settings_file(name).open(encoding="utf-8") as ours:
        expected = next(csv.reader(ours))
    if found != expected:
        raise WhatIfError(f"{file} has the columns {', '.join(found) or '(none)'}; expected {', '.join(expected)}.")


def _settings_file(name: str) -> Path:
    return compiled.PROJECT / "seeds" / "settings" / f"{name}.csv"


def _tables_of_today(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """What the private warehouse holds, by schema and name."""
    return set(
        connection.execute(
            f"select table_schema, table_name from information_schema.tables where table_catalog = '{TODAY}'"
        ).fetchall()
    )


def _refuse_half_built(
    home: Home, project: compiled.Project, changed: Sequence[str], there: Collection[tuple[str, str]]
) -> None:
    """A warehouse of an older version has not all that is compared."""
    needed = {*COMPARED, *(name for name in project.upstream_of(*COMPARED) if name not in changed)}
    missing = sorted(name for name in needed if (project.nodes[name].schema, name) not in there)
    if missing:
        raise WhatIfError(
            f"{home.warehouse} is not whole, {missing[0]} is not in it: refresh the shop first with `make run`."
        )


def _read_the_rest_from_today(
    connection: duckdb.DuckDBPyConnection,
    project: compiled.Project,
    changed: Sequence[str],
    there: Collection[tuple[str, str]],
) -> None:
    """What the other settings do not touch is read from the warehouse as it is."""
    for name, node in project.nodes.items():
        if name not in changed and (node.schema, name) in there:
            connection.execute(f'create view {node.relation} as select * from {TODAY}."{node.schema}"."{name}"')


def _refuse_broken_settings(
    connection: duckdb.DuckDBPyConnection, project: compiled.Project, files: Mapping[str, Path]
) -> None:
    """The tests of the settings tables, on the other settings. Each failing row of most is a sentence."""
    settings = {name for name, node in project.nodes.items() if node.schema == "settings"}
    for test in project.tests.values():
        if not set(test.parents) & set(files) or not set(test.parents) <= settings:
            continue
        found = connection.execute(f"select * from ({test.sql}) as failing limit 1")
        row = found.fetchone()
        if row is not None:
            told = dict(zip([column[0] for column in found.description], row, strict=True))
            problem = told.get("problem") or f"{test.description or test.name.replace('_', ' ')}: not so for {told}"
            raise WhatIfError(str(problem))


def _compare(connection: duckdb.DuckDBPyConnection) -> Answer:
    ours = compiled.CATALOG
    lines = connection.execute(
        f"""
        with totals as (
            select '{TODAY}' as under, statement_line, company, idle from {TODAY}.marts.profit_reconciliation
            union all
            select 'other' as under, statement_line, company, idle from {ours}.marts.profit_reconciliation
        )

        select
            lines.statement_line,
            coalesce(sum(totals.company) filter (where totals.under = '{TODAY}'), 0),
            coalesce(sum(totals.company) filter (where totals.under = 'other'), 0),
            coalesce(sum(totals.idle) filter (where totals.under = '{TODAY}' and not lines.is_subtotal), 0),
            coalesce(sum(totals.idle) filter (where totals.under = 'other' and not lines.is_subtotal), 0)
        from {TODAY}.settings.statement_lines as lines
        left join totals on lines.statement_line = totals.statement_line
        group by lines.position, lines.statement_line, lines.is_subtotal
        order by lines.position
        """
    ).fetchall()
    turned = connection.execute(
        f"""
        select today.customer_id, today.net_profit, other.net_profit
        from {TODAY}.marts.customer_profit as today
        inner join {ours}.marts.customer_profit as other on today.customer_id = other.customer_id
        where (today.net_profit < 0) <> (other.net_profit < 0)
        order by abs(other.net_profit - today.net_profit) desc, today.customer_id
        """
    ).fetchall()
    (customers,) = connection.execute(f"select count(*) from {ours}.marts.customer_profit").fetchone()
    return Answer(
        lines=[Line(line, today, other) for line, today, other, *_ in lines],
        idle=(sum((row[3] for row in lines), Decimal(0)), sum((row[4] for row in lines), Decimal(0))),
        turned=[Turned(*row) for row in turned],
        customers=customers,
    )


def told(found: Answer, currency: str) -> list[str]:
    """The answer as it is printed, line by line."""
    said = [f"{'':<24}{'today':>18}{'what if':>18}{'difference':>18}   {currency}, all months"]
    said += [_row(line.statement_line.replace("_", " "), line.today, line.other) for line in found.lines]
    said += [_row("of it idle", *found.idle), ""]
    better = [one for one in found.turned if one.other >= 0]
    said.append(
        f"{len(found.turned):,} of {found.customers:,} customers change sign: {len(better):,} would earn, "
        f"{len(found.turned) - len(better):,} would lose"
    )
    shown = found.turned[:CUSTOMERS_SHOWN]
    said += [_row(f"  {one.customer_id}", one.today, one.other) for one in shown]
    if len(found.turned) > len(shown):
        said.append(f"  and {len(found.turned) - len(shown):,} more, with smaller changes")
    return said


def _row(name: str, today: Decimal, other: Decimal) -> str:
    return f"{name:<24}{today:>18,.2f}{other:>18,.2f}{other - today:>18,.2f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer the question that the arguments ask. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.what_if", description=__doc__.splitlines()[0])
    parser.add_argument("--shop", help="the shop, which has been refreshed before (default: the demo shop)")
    parser.add_argument("--as-of", help="ask of what was built for this day")
    for name, seed in SEEDS.items():
        parser.add_argument(f"--{name}", help=f"a file that takes the place of seeds/settings/{seed}.csv")
    asked = parser.parse_args(arguments)
    files = {seed: Path(getattr(asked, name)) for name, seed in SEEDS.items() if getattr(asked, name)}
    try:
        if not files:
            raise WhatIfError("Give other rates or other pools: make what-if RATES=<csv> POOLS=<csv>.")
        settings = resolve(asked.shop or None, None, asked.as_of or None, frozenset(connectors()))
        if not settings.home.warehouse.exists():
            raise WhatIfError(f"{settings.home.warehouse} is not there: refresh the shop first with `make run`.")
        with lock.hold(settings.home):
            project = compiled.compile_project(model_vars(settings))
            found = answer(settings.home, project, files)
    except (SettingsError, WhatIfError, compiled.CompileError, lock.LockHeld) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(told(found, str(model_vars(settings).get("reporting_currency", "EUR")))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
