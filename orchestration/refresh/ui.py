"""Dagster's page for one shop: `python -m orchestration.refresh.ui`, which `make ui` calls."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from orchestration import backfill
from orchestration.asked import a_port
from orchestration.landing import connectors
from orchestration.paths import PROJECT
from orchestration.refresh import instance, models
from orchestration.refresh.settings import SettingsError, resolve


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare what Dagster loads, then become Dagster. Returns only where that was not possible."""
    parser = argparse.ArgumentParser(
        prog="python -m orchestration.refresh.ui", description="Dagster's page for a shop."
    )
    parser.add_argument("--shop", help="the shop (default: the demo shop)")
    parser.add_argument("--input", help="the folder that each night's files come into")
    parser.add_argument("--as-of", help="show the state of this past day")
    parser.add_argument("--port", type=a_port, default=3000, help="port on this machine (default: 3000)")
    asked = parser.parse_args(arguments)
    try:
        settings = resolve(asked.shop or None, asked.input or None, asked.as_of or None, frozenset(connectors()))
        backfill.refuse_unknown(settings.home)
        os.environ.update(settings.environment())
        instance.prepare(settings.home)
        models.prepare_manifest(settings)
    except (SettingsError, backfill.BackfillError, models.ModelsError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The shop '{settings.shop}' on port {asked.port} of this machine; Ctrl-C ends it.", flush=True)
    os.chdir(PROJECT)
    # Only this machine may look: the page can start runs.
    command = [sys.executable, "-m", "dagster", "dev", "--host", "127.0.0.1", "--port", str(asked.port)]
    os.execv(sys.executable, [*command, "--module-name", "orchestration.definitions"])
    return 1


if __name__ == "__main__":
    sys.exit(main())
