"""What `make mutants` changes in a query; what it says of a model's tests is in `test_shop_small.py`."""

from __future__ import annotations

import pytest
import sqlglot
from mutants import at, mutated, mutations, own_expressions
from sqlglot import exp

QUERY = "SELECT SUM(a.x - 1) AS x FROM a LEFT JOIN b ON a.id = b.id AND a.day < b.day WHERE NOT a.is_out"


def changed(query: str) -> set[str]:
    """All that its mutations make of a query."""
    tree = exp.Subquery(this=sqlglot.parse_one(query, dialect="duckdb"))
    found = set()
    for way, node in list(own_expressions(tree)):
        for number in range(len(list(mutations(node)))):
            with mutated(tree, way, number):
                found.add(tree.this.sql(dialect="duckdb"))
    assert tree.this.sql(dialect="duckdb") == query, "a mutation was left in the query"
    return found


def test_every_expression_is_changed_in_turn() -> None:
    assert changed(QUERY) == {
        QUERY.replace("SUM", "MAX"),
        QUERY.replace("x - 1", "x + 1"),
        QUERY.replace("- 1", "- 2"),
        QUERY.replace("LEFT JOIN", "INNER JOIN"),
        QUERY.replace("a.id = b.id AND ", ""),
        QUERY.replace(" AND a.day < b.day", ""),
        QUERY.replace("a.id = b.id", "a.id <> b.id"),
        QUERY.replace("<", "<="),
        QUERY.replace("NOT a.is_out", "TRUE"),
        QUERY.replace("NOT ", ""),
    }


def test_cases_windows_and_texts_are_changed() -> None:
    rank = "RANK() OVER (PARTITION BY y ORDER BY x)"
    query = f"SELECT CASE WHEN x > 0 THEN 'up' WHEN x < 0 THEN 'down' ELSE 'level' END, {rank}"
    found = changed(query)
    assert query.replace(" WHEN x < 0 THEN 'down'", "") in found
    assert query.replace(" ELSE 'level'", "") in found
    assert query.replace("'up'", "'up#'") in found
    assert query.replace("PARTITION BY y ", "") in found
    assert query.replace("ORDER BY x", "ORDER BY x DESC") in found


def test_what_a_test_makes_up_is_left_alone() -> None:
    query = exp.Subquery(this=sqlglot.parse_one("with __dbt__cte__t as (select 1 as n), u as (select 2 as n) from t"))
    assert {node.name for _, node in own_expressions(query) if isinstance(node, exp.Literal)} == {"2"}


def test_a_way_that_is_not_there_is_said() -> None:
    with pytest.raises(LookupError):
        at(sqlglot.parse_one("select 1"), (("where", None),))
