"""A terminal SQL client on what is published: `python -m orchestration.sql_client`, which `make sql` calls.

Harlequin, in an environment of its own (requirements/sql.txt). It opens the file read-only, so it can neither change
anything nor keep the refresh from publishing.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestration import metrics
from orchestration.landing import connectors
from orchestration.paths import PROJECT
from orchestration.refresh.settings import SettingsError, resolve

ENVIRONMENT = ".venv-sql"


def programs() -> Path:
    """The folder of the programs of its own environment. SQL_CLIENT names another one."""
    return Path(os.environ.get("SQL_CLIENT") or PROJECT / ENVIRONMENT / "bin")


def command(published: Path, query: str | None) -> list[str]:
    """What is run: the client itself, or only its answer to a query."""
    if query:
        return [str(programs() / "hsql"), "--read-only", "--command", query, str(published)]
    return [str(programs() / "harlequin"), "--read-only", str(published)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the client in place of this process. 1 with a sentence on stderr where that cannot be."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.sql_client", description="SQL on what is published.")
    parser.add_argument("--shop", help="the shop (default: the demo shop)")
    parser.add_argument("--input", help="not read; the same arguments as a refresh")
    parser.add_argument("--as-of", help="open what was published for this day")
    parser.add_argument("--query", help="print the answer to this query, and open nothing")
    asked = parser.parse_args(arguments)
    try:
        settings = resolve(asked.shop or None, asked.input or None, asked.as_of or None, frozenset(connectors()))
        run = command(metrics.published(settings), asked.query or None)
    except (SettingsError, metrics.MetricsError) as error:
        print(error, file=sys.stderr)
        return 1
    if not Path(run[0]).exists():
        print(f"Harlequin is not installed in {programs()}: `make sql` installs it.", file=sys.stderr)
        return 1
    os.execv(run[0], run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
