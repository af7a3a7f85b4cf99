"""`python -m orchestration.landing INPUT --shop NAME [--connector NAME]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb
from pyarrow import ArrowException

from orchestration.landing import LandingError, connectors, land
from orchestration.landing.errors import one_line
from orchestration.refresh import lock
from orchestration.refresh.settings import SettingsError, named_home


def main() -> int:
    """Lands and says what it did; 0 when landed or nothing was new, 1 with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.landing", description="Land a shop's files.")
    parser.add_argument("input", type=Path, help="the folder with the shop's files")
    parser.add_argument("--shop", help="the shop, which names its home (default: the demo shop)")
    parser.add_argument("--connector", help=f"for files of another shape: {', '.join(connectors())}")
    given = parser.parse_args()
    try:
        home = named_home(given.shop)
        with lock.hold(home):
            land(given.input, home, given.connector)
    except (LandingError, SettingsError, lock.LockHeld) as error:
        print(error, file=sys.stderr)
        return 1
    except (OSError, duckdb.Error, ArrowException) as error:
        print(one_line(error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
