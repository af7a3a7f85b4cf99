"""The models as dbt compiled them, run in any DuckDB connection: in memory for a small shop, or beside a warehouse.

dbt starts in seconds and takes a fraction of one for each model; the compiled SQL of a small shop runs in milliseconds.
So what needs a model's own SQL many times (an independent check on hundreds of shops, a question "what if") takes it
from here: the same text that the nightly refresh runs, in the same order, without contracts and tests.

    project = compiled.compile_project({"shop": "tiny"})
    with duckdb.connect() as connection:
        compiled.open_warehouse(connection)
        compiled.create_landed(connection, {"orders": [...], "order_lines": [...]})
        compiled.build(connection, project, project.upstream_of("customer_profit_monthly"))
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from orchestration import contract, parsed
from orchestration.paths import PROJECT, Home
from orchestration.refresh.settings import QUIET
from orchestration.sql_text import literal

ENGINE = "duckdb"
"""The engine whose SQL this is."""

CATALOG = "warehouse"
"""What dbt calls the private warehouse in compiled SQL: the name of its file."""

SETTINGS = ("set TimeZone = 'UTC'", "set default_null_order = 'nulls_last'", "set enable_progress_bar = false")
"""How `profiles.yml` opens the warehouse, and no bar across what the caller tells."""


COMPILED = "compiled-{}.json"
"""What is kept beside the parsed project for each set of vars that somebody has asked for."""

LATEST = 16
"""So many of them are kept, the last ones asked for."""

ASKS_FOR_A_VAR = re.compile(r"\bvar\s*\(")
"""How the text of a model, a macro or what is handed to a test asks for a var."""


class CompileError(Exception):
    """dbt could not compile the project; the message is dbt's own."""


@dataclass(frozen=True)
class Node:
    """A model, seed or test: its schema and name, its compiled text (a seed has none), what it reads by name.

    The text is SQL, or Python where `is_python`.
    """

    kind: str
    schema: str
    name: str
    sql: str
    parents: tuple[str, ...]
    file: Path
    column_types: Mapping[str, str]
    landed: tuple[str, ...] = ()
    """The landed tables that it reads itself."""
    is_view: bool = False
    description: str = ""
    is_python: bool = False
    kept: Mapping[str, Any] = field(default_factory=dict)
    """How the nightly refresh keeps it part by part (macros/kept.sql); empty for what is made anew each night."""
    made_by: str = ""
    """The id by ranges of which a large shop's table is made (macros/ranges.sql)."""

    @property
    def relation(self) -> str:
        """The table as compiled SQL names it."""
        return f'"{CATALOG}"."{self.schema}"."{self.name}"'


@dataclass(frozen=True)
class Project:
    """The compiled models and seeds by name, in an order in which they can be built; tests by name."""

    nodes: Mapping[str, Node]
    tests: Mapping[str, Node]

    def upstream_of(self, *names: str) -> list[str]:
        """These and all that they are built from, in order."""
        return self._closure(names, {name: node.parents for name, node in self.nodes.items()})

    def downstream_of(self, *names: str) -> list[str]:
        """These and all that is built from them, in order."""
        children: dict[str, list[str]] = {name: [] for name in self.nodes}
        for name, node in self.nodes.items():
            for parent in node.parents:
                if parent in children:
                    children[parent].append(name)
        return self._closure(names, children)

    def readers_of(self, tables: Collection[str]) -> list[str]:
        """What is built from these landed tables, directly or not, in order."""
        return self.downstream_of(*(name for name, node in self.nodes.items() if set(tables) & set(node.landed)))

    def _closure(self, names: Iterable[str], neighbours: Mapping[str, Sequence[str]]) -> list[str]:
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in found or name not in self.nodes:
                continue
            found.add(name)
            waiting += neighbours[name]
        return [name for name in self.nodes if name in found]


def compile_project(variables: Mapping[str, object]) -> Project:
    """All models, seeds and tests, compiled with these vars, as `compiled_manifest` has them."""
    return read_project(compiled_manifest(variables))


def compiled_manifest(variables: Mapping[str, object]) -> dict[str, Any]:
    """Compile all models, seeds and tests with these vars; what is compiled already with the same is taken as it is.

    One text in ten hangs on a var. The others are taken from the project as it is compiled with its own vars.
    What a shop has landed plays no part: dbt, which wants a warehouse to open, gets an empty one in a temporary folder.
    Raises CompileError with dbt's own words.
    """
    with TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            **QUIET,
            "WAREHOUSE_PRIVATE": folder,
            "DBT_TARGET_PATH": f"{folder}/target",
            "DBT_LOG_PATH": f"{folder}/logs",
        }
        try:
            parsed.prepare(Path(folder) / "target", environment, ENGINE)
        except parsed.ParseError as error:
            raise CompileError(str(error)) from None
        with parsed.alone():
            return _kept(variables, environment)


def hang_on_vars(manifest: Mapping[str, Any]) -> set[str]:
    """The models and tests, by dbt's unique id, whose text may be another with other vars.

    They ask for a var themselves, in what is handed to them, or in a macro that they call, directly or not.
    """
    called = {name: macro["depends_on"]["macros"] for name, macro in manifest["macros"].items()}
    asking = {name for name, macro in manifest["macros"].items() if ASKS_FOR_A_VAR.search(macro["macro_sql"])}
    while more := {name for name, callees in called.items() if name not in asking and asking & set(callees)}:
        asking |= more
    return {
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "test")
        and (
            asking & set(node["depends_on"]["macros"])
            or ASKS_FOR_A_VAR.search(
                json.dumps([node.get(text) for text in ("raw_code", "test_metadata", "unrendered_config")])
            )
        )
    }


def _kept(variables: Mapping[str, object], environment: Mapping[str, str]) -> dict[str, Any]:
    kept = parsed.stored(ENGINE) / COMPILED.format(_called(variables))
    if kept.exists():
        os.utime(kept)
        return json.loads(kept.read_text(encoding="utf-8"))
    if _called(variables) == _called({}):
        manifest = _compile(variables, environment)
    else:
        manifest = _kept({}, environment)
        hanging = hang_on_vars(manifest)
        others = _compile(variables, environment, [manifest["nodes"][name]["name"] for name in sorted(hanging)])
        manifest["nodes"].update({name: others["nodes"][name] for name in hanging})
    # In one step: who is killed here leaves no half of it.
    made = kept.with_suffix(".made")
    made.write_text(json.dumps(manifest), encoding="utf-8")
    made.replace(kept)
    for old in sorted(kept.parent.glob(COMPILED.format("*")), key=os.path.getmtime)[:-LATEST]:
        old.unlink()
    return manifest


def _compile(
    variables: Mapping[str, object], environment: Mapping[str, str], names: Sequence[str] = ()
) -> dict[str, Any]:
    """dbt's manifest after it has compiled these models and tests, else all. Raises CompileError."""
    words = parsed.run(
        *("--quiet", "--log-level-file", "none", "compile", *parsed.about(variables, ENGINE)),
        *("--exclude", "resource_type:unit_test"),
        *(("--indirect-selection", "empty", "--select", *names) if names else ()),
        environment=environment,
    )
    if words is not None:
        raise CompileError(f"The dbt project does not compile: {words}")
    return json.loads((Path(environment["DBT_TARGET_PATH"]) / parsed.MANIFEST).read_text(encoding="utf-8"))


def _called(variables: Mapping[str, object]) -> str:
    """A name for these vars. To name a var and give it the value that it has anyhow is to say nothing."""
    defaults = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    asked = json.dumps({**defaults, **variables}, sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()[:16]


def read_project(manifest: Mapping[str, Any]) -> Project:
    """The project of a manifest that holds compiled SQL."""
    nodes, tests = {}, {}
    for entry in manifest["nodes"].values():
        kind = entry["resource_type"]
        if kind not in ("model", "seed", "test"):
            continue
        node = Node(
            kind=kind,
            schema=entry["schema"],
            name=entry["name"],
            sql=(entry.get("compiled_code") or "").strip(),
            # A source may be called as a model is: landed.customers, marts.customers.
            parents=tuple(
                parent.rsplit(".", 1)[-1]
                for parent in entry.get("depends_on", {}).get("nodes", [])
                if not parent.startswith("source.")
            ),
            file=PROJECT / entry["original_file_path"],
            column_types=entry["config"].get("column_types") or {},
            landed=tuple(
                parent.rsplit(".", 1)[-1]
                for parent in entry.get("depends_on", {}).get("nodes", [])
                if parent.startswith("source.")
            ),
            is_view=entry["config"].get("materialized") == "view",
            description=entry.get("description") or "",
            is_python=entry.get("language") == "python",
            kept=entry["config"].get("meta", {}) if entry["config"].get("materialized") == "kept" else {},
            made_by=(entry["config"].get("meta") or {}).get("made_by", ""),
        )
        if kind != "test":
            nodes[node.name] = node
        elif node.sql:
            tests[node.name] = node
    order = TopologicalSorter({name: [p for p in node.parents if p in nodes] for name, node in nodes.items()})
    return Project({name: nodes[name] for name in order.static_order()}, tests)


def open_warehouse(
    connection: duckdb.DuckDBPyConnection, project: Project | None = None, file: Path | None = None
) -> None:
    """An empty warehouse in memory, or in a new file, under the name that compiled SQL uses, with its schemas."""
    for statement in SETTINGS:
        connection.execute(statement)
    connection.execute(f"attach {literal(file or ':memory:')} as {CATALOG}")
    connection.execute(f"use {CATALOG}")
    schemas = {node.schema for node in project.nodes.values()} if project else set()
    for schema in sorted({"landed", *schemas}):
        connection.execute(f"create schema if not exists {CATALOG}.{schema}")


def create_landed(
    connection: duckdb.DuckDBPyConnection, rows: Mapping[str, Sequence[Mapping[str, object]]], loaded_at: str
) -> None:
    """The landed tables, as one load of these rows would leave them; values are text, and null where they are None.

    `loaded_at` is the load's stamp in the manifest.
    """
    for table in contract.tables().values():
        columns = [(column.name, column.data_type) for column in table.columns] + list(contract.STAMPS)
        definitions = ", ".join(f"{name} {data_type}" for name, data_type in columns)
        connection.execute(f"create or replace table {CATALOG}.landed.{table.name} ({definitions})")
        landed = rows.get(table.name, ())
        if landed:
            stamps = {"load_id": "1", "source_file": f"{table.name}.csv"}
            stamped = [
                {**stamps, "source_row": str(place), **{name: _text(value) for name, value in row.items()}}
                for place, row in enumerate(landed, start=1)
            ]
            values = pa.Table.from_pylist(stamped, pa.schema([(name, pa.string()) for name, _ in columns]))
            connection.register("values_landed", values)
            connection.execute(f"insert into {CATALOG}.landed.{table.name} select * from values_landed")
            connection.unregister("values_landed")
    connection.execute(
        f"create or replace table {CATALOG}.landed.loads as "
        "select 1::bigint as load_id, ?::timestamp as loaded_at, 'orders' as table_name, 'orders.csv' as source_file, "
        "'' as content_sha256, 0::bigint as file_bytes, 0::bigint as rows_read, 0::bigint as rows_unreadable, "
        "'landed' as outcome",
        [loaded_at],
    )


def read_landed(connection: duckdb.DuckDBPyConnection, home: Home, tables: Iterable[str] | None = None) -> None:
    """The landed tables, `loads` among them, as views over what a home has landed; all, or those named."""
    for table in (*contract.tables(), "loads") if tables is None else tables:
        files = literal(f"{home.landed / table}/*.parquet")
        connection.execute(
            f"create or replace view {CATALOG}.landed.{table} as "
            f"select * from read_parquet({files}, union_by_name = true)"
        )


def load_seed(connection: duckdb.DuckDBPyConnection, node: Node, file: Path | None = None) -> None:
    """A settings table from its CSV file, or from another one of the same columns.

    A value that is none of its column's type raises duckdb.ConversionException.
    """
    content = file or node.file
    with content.open(encoding="utf-8-sig", newline="") as lines:
        header = next(csv.reader(lines))
    columns = ", ".join(f"'{name}': '{node.column_types.get(name, 'varchar')}'" for name in header)
    connection.execute(
        f"create or replace table {node.relation} as select * from read_csv({literal(content)}, header = true, "
        f"auto_detect = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', columns = {{{columns}}})"
    )


def run_python(connection: duckdb.DuckDBPyConnection, node: Node) -> None:
    """A Python model, called as dbt calls it: its function reads relations by name and hands back a table."""
    module: dict[str, Any] = {"__name__": node.name}
    exec(node.sql, module)  # noqa: S102 (the project's own model, as dbt compiled it)
    made = module["model"](module["dbtObj"](lambda name: connection.query(f"select * from {name}")), connection)
    connection.register("made", made)
    connection.execute(f"create or replace table {node.relation} as select * from made")
    connection.unregister("made")


def build(
    connection: duckdb.DuckDBPyConnection,
    project: Project,
    names: Sequence[str],
    seeds: Mapping[str, Path] | None = None,
    there_already: Collection[str] = (),
    rows_at_once: int | None = None,
) -> None:
    """Build these models and seeds, in the order given. `seeds` are files to take for seeds of that name.

    A table that reads more rows than `rows_at_once` is made by ranges where it says of what: of an id
    (macros/ranges.sql), or a kept one of its dates; nights make that by ranges of its parts (macros/kept.sql), which
    may cut a date in two.
    """
    for name in names:
        node = project.nodes[name]
        if name in there_already:
            continue
        if node.kind == "seed":
            load_seed(connection, node, (seeds or {}).get(name))
        elif node.is_python:
            run_python(connection, node)
        else:
            _make(connection, project, node, rows_at_once)


def _make(connection: duckdb.DuckDBPyConnection, project: Project, node: Node, rows_at_once: int | None) -> None:
    conditions: list[str] = []
    if rows_at_once and node.kept:
        conditions = ranges(connection, project, node, rows_at_once)
    elif rows_at_once and node.made_by:
        conditions = ranges_of_ids(connection, project, node, rows_at_once)
    if len(conditions) < 2:
        kind = "view" if node.is_view else "table"
        connection.execute(f"create or replace {kind} {node.relation} as {node.sql}")
        return
    made = f"from ({node.sql}) as made"
    connection.execute(f"create or replace table {node.relation} as {made} where false")
    for condition in conditions:
        connection.execute(f"insert into {node.relation} {made} where {condition}")


def rows_made_at_once() -> int:
    """Of how many rows that are read by part a kept table is made at once."""
    return yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]["rows_made_at_once"]


def ranges(connection: duckdb.DuckDBPyConnection, project: Project, node: Node, rows_at_once: int) -> list[str]:
    """Conditions on the date that a table is kept by, of which each row of it meets one: in order, at least one."""
    read = _read_by_part(connection, project, node)
    # Views have to be read to count their days, which a small shop is spared: most that is read by part has fewer rows
    # than what has landed, and an entry or two more for each of them does no harm.
    begins: list[tuple[object]] = []
    if 2 * _landed_rows(connection) > rows_at_once:
        by_day = (
            f"select {date} as day, count(*) as row_count from {relation} group by all" for relation, date in read
        )
        begins = connection.execute(
            "select min(day) from ("
            f"select day, floor(sum(sum(row_count)) over (order by day) / {rows_at_once}) as range_number "
            f"from ({' union all '.join(by_day)}) where day is not null group by day"
            ") group by range_number order by 1 offset 1"
        ).fetchall()
    day = node.kept["kept_by"][0]
    days = [f"date '{begin}'" for (begin,) in begins]
    return [
        f"{day} >= {begin} and {day} < {end}" for begin, end in pairwise(["date '-infinity'", *days, "date 'infinity'"])
    ]


def ranges_of_ids(connection: duckdb.DuckDBPyConnection, project: Project, node: Node, rows_at_once: int) -> list[str]:
    """Conditions on the id that a table is made by, of which each row of it meets one: in order, as macros/ranges.sql
    has them, but one that always holds where the table is made in one piece.
    """
    made_by = node.made_by
    tables = [f"{project.nodes[parent].schema}.{parent}" for parent in node.parents]
    read = connection.execute(
        "select concat(tables.schema_name, '.', tables.table_name) as relation, tables.estimated_size as row_count "
        "from duckdb_tables() as tables "
        "inner join duckdb_columns() as columns on tables.table_oid = columns.table_oid "
        "where tables.database_name = $1 and columns.database_name = $1 and columns.column_name = $2 "
        "and list_contains($3, concat(tables.schema_name, '.', tables.table_name)) order by row_count desc, relation",
        [CATALOG, made_by, tables],
    ).fetchall()
    range_count = sum(row_count for _, row_count in read) // rows_at_once + 1
    shares = [place / range_count for place in range(1, range_count)]
    found = (
        connection.execute(
            f"select distinct bound from (select unnest(quantile_disc({made_by}, {shares})) as bound "
            f"from (select {made_by} from {read[0][0]} using sample reservoir(20000 rows) repeatable (1)) as sampled"
            ") as bounds where bound is not null order by bound"
        ).fetchall()
        if shares
        else []
    )
    bounds = [literal(bound) for (bound,) in found]
    within = [
        [f"{made_by} >= {begin}"] * (begin is not None) + [f"{made_by} < {end}"] * (end is not None)
        for begin, end in pairwise([None, *bounds, None])
    ]
    return [" and ".join(limits) or "true" for limits in within]


def _read_by_part(connection: duckdb.DuckDBPyConnection, project: Project, node: Node) -> list[tuple[str, str]]:
    """The relations of which a kept table reads the same part, each with its column of the date."""
    read = []
    for parent in node.parents:
        columns = node.kept.get("kept_from", {}).get(parent, node.kept["kept_by"])
        found = connection.execute(
            "select count(*) from information_schema.columns "
            "where table_schema = ? and table_name = ? and list_contains(?, column_name)",
            [project.nodes[parent].schema, parent, columns],
        ).fetchone()
        if found == (len(columns),):
            read.append((project.nodes[parent].relation, columns[0]))
    return read


def _landed_rows(connection: duckdb.DuckDBPyConnection) -> int:
    """How many rows have landed, of all tables; Parquet tells without being read."""
    tables = connection.execute(
        "select table_name from information_schema.tables where table_catalog = ? and table_schema = 'landed'",
        [CATALOG],
    ).fetchall()
    counts = " union all ".join(f"select count(*) as row_count from {CATALOG}.landed.{table}" for (table,) in tables)
    return connection.execute(f"select sum(row_count) from ({counts})").fetchone()[0] if counts else 0


def _text(value: object) -> str | None:
    return None if value is None else str(value)
