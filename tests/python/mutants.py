"""Mistakes that the tests of a model would not find: every expression of its SQL is changed, one at a time.

    python mutants.py abc_by_day baskets

A mutation is a mistake that somebody could make: `<` for `<=`, `+` for `-`, a condition of a join left out, a window
over everybody in place of each customer. It is found where one of the model's unit tests fails with it. What none of
them finds is tried on the demo shop as `make run` built it: there it may change nothing, so that the shop cannot tell,
or make one of dbt's claims, or the engine, fail. All others are printed, with the rows of the demo shop that they
change, and the end is 1. What only tests in Python know of a model (the statement's oracle among them) is not asked.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from orchestration import compiled, parsed
from orchestration.compiled import ENGINE, SETTINGS
from orchestration.paths import PROJECT, Home, home_of
from orchestration.refresh import models
from orchestration.refresh.settings import DEMO, Settings, model_vars

PACKAGE = "customer_profitability"
FIXTURE, ACTUAL, WHICH = "__dbt__cte__", "dbt_internal_unit_test_actual", "actual_or_expected"
"""How dbt names, in the SQL of a unit test: what the model reads, what it makes, what tells made rows from expected."""

SECONDS = 20
"""A mutation that takes longer (joins without their condition do) counts as found: somebody would notice."""

MEMORY = "3GB"

Way = tuple[tuple[str, int | str | None], ...]
"""The way from a query to one of its expressions: names of arguments, with the number, or the CTE's name, in a list."""

SWAPPED: dict[type[exp.Expression], type[exp.Expression]] = {
    one: other
    for pair in (
        (exp.LT, exp.LTE),
        (exp.GT, exp.GTE),
        (exp.Add, exp.Sub),
        (exp.EQ, exp.NEQ),
        (exp.Min, exp.Max),
        (exp.Least, exp.Greatest),
    )
    for one, other in (pair, pair[::-1])
} | {exp.Mul: exp.Div, exp.Div: exp.Mul}

ALONE = (exp.Not, exp.Neg, exp.Abs, exp.Coalesce, exp.Nullif, exp.Filter)
"""What may be forgotten around what it is applied to."""

TRUE_INSTEAD = (exp.Where, exp.Having, exp.Qualify)


def mutations(node: exp.Expression) -> Iterator[tuple[str, exp.Expression]]:
    """Each mistake at this very expression: in words, and what would stand in its place."""
    kind = type(node)
    if kind in SWAPPED:
        yield f"{SWAPPED[kind].__name__} for {kind.__name__}", SWAPPED[kind](**node.copy().args)
    if kind in (exp.And, exp.Or):
        yield f"{kind.__name__} without its right", node.this.copy()
        yield f"{kind.__name__} without its left", node.expression.copy()
    if kind in ALONE:
        yield f"without {kind.__name__}", node.this.copy()
    if kind in TRUE_INSTEAD:
        yield f"without {kind.__name__}", kind(this=exp.true())
    if kind is exp.Sum:
        yield "the largest for the sum", exp.Max(this=node.this.copy())
    if kind is exp.Union and not node.args.get("distinct"):
        yield "without the last branch", node.this.copy()
    yield from _of_literals(node)
    yield from _of_parts(node)


def _of_literals(node: exp.Expression) -> Iterator[tuple[str, exp.Expression]]:
    is_a_type = isinstance(node.parent, (exp.DataTypeParam, exp.Round, exp.Nullif, exp.Interval))
    if isinstance(node, exp.Literal) and not is_a_type:
        if node.is_string and node.name and not isinstance(node.parent, exp.Cast):
            yield "another text", exp.Literal.string(f"{node.name}#")
        elif node.name.isdecimal():
            yield "one more", exp.Literal.number(int(node.name) + 1)


def _of_parts(node: exp.Expression) -> Iterator[tuple[str, exp.Expression]]:
    """Mistakes that leave the expression, and change an argument of it."""
    if isinstance(node, exp.Join):
        if node.side == "LEFT":
            yield "inner for left join", _changed(node, side=None, kind="INNER")
        elif not node.side and (node.args.get("on") or node.args.get("using")):
            yield "left for inner join", _changed(node, side="LEFT", kind=None)
    if isinstance(node, exp.Ordered):
        yield "the other way round", _changed(node, desc=not node.args.get("desc"))
    if isinstance(node, exp.Window) and node.args.get("partition_by"):
        yield "without partition by", _changed(node, partition_by=None)
    if isinstance(node, exp.Case):
        branches = node.args["ifs"]
        for left_out in range(len(branches)) if len(branches) > 1 else ():
            others = [branch.copy() for number, branch in enumerate(branches) if number != left_out]
            yield f"without case {left_out + 1}", _changed(node, ifs=others)
        if node.args.get("default") is not None and not isinstance(node.args["default"], exp.Null):
            yield "without else", _changed(node, default=None)


def _changed(node: exp.Expression, **arguments: Any) -> exp.Expression:
    changed = node.copy()
    for name, value in arguments.items():
        changed.set(name, value)
    return changed


def own_expressions(query: exp.Expression, way: Way = ()) -> Iterator[tuple[Way, exp.Expression]]:
    """All expressions of a query, and the way to each; those of what a unit test makes up for it left out."""
    yield way, query
    for name, value in query.args.items():
        if isinstance(value, exp.Expression):
            yield from own_expressions(value, (*way, (name, None)))
        elif isinstance(value, list):
            for number, one in enumerate(value):
                if isinstance(one, exp.Expression) and not one.alias.startswith(FIXTURE):
                    of_list = one.alias if isinstance(one, exp.CTE) else number
                    yield from own_expressions(one, (*way, (name, of_list)))


def at(query: exp.Expression, way: Way) -> exp.Expression:
    """The expression there. Raises LookupError where the query has none, since settings make it another one."""
    for name, of_list in way:
        found = query.args.get(name)
        if of_list is not None:
            listed = found if isinstance(found, list) else []
            by_name = {one.alias: one for one in listed if isinstance(one, exp.CTE)}
            found = (dict(enumerate(listed)) | by_name).get(of_list)
        if not isinstance(found, exp.Expression):
            raise LookupError(f"no {name} there")
        query = found
    return query


@contextmanager
def mutated(query: exp.Expression, way: Way, number: int) -> Iterator[str]:
    """The query with the n-th mutation of an expression in it, put right afterwards; yields what it is in words."""
    node = at(query, way)
    words, other = list(mutations(node))[number]
    node.replace(other)
    try:
        yield words
    finally:
        other.replace(node)


@dataclass(frozen=True)
class Mutation:
    """One mistake: where it is, which of those that can be made there, and how it reads."""

    way: Way
    number: int
    words: str


class UnitTest:
    """A unit test of a model as dbt wrote it: one query, of what the model makes and of what was expected."""

    def __init__(self, file: Path) -> None:
        self.tree = sqlglot.parse_one(file.read_text(encoding="utf-8"), dialect=ENGINE)
        (actual,) = (cte for cte in self.tree.find_all(exp.CTE) if cte.alias == ACTUAL)
        self.query = actual.find(exp.Subquery)

    def mutations(self) -> Iterator[Mutation]:
        """All that can be made in the model's own part."""
        for way, node in own_expressions(self.query):
            said = " ".join((node.parent or node).sql(dialect=ENGINE).split())
            for number, (words, _) in enumerate(mutations(node)):
                yield Mutation(way, number, f"{words}: {said[:150]}")

    def passes(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Whether the model makes what was expected, in any order."""
        with limited(connection):
            rows = connection.execute(self.tree.sql(dialect=ENGINE))
            which = [name for name, *_ in rows.description].index(WHICH)
            found: dict[str, Counter] = {"actual": Counter(), "expected": Counter()}
            for row in rows.fetchall():
                found[row[which]][tuple(map(_comparable, row[:which] + row[which + 1 :]))] += 1
        return found["actual"] == found["expected"]

    def finds(self, mutation: Mutation, connection: duckdb.DuckDBPyConnection) -> bool:
        """Whether it fails with the mutation."""
        try:
            with mutated(self.query, mutation.way, mutation.number):
                return not self.passes(connection)
        except duckdb.Error:
            return True
        except LookupError:
            return False


def _comparable(value: Any) -> Any:
    """Numbers to nine digits: what is expected is written as decimals."""
    is_number = hasattr(value, "__float__") and not isinstance(value, bool)
    return float(f"{float(value):.9g}") if is_number else str(value)


@contextmanager
def limited(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt what takes too long."""
    timer = Timer(SECONDS, connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def in_memory() -> duckdb.DuckDBPyConnection:
    """An engine that spills nothing: what a join without its condition makes would fill the disk."""
    connection = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": ""})
    for setting in SETTINGS:
        connection.execute(setting)
    return connection


class Demo:
    """The demo shop's tables, in a copy of its home for which the project is parsed, and its models and claims."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.home = settings, settings.home
        manifest = json.loads(models.manifest_file(self.home).read_text(encoding="utf-8"))
        self.unit_tests = list(manifest["unit_tests"].values())
        self.nodes = compiled.compiled_manifest(model_vars(settings))["nodes"]

    def run_tests(self, names: list[str]) -> None:
        """Have dbt run the unit tests of these models. Raises SystemExit if one fails."""
        selected = [f"{name},test_type:unit" for name in names]
        done = subprocess.run(
            parsed.dbt("--log-level-file", "none", "test", "--select", *selected, *models.arguments(self.settings)),
            cwd=PROJECT,
            env=models.environment(self.settings),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{done.stdout[-3000:]}\nUnit tests must pass before they are asked what they miss.")

    def tests_of(self, model: str) -> list[UnitTest]:
        """Its unit tests, as dbt has last run them."""
        folder = self.home.target / "run" / PACKAGE
        tests = [test for test in self.unit_tests if test["model"] == model]
        return [UnitTest(*(folder / test["original_file_path"]).rglob(f"{test['name']}.sql")) for test in tests]

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """To its tables, once dbt is through with them."""
        connection = in_memory()
        connection.execute(f"attach '{self.home.warehouse}' as warehouse (read_only)")
        return connection

    def not_found(self, model: str, left: list[Mutation]) -> Iterator[tuple[Mutation, str, int]]:
        """Of these, each with the claim that finds it, or nothing, and how many of the table's rows it changes."""
        (node,) = (node for node in self.nodes.values() if node["name"] == model and node["resource_type"] == "model")
        query = exp.Subquery(this=sqlglot.parse_one(node["compiled_code"], dialect=ENGINE))
        made = node["relation_name"]
        columns = ", ".join(f'"{name}"' for name, *_ in self.connection.execute(f"describe {made}").fetchall())
        claims = {
            test["name"]: test["compiled_code"]
            for test in self.nodes.values()
            if test["resource_type"] == "test" and node["unique_id"] in test["depends_on"]["nodes"]
        }
        for mutation in left:
            try:
                with limited(self.connection), mutated(query, mutation.way, mutation.number):
                    sql = f"select {columns} from ({query.this.sql(dialect=ENGINE)})"
                    self.connection.execute(f"create or replace temp table mutant as {sql}")
                changed = sum(
                    map(self._rows, (f"from {made} except all from mutant", f"from mutant except all from {made}"))
                )
                finds = (name for name, sql in claims.items() if self._rows(sql.replace(made, "temp.mutant")))
                yield mutation, next(finds, "") if changed else "", changed
            except duckdb.Error:
                yield mutation, "the engine", -1
            except LookupError:
                yield mutation, "", 0

    def _rows(self, query: str) -> int:
        return self.connection.execute(f"select count(*) from ({query.rstrip().rstrip(';')})").fetchone()[0]


def ask(demo: Demo, model: str, tell: Callable[[str], None]) -> int:
    """Tell what the tests of one model miss; returns how many mutations of it nothing finds."""
    tests = demo.tests_of(model)
    with in_memory() as memory:
        assert all(test.passes(memory) for test in tests), f"sqlglot writes a unit test of {model} otherwise than dbt"
        # Settings of a test's own make other queries of one model: what stands in the same place is the same mistake.
        asked = {(one.way, one.number): one for test in tests for one in test.mutations()}
        left = [one for one in asked.values() if not any(test.finds(one, memory) for test in tests)]
    outcome, missed = Counter(), []
    for mutation, claim, changed in demo.not_found(model, left) if left else ():
        outcome["claimed" if claim else "missed" if changed else "same"] += 1
        if changed and not claim:
            missed.append(f"  {changed:>8,} rows  {mutation.words}")
    tell(
        f"{model}: {len(asked)} mutations, {len(asked) - len(left)} found by its unit tests ({len(tests)}), "
        f"{outcome['claimed']} by claims or the engine; "
        f"{outcome['same']} change nothing in the demo shop, {len(missed)} are missed"
    )
    for line in sorted(missed):
        tell(line)
    return len(missed)


def main(names: list[str]) -> int:
    """Ask the tests of these models, or of all that have unit tests."""
    built = home_of(DEMO)
    if not built.warehouse.exists():
        print("The demo shop is not built: run `make run` first.", file=sys.stderr)
        return 2
    with TemporaryDirectory() as folder:
        settings = Settings(DEMO, Home(Path(folder) / "home"))
        shutil.copytree(built.root, settings.home.root, symlinks=True)
        models.prepare_manifest(settings)
        demo = Demo(settings)
        tested = sorted({test["model"] for test in demo.unit_tests})
        if unknown := sorted(set(names) - set(tested)):
            print(f"No unit test is of {', '.join(unknown)}. Name models that have some.", file=sys.stderr)
            return 2
        demo.run_tests(names or tested)
        missed = sum(ask(demo, name, tell) for name in names or tested)
    if missed:
        tell(f"{missed} mistakes would be missed: add rows that show them to the unit tests.")
    return 1 if missed else 0


def tell(line: str) -> None:
    """Print it at once: a model takes a while."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
