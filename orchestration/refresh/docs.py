"""The models' documentation as one page: `python -m orchestration.refresh.docs`, which `make docs` calls."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from orchestration import parsed
from orchestration.landing import connectors
from orchestration.refresh import lock, models
from orchestration.refresh.settings import SettingsError, resolve

PAGE = "static_index.html"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page and say where it is. 1 with a sentence where it could not be written."""
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.refresh.docs", description="Documentation of the models."
    )
    parser.add_argument("--shop", help="the shop whose warehouse is described (default: the demo shop)")
    parser.add_argument("--input", help="not read; the same arguments as a refresh")
    parser.add_argument("--as-of", help="describe what was built for this day")
    asked = parser.parse_args(arguments)
    try:
        settings = resolve(asked.shop or None, asked.input or None, asked.as_of or None, frozenset(connectors()))
        os.environ.update(settings.environment())
        # dbt opens the private warehouse to read the types of the columns.
        with lock.hold(settings.home):
            models.prepare_manifest(settings)
            words = parsed.run(
                *("--quiet", "docs", "generate", "--static", *models.arguments(settings)),
                environment=models.environment(settings),
            )
    except (SettingsError, models.ModelsError, lock.LockHeld) as error:
        print(error, file=sys.stderr)
        return 1
    if words is not None:
        print(f"dbt could not write the documentation: {words}", file=sys.stderr)
        return 1
    print(settings.home.target / PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
