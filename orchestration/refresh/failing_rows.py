"""Which rows made a test of dbt fail: the test's own query, asked again of what was built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from orchestration.compiled import SETTINGS
from orchestration.paths import Home

ROWS_SHOWN = 3

TESTS_ASKED = 10
"""A broken model fails hundreds of tests; the first few say what is wrong."""

LONGEST_ROW = 240
"""Characters: a mart has dozens of columns, and the first ones name the row."""

SHOWN_SCHEMAS = frozenset({"settings", "core", "marts", "metadata"})
"""Above the wall nothing identifies a person; a row of what lies below it is never shown."""

PROBLEM = "problem"
"""A test that has a column of this name says in it, in a sentence, what is wrong with which row."""


def examples(home: Home, manifest: Mapping[str, Any], run_results: Mapping[str, Any]) -> dict[str, str]:
    """Up to three failing rows of each failed test, as text, by the test's unique id.

    A test has none where it reads a table that may hold personal data, where its query cannot be run any more, or where
    the warehouse is in use.
    """
    asked = [
        (result["unique_id"], result["compiled_code"], result.get("failures") or 0)
        for result in run_results["results"]
        if result["status"] in ("fail", "warn") and result.get("compiled_code") and _is_shown(manifest, result)
    ]
    if not asked or not home.warehouse.exists():
        return {}
    found = {}
    try:
        with duckdb.connect(str(home.warehouse), read_only=True) as connection:
            for statement in SETTINGS:
                connection.execute(statement)
            for test, query, count in asked[:TESTS_ASKED]:
                if text := _rows(connection, query, count):
                    found[test] = text
    except duckdb.OperationalError:
        # Whoever holds the warehouse now would have to end first; the test's name and count are told without it.
        return found
    return found


def _is_shown(manifest: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    node = manifest["nodes"].get(result["unique_id"])
    if node is None or node["resource_type"] != "test":
        return False
    parents = node["depends_on"]["nodes"]
    return bool(parents) and all(
        parent in manifest["nodes"] and manifest["nodes"][parent]["schema"] in SHOWN_SCHEMAS for parent in parents
    )


def _rows(connection: duckdb.DuckDBPyConnection, query: str, count: int) -> str | None:
    try:
        cursor = connection.execute(f"select * from ({query}\n) as failing order by all limit {ROWS_SHOWN}")
    except (duckdb.ProgrammingError, duckdb.DataError):
        return None
    names = [name for name, *_ in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    more = [f"and {count - len(rows)} more"] if count > len(rows) else []
    return "; ".join([*map(_told, rows), *more]) if rows else None


def _told(row: Mapping[str, Any]) -> str:
    if row.get(PROBLEM):
        return str(row[PROBLEM])
    text = ", ".join(f"{name}={'null' if value is None else value}" for name, value in row.items())
    return text if len(text) <= LONGEST_ROW else f"{text[:LONGEST_ROW]}…"
