"""Put a bundle into Superset's database: `python load.py BUNDLE USER`, by Superset's own Python.

What the bundle names is replaced, database, tables with their metrics, and charts included. `superset
import-dashboards` replaces the dashboard alone, so that a new metric or a changed chart would never arrive.
"""

from __future__ import annotations

import sys
from zipfile import ZipFile

from superset.app import create_app


def load(file: str, username: str) -> None:
    """Replace what the bundle names, in the name of the user."""
    with create_app().app_context():
        # Superset's modules are to be had within its application only.
        from superset import security_manager
        from superset.commands.importers.v1.assets import ImportAssetsCommand
        from superset.commands.importers.v1.utils import get_contents_from_bundle
        from superset.utils.core import override_user

        with ZipFile(file) as bundle, override_user(security_manager.find_user(username=username)):
            ImportAssetsCommand(get_contents_from_bundle(bundle)).run()


if __name__ == "__main__":
    load(*sys.argv[1:])
