"""Nights that keep, without dbt: the statements that macros/kept.sql writes, run in a connection of the test's own.

dbt takes ten times as long to run a night's statements as the engine does, and three hundred nights would take hours.
The macros are read from the project and rendered as dbt renders them; only what dbt hands to them (the catalog, the
relations, the run of a statement) is done here, for one engine and without contracts.

    keeper = Keeper(connection, compiled.compiled_manifest(variables))
    keeper.build(keeper.project.upstream_of("customer_profit_monthly"))
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import yaml
from dbt_common.clients.jinja import get_environment
from dbt_common.exceptions.macros import MacroReturn

from orchestration import compiled
from orchestration.paths import PROJECT

MACROS = ("kept.sql", "ranges.sql", "replaced.sql")
"""What tables are made by, and what that calls."""

PREFIX = "dbt_macro__"
"""What dbt puts before the name of a macro when it parses it."""

SIGNS = {"create table": "whole", "delete from": "by part", "nothing has changed": "not at all"}
"""How a kept table was made, by what its main statement holds."""


class CutOff(Exception):
    """The night ends in the middle of a table."""


@dataclass(frozen=True)
class Column:
    """A column of a relation, as dbt tells it."""

    name: str
    data_type: str


@dataclass(frozen=True)
class Relation:
    """A table or view by its three names; as text, what SQL calls it."""

    database: str
    schema: str
    identifier: str
    type: str = "table"

    @classmethod
    def create(cls, database: str, schema: str, identifier: str) -> Relation:
        """As dbt's own is made."""
        return cls(database, schema, identifier)

    def incorporate(self, **changed: str) -> Relation:
        """The same, but for this."""
        return replace(self, **changed)

    @property
    def is_view(self) -> bool:
        """Whether it is no table."""
        return self.type == "view"

    def __str__(self) -> str:
        return f'"{self.database}"."{self.schema}"."{self.identifier}"'


class Columns:
    """An answer, by column."""

    def __init__(self, rows: Sequence[tuple]) -> None:
        self.rows = rows

    def __getitem__(self, place: int) -> Columns:
        return Columns([(row[place],) for row in self.rows])

    def values(self) -> list:
        """The values of the column that was asked for."""
        return [row[0] for row in self.rows]


@dataclass(frozen=True)
class Answer:
    """An answer, as the macros read it."""

    columns: Columns


class Keeper:
    """A warehouse whose kept tables are made as nights make them; all else is made anew each time.

    `forgotten` are kept tables, and a parent of each that its fingerprint leaves out: a mistake that somebody could
    make. `made` counts tables by how they were made: whole, by part, or not at all.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        manifest: Mapping[str, Any],
        forgotten: Mapping[str, str] | None = None,
    ) -> None:
        self.connection, self.manifest, self.forgotten = connection, manifest, forgotten or {}
        self.project = compiled.read_project(manifest)
        self.entries = {
            entry["name"]: entry for entry in manifest["nodes"].values() if entry["resource_type"] == "model"
        }
        self.made: Counter[str] = Counter()
        self.cut_off = 0
        self._statements = 0
        self._cut_at: int | None = None
        compiled.open_warehouse(connection, self.project)
        connection.execute(f"create schema {compiled.CATALOG}.kept")

    def build(
        self, names: Sequence[str], seeds: Mapping[str, Path] | None = None, cut: tuple[str, int] | None = None
    ) -> None:
        """Build these models and seeds, in the order given, as a night does.

        With `cut`, a kept table and a number, the night is first cut off before that statement of the table, and taken
        up there by the next.
        """
        for name in names:
            if not self.project.nodes[name].kept:
                compiled.build(self.connection, self.project, [name], seeds)
                continue
            if cut and cut[0] == name:
                with suppress(CutOff):
                    self.make(name, cut[1])
            self.make(name)

    def make(self, name: str, cut_at: int | None = None) -> None:
        """A kept table, in one transaction; with `cut_at`, all ends before its n-th statement, if it has so many.

        Raises CutOff then: what a process leaves that was killed there.
        """
        self._statements, self._cut_at = 0, cut_at
        self.connection.execute("begin")
        try:
            self._module(name).materialization_kept_duckdb()
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    def known_by_memory(self) -> set[tuple[str, str]]:
        """Kept tables, each with a parent of which it is remembered what the same parts hold: it need not be read."""
        return {
            (name, parent["name"])
            for name, node in self.project.nodes.items()
            if node.kept
            for parent in self._module(name).parents_of(self.entries[name])
            if parent["memory"]
        }

    def ranges_of_ids(self, name: str, rows_made_at_once: int) -> list[str]:
        """The conditions by which a table is made range by range; none where it is made in one piece."""
        macros = self._module(name, rows_made_at_once=rows_made_at_once)
        return macros.ranges_of_ids(self.project.nodes[name].made_by)

    def _module(self, name: str, **variables: object) -> Macros:
        entry = self.entries[name]
        if name in self.forgotten:
            left = [node for node in entry["depends_on"]["nodes"] if node.rsplit(".", 1)[-1] != self.forgotten[name]]
            assert len(left) < len(entry["depends_on"]["nodes"]), f"{name} does not read {self.forgotten[name]}"
            entry = {**entry, "depends_on": {**entry["depends_on"], "nodes": left}}
        this = Relation(compiled.CATALOG, entry["schema"], entry["name"])
        return Macros(
            {
                "model": entry,
                "this": this,
                "graph": self.manifest,
                "compiled_code": self.project.nodes[name].sql,
                "api": {"Relation": Relation},
                "adapter": self,
                "pre_hooks": [],
                "post_hooks": [],
                "var": {**_variables(), **variables}.get,
                "local_md5": lambda text: hashlib.md5(text.encode()).hexdigest(),
                "load_cached_relation": self._existing,
                "should_full_refresh": lambda: False,
                "statement": self._statement,
                "run_query": self._run_query,
                "create_table_as": lambda _temporary, relation, sql: f"create table {relation} as {sql}",
                "make_intermediate_relation": lambda target: replace(target, identifier=f"{target.identifier}__made"),
                "make_backup_relation": lambda target, _type: replace(target, identifier=f"{target.identifier}__old"),
                "run_hooks": lambda _hooks: "",
                "persist_docs": lambda _target, _model: "",
            }
        )

    def _existing(self, relation: Relation) -> Relation | None:
        found = self.connection.execute(
            "select 1 from duckdb_tables() where database_name = ? and schema_name = ? and table_name = ?",
            [relation.database, relation.schema, relation.identifier],
        ).fetchone()
        return relation if found else None

    def _execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        self._statements += 1
        if self._statements == self._cut_at:
            self.cut_off += 1
            raise CutOff
        return self.connection.execute(sql)

    def _statement(self, name: str, caller: Callable[[], str]) -> str:
        sql = caller()
        self._execute(sql)
        if name == "main":
            self.made[next(how for sign, how in SIGNS.items() if sign in sql)] += 1
        return ""

    def _run_query(self, sql: str) -> Answer:
        return Answer(Columns(self._execute(sql).fetchall()))

    # What the macros ask of dbt's adapter.

    def get_columns_in_relation(self, relation: Relation) -> list[Column]:
        """Names and types, in order."""
        described = self.connection.execute(f"describe {relation}").fetchall()
        return [Column(name, data_type) for name, data_type, *_ in described]

    def rename_relation(self, relation: Relation, to: Relation) -> None:
        """Another name for a table."""
        self._execute(f'alter table {relation} rename to "{to.identifier}"')

    def drop_relation(self, relation: Relation) -> None:
        """A table less."""
        self._execute(f"drop table {relation}")

    def commit(self) -> None:
        """The transaction ends with the table: see `make`."""


class Macros:
    """The macros by name, each handing back what it returns, with what dbt would tell them about one model."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        template = _template()
        context = {**told, "return": _return}
        names = [name.removeprefix(PREFIX) for name in template.module.__dict__ if name.startswith(PREFIX)]
        context |= {name: partial(self._call, name) for name in names}
        self._module = template.make_module(context)

    def _call(self, name: str, *values: object, **named: object) -> object:
        try:
            return getattr(self._module, PREFIX + name)(*values, **named)
        except MacroReturn as returned:
            return returned.value

    def __getattr__(self, name: str) -> Callable[..., object]:
        return partial(self._call, name)


@cache
def _variables() -> dict[str, object]:
    return yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


@cache
def _template() -> jinja2.Template:
    return get_environment().from_string(
        "\n".join((PROJECT / "macros" / file).read_text(encoding="utf-8") for file in MACROS)
    )


def _return(value: object = None) -> None:
    raise MacroReturn(value)


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple]:
    """Every table of a warehouse but what is remembered: columns with their types, how many rows, all in one number."""
    columns = connection.execute(
        """
        select schema_name || '.' || table_name, list((column_name, data_type) order by column_name)
        from duckdb_columns()
        semi join duckdb_tables() using (database_name, schema_name, table_name)
        where database_name = ? and schema_name <> 'kept'
        group by all
        """,
        [compiled.CATALOG],
    ).fetchall()
    found = {}
    for table, described in columns:
        names = ", ".join(f'"{name}"' for name, _ in described)
        rows = connection.execute(f"select count(*), sum(hash({names})) from {compiled.CATALOG}.{table}").fetchone()
        found[table] = (described, *rows)
    return found


def differing(by_nights: Keeper, from_scratch: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables that nights did not make as a build from scratch has."""
    ours, theirs = contents(by_nights.connection), contents(from_scratch)
    return sorted(table for table in ours.keys() | theirs.keys() if ours.get(table) != theirs.get(table))
