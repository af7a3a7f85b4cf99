"""What a section of the page is made of: finished texts, tables and charts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from orchestration.report.drawing import Picture


@dataclass(frozen=True)
class Tile:
    """One number with its name and what it is measured against."""

    name: str
    value: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """A table of finished texts; `text_columns` says how many of the first columns are words and not numbers."""

    caption: str
    head: list[str]
    rows: list[list[str]]
    text_columns: int = 1


@dataclass(frozen=True)
class Figure:
    """A chart, what it shows in words, and the heading above it where a section has several."""

    name: str
    picture: Picture
    alt: str
    heading: str = ""


@dataclass(frozen=True)
class Section:
    """One card of the page. `extra` holds what a section draws as a table of its own kind, under its `kind`."""

    name: str
    topic: str
    title: str
    subtitle: str = ""
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    open_tables: list[Table] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    kind: str = ""
    extra: Any = None
    is_half: bool = False
