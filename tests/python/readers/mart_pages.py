"""Every published table has a section in docs/marts/, and the queries there run on what is published."""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb
import pytest
from conftest import Shop

from orchestration.paths import PROJECT
from orchestration.publish import MARTS_FILE

PAGES = PROJECT / "docs" / "marts"


@dataclass(frozen=True)
class Section:
    """What a page says under a heading: of a table, where the heading is a name in backticks."""

    page: str
    table: str | None
    text: str

    @property
    def queries(self) -> list[str]:
        """The SQL blocks."""
        return re.findall(r"^```sql\n(.*?)^```", self.text, flags=re.DOTALL | re.MULTILINE)


def sections() -> list[Section]:
    """All sections of all pages, in their order."""
    found = []
    for page in sorted(PAGES.glob("*.md")):
        for part in re.split(r"^(?=#+ )", page.read_text(encoding="utf-8"), flags=re.MULTILINE):
            heading = re.match(r"## `(\w+)`\n", part)
            found.append(Section(page.name, heading[1] if heading else None, part))
    return found


QUERIES = [
    pytest.param(section, query, id=f"{section.page} {section.table} {number}")
    for section in sections()
    for number, query in enumerate(section.queries, 1)
]


class TestMartPages:
    def test_every_published_table_has_one_section(self, demo: Shop) -> None:
        published = [table for (table,) in demo.ask("select table_name from duckdb_tables() where not internal")]
        told = [section.table for section in sections() if section.table]
        assert sorted(told) == sorted(published), "a new mart has a section in docs/marts/, with its name as heading"

    def test_a_section_asks_a_question_and_answers_it_by_a_query(self) -> None:
        for section in sections():
            if section.table:
                prose = re.sub(r"```.*?```", "", section.text, flags=re.DOTALL)
                assert "?" in prose, section.table
                assert any(f".{section.table}" in query for query in section.queries), section.table

    def test_every_page_is_in_the_index(self) -> None:
        index = (PAGES / "README.md").read_text(encoding="utf-8")
        assert set(re.findall(r"\]\((\w+\.md)\)", index)) == {page.name for page in PAGES.glob("*.md")} - {"README.md"}

    def test_a_column_that_may_be_missing_says_what_that_means(self, demo: Shop) -> None:
        """Every table and column carries its description in the published file, and none leaves a null unexplained."""
        silent = []
        for schema, table, columns in demo.ask(
            "select schema_name, table_name, list([column_name, comment]) from duckdb_columns() "
            "where not internal group by all"
        ):
            known_values = ", ".join(f'count("{name}")' for name, _ in columns)
            (*known, rows) = demo.ask(f"select {known_values}, count(*) from {schema}.{table}")[0]
            silent += [
                f"{table}.{name}"
                for (name, comment), count in zip(columns, known, strict=True)
                if not comment or (count < rows and "null" not in comment.lower())
            ]
        assert not silent

    @pytest.mark.parametrize(("section", "query"), QUERIES)
    def test_a_query_of_the_docs_answers(self, demo: Shop, section: Section, query: str) -> None:
        """It runs as it stands and finds rows, unless its mart has none in this shop."""
        with duckdb.connect(str(demo.home.current / MARTS_FILE), read_only=True) as connection:
            found = connection.execute(query).fetchall()
            schema = "metadata" if section.page == "metadata.md" else "marts"
            assert found or (
                section.table
                and connection.execute(f"select count(*) from {schema}.{section.table}").fetchone() == (0,)
            )
