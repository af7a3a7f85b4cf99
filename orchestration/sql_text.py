"""Names and texts as SQL, for every statement that is put together from a file's path, a column or a customer's id."""

from __future__ import annotations

from pathlib import Path


def literal(text: str | Path) -> str:
    """A text or path as an SQL literal, quotes included."""
    return "'" + str(text).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name of a column, table or catalogue as SQL, quotes included."""
    return '"' + name.replace('"', '""') + '"'


def qualified(table: str) -> str:
    """`schema.table` as SQL."""
    return ".".join(identifier(part) for part in table.split(".", 1))
