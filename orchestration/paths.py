"""Where everything of one shop lies.

One folder a shop, so that two shops, or a test, never meet. `WAREHOUSE_HOME` names it; without it, it is
`warehouses/<shop>` below the project. What is built for another day than tonight's (`AS_OF`) lies below
`as_of/<date>` and shares nothing with the nightly state but the landed data.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Home:
    """The folders of one shop, and of one day of it."""

    root: Path
    as_of: str | None = None

    @property
    def landed(self) -> Path:
        """Typed, stamped input as Parquet: `landed/<table>/load-000001.parquet` (or of several loads), the manifest in
        `landed/loads`. See orchestration/landing/store.py.
        """
        return self.root / "landed"

    @property
    def build(self) -> Path:
        """Root of what is built: the shop's own folder, or that of the day asked for."""
        return self.days / self.as_of if self.as_of else self.root

    @property
    def private(self) -> Path:
        """Private warehouse, logs, spill, Dagster's own state: safe to delete."""
        return self.build / "private"

    @property
    def warehouse(self) -> Path:
        """The private DuckDB file. Only the refresh opens it."""
        return self.private / "warehouse.duckdb"

    @property
    def target(self) -> Path:
        """dbt's target folder: the manifest, the run results, the compiled SQL."""
        return self.private / "target"

    @property
    def published(self) -> Path:
        """Publications, one folder a run, and `current`, a link to the one in force."""
        return self.build / "published"

    @property
    def current(self) -> Path:
        """The publication in force."""
        return self.published / "current"

    @property
    def days(self) -> Path:
        """Where other days than tonight's (`AS_OF`) are built, a folder each."""
        return self.root / "as_of"

    def past_days(self) -> list[Home]:
        """The days that lie there, in order."""
        # A file manager leaves files of its own, and a person a copy. A day may be moved to another disk.
        folders = [entry for entry in self.days.glob("*") if entry.is_dir() or entry.is_symlink()]
        names = sorted(folder.name for folder in folders if re.fullmatch(r"\d{4}-\d{2}-\d{2}", folder.name))
        return [Home(self.root, name) for name in names]

    def environment(self) -> dict[str, str]:
        """What dbt, Great Expectations and Dagster need to find this home: environment variables."""
        return {
            "WAREHOUSE_HOME": str(self.root),
            "WAREHOUSE_PRIVATE": str(self.private),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.private / "logs"),
            "DAGSTER_HOME": str(self.private / "dagster"),
            "WAREHOUSE_MEMORY": memory_limit(),
        }


def memory_limit() -> str:
    """What the engine may use before it spills to disk: `WAREHOUSE_MEMORY`, such as 6GB; else 80% of the machine."""
    return os.environ.get("WAREHOUSE_MEMORY") or _engines_own_limit()


def memory_in_gigabytes() -> float:
    """The same as a number, to a tenth. duckdb.Error where WAREHOUSE_MEMORY is no amount of memory."""
    return in_gigabytes(memory_limit())


def in_gigabytes(memory: str) -> float:
    """An amount such as 6GB as a number, to a tenth. duckdb.Error where the engine takes it for none."""
    number, unit = _engines_own_limit(memory).split()
    return float(number) * UNITS[unit] / 1e9


UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50}
"""As the engine writes them."""


@cache
def _engines_own_limit(asked: str | None = None) -> str:
    """How the engine writes its limit: what is asked for, or its own."""
    with duckdb.connect() as connection:
        if asked:
            connection.execute("set memory_limit = ?", [asked])
        (limit,) = connection.execute("select current_setting('memory_limit')").fetchone()
    return limit


def home_of(shop: str = "demo", as_of: str | None = None) -> Home:
    """The home of a shop: `WAREHOUSE_HOME` where it is set, else `warehouses/<shop>` below the project."""
    named = os.environ.get("WAREHOUSE_HOME")
    root = Path(named).expanduser() if named else PROJECT / "warehouses" / shop
    return Home(root.resolve(), as_of)
