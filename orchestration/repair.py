"""Repair a table: `python -m orchestration.repair --shop NAME --table TABLE`, which `make repair` calls.

Forgets what the private warehouse has kept of the table, and of all that is built on it, and refreshes the shop from
what has landed: tables without a memory are made whole, everything is judged, and what passed is published.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from orchestration.paths import Home

NEAR = 3


class RepairError(Exception):
    """There is no such table to repair; the message names near ones."""


def table_of(manifest: Mapping[str, Any], named: str) -> Mapping[str, Any]:
    """The model or settings table that goes by this name, alone or behind its schema and a point, as its node.

    RepairError where there is none, with the nearest names there are.
    """
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")]
    for node in nodes:
        if named in (node["name"], full_name(node)):
            return node
    if named.startswith("landed."):
        raise RepairError(f"{named} is what came in and is made of nothing: hand in the right rows as a correction.")
    near = difflib.get_close_matches(named, [*(node["name"] for node in nodes), *map(full_name, nodes)], NEAR)
    raise RepairError(
        f"There is no table {named or 'without a name'} to repair."
        + (f" Near it are {', '.join(near)}." if near else " Name one as schema.name, such as marts.order_profit.")
    )


def full_name(node: Mapping[str, Any]) -> str:
    """The table as queries name it."""
    return f"{node['schema']}.{node['name']}"


def kept_from(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> list[str]:
    """The tables, as `schema.name`, that are kept from night to night and are this one or built on it; sorted."""
    found, waiting = set(), [node["unique_id"]]
    while waiting:
        name = waiting.pop()
        if name in manifest["nodes"] and name not in found:
            found.add(name)
            waiting += manifest["child_map"].get(name, [])
    nodes = (manifest["nodes"][name] for name in found)
    return sorted(full_name(node) for node in nodes if node["config"].get("materialized") == "kept")


def forget(home: Home, manifest: Mapping[str, Any], named: str) -> str:
    """Drop the memory (macros/kept.sql) of a table and of all kept tables built on it. Returns a sentence.

    The caller holds the lock. A run that is killed after this has forgotten, and the next one makes the tables whole.
    """
    node = table_of(manifest, named)
    kept = kept_from(manifest, node)
    if home.warehouse.exists():
        with duckdb.connect(str(home.warehouse)) as connection:
            connection.begin()
            for table in kept:
                connection.execute(f'drop table if exists kept."{table.replace(".", "__")}"')
            connection.commit()
    return f"to be made anew: {full_name(node)}, and {len(kept)} kept tables that are it or are built on it"


def main(arguments: Sequence[str] | None = None) -> int:
    """Repair the table that the arguments name. Returns the exit code: 2 where there is no such table."""
    # Imported here: what forgets is a step of the refresh, which imports this.
    from orchestration import backfill, run
    from orchestration.landing import connectors
    from orchestration.refresh import models
    from orchestration.refresh.settings import SettingsError, from_landed, resolve

    parser = argparse.ArgumentParser(prog="python -m orchestration.repair", description=__doc__.splitlines()[0])
    parser.add_argument("--shop", help="the shop (default: the demo shop)")
    parser.add_argument("--as-of", help="repair what was built for this past day")
    parser.add_argument("--table", required=True, help="the table, such as marts.order_profit")
    asked = parser.parse_args(arguments)
    try:
        settings = from_landed(resolve(asked.shop or None, None, asked.as_of or None, frozenset(connectors())))
        backfill.refuse_unknown(settings.home)
        os.environ.update(settings.environment())
        models.prepare_manifest(settings)
        table = full_name(table_of(models.read_manifest(settings.home), asked.table))
    except (SettingsError, RepairError, backfill.BackfillError, models.ModelsError) as error:
        print(error, file=sys.stderr)
        return 2
    return run.carry_out(settings, forget=[table])


if __name__ == "__main__":
    sys.exit(main())
