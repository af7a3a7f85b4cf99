"""Names and texts as SQL: what the engine reads is what was given."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from orchestration.paths import PROJECT
from orchestration.sql_text import identifier, literal, qualified

AWKWARD = ("plain", "O'Brien", "''", "a 'quoted' one", 'with "these"', "back\\slash", "line\nbreak", "Übermaß 客户")


@pytest.mark.parametrize("text", AWKWARD)
def test_a_text_comes_back_as_it_was(text: str) -> None:
    with duckdb.connect() as connection:
        assert connection.execute(f"select {literal(text)}").fetchone() == (text,)


def test_a_path_is_a_text(tmp_path: Path) -> None:
    folder = tmp_path / "the owner's shop"
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute(f"copy (select 7 as n) to {literal(folder / 'one.parquet')} (format parquet)")
        assert connection.execute(f"select n from read_parquet({literal(folder / '*.parquet')})").fetchone() == (7,)


@pytest.mark.parametrize("name", AWKWARD)
def test_a_name_is_that_of_the_column(name: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema s")
        connection.execute(f"create table {qualified(f's.{name}')} as select 7 as {identifier(name)}")
        assert connection.execute(f"select * from {qualified(f's.{name}')}").description[0][0] == name
        assert connection.execute("select table_schema, table_name from information_schema.tables").fetchall() == [
            ("s", name)
        ]


def test_nobody_else_doubles_quotes() -> None:
    doubled = re.compile(r"""replace\(("'", "''"|'"', '""'|chr\(\d+\), chr)""")
    found = [
        file.relative_to(PROJECT).as_posix()
        for folder in ("orchestration", "expectations")
        for file in (PROJECT / folder).rglob("*.py")
        if file.name != "sql_text.py" and doubled.search(file.read_text(encoding="utf-8"))
    ]
    assert not found
