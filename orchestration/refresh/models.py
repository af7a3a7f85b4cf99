"""How the refresh drives dbt: the prepared manifest, the arguments of a build, what its tests found."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from orchestration import parsed
from orchestration.landing import store
from orchestration.paths import PROJECT, Home, memory_in_gigabytes, memory_limit
from orchestration.refresh.results import CheckResult
from orchestration.refresh.settings import Settings, model_vars

TARGET = "duckdb"
"""The engine, as `profiles.yml` names it."""

LAYERS = ("marts", "metadata", "segmentation", "predictions", "core", "intermediate", "staging", "settings")
"""From what people read to what they do not: a claim on several tables is shown at the first of these."""

PYTHON_OF_MODELS = ("orchestration/lifetime_value", "orchestration/segments", "orchestration/retention_ledger.py")
"""What models in Python are made by, besides their own text: these files and folders."""

ROWS_FOR_A_GIGABYTE = 4_000_000
"""Of so many landed rows for each GB, two models can be made at once: 1.3 million were, of 13 million one ran out."""


class ModelsError(Exception):
    """dbt could not do its work; the message says what and where to look."""


def arguments(settings: Settings, variables: Mapping[str, object] = MappingProxyType({})) -> list[str]:
    """What every dbt command of this refresh is called with: the engine, the vars, where the project lies.

    `variables` are vars besides those of the shop.
    """
    return parsed.about({**model_vars(settings), **variables}, TARGET)


def build_arguments(settings: Settings) -> list[str]:
    """Seeds, models and tests in one start of dbt.

    Unit tests judge formulas and not last night's data: they are for `make test`. dbt's own log file would say at
    length, for a tenth of the time, what its console log says: that one is kept.
    """
    alone = ["--threads", "1"] if is_large(settings.home) else []
    return ["--log-level-file", "none", "build", "--exclude-resource-type", "unit_test", *alone, *arguments(settings)]


def is_large(home: Home) -> bool:
    """Whether a shop has landed too much for two models at once, in the memory that the engine may take.

    Each of the two would spill in time by itself; together they leave no room for what cannot be spilled. And each uses
    all processors where there is much to do. ModelsError where WAREHOUSE_MEMORY is no amount of memory.
    """
    rows = sum(store.read_manifest(home.landed).column("rows_read").to_pylist())
    try:
        return rows > ROWS_FOR_A_GIGABYTE * memory_in_gigabytes()
    except duckdb.Error:
        raise ModelsError(
            f"WAREHOUSE_MEMORY is {memory_limit()}, which is no amount of memory: give one such as 6GB."
        ) from None


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a dbt process."""
    return {**os.environ, **settings.environment()}


def versions(settings: Settings) -> dict[str, str]:
    """What a publication names besides programs: the settings and the models that made it, as short hashes."""
    digests = {"settings": hashlib.sha256(), "models": hashlib.sha256()}
    digests["settings"].update(json.dumps(model_vars(settings), sort_keys=True).encode())
    for name in (*parsed.MADE_FROM, *PYTHON_OF_MODELS):
        root = PROJECT / name
        files = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file())
        for file in (path for path in files if path.suffix != ".pyc"):
            kind = "settings" if file.suffix == ".csv" or file.name == "dbt_project.yml" else "models"
            digests[kind].update(f"{file.relative_to(PROJECT)}\0".encode() + file.read_bytes())
    return {kind: digest.hexdigest()[:12] for kind, digest in digests.items()}


def prepare_manifest(settings: Settings) -> bool:
    """Have the parsed project in the home, for what its manifest is made from now; True where it had to be parsed.

    Raises ModelsError with dbt's own words where the project does not parse.
    """
    try:
        return parsed.prepare(settings.home.target, environment(settings), TARGET)
    except parsed.ParseError as error:
        raise ModelsError(str(error)) from None


def discard_unreadable_warehouse(home: Home) -> str | None:
    """Remove a private warehouse that cannot be opened: it is made anew from what has landed. A sentence if so.

    ModelsError where it is another process that keeps it from being opened.
    """
    if not home.warehouse.exists():
        return None
    try:
        duckdb.connect(str(home.warehouse)).close()
    except duckdb.Error as error:
        reason = _one_line(str(error))
        # DuckDB's own words: it calls a damaged place a block, and where a shop lies may be called anything.
        if "could not set lock" in reason.lower():
            raise ModelsError(f"Another process has the private warehouse open, and must end first: {reason}") from None
        home.warehouse.unlink()
        home.warehouse.with_name(home.warehouse.name + ".wal").unlink(missing_ok=True)
        return f"the private warehouse could not be opened and is built anew: {reason}"
    return None


def manifest_file(home: Home) -> Path:
    """Where dbt puts the manifest of this home."""
    return home.target / parsed.MANIFEST


def run_results_file(home: Home) -> Path:
    """What dbt found in the last build, result by result. Not there where it did not come to build anything."""
    return home.target / "run_results.json"


def read_manifest(home: Home) -> dict[str, Any]:
    """The prepared manifest, with every test at home at one table.

    Raises ModelsError where it was not prepared.
    """
    file = manifest_file(home)
    if not file.exists():
        raise ModelsError(f"{file} is not there: `make run` or `make ui` prepares it before Dagster needs it.")
    return place_tests(json.loads(file.read_text(encoding="utf-8")))


def place_tests(manifest: dict[str, Any]) -> dict[str, Any]:
    """Give each claim that reads several tables the one at which Dagster shows it. Changes and returns `manifest`.

    Dagster knows by itself where a test of one table belongs; one of several it would not show as a check at all.
    """
    nodes = manifest["nodes"]
    for node in nodes.values():
        if node["resource_type"] != "test" or node.get("attached_node"):
            continue
        parents = [nodes[parent] for parent in node["depends_on"]["nodes"] if parent in nodes]
        meta = node["config"].setdefault("meta", {})
        if len(parents) > 1 and "ref" not in meta.get("dagster", {}):
            shown_at = min(parents, key=lambda parent: (_layer(parent), parent["name"]))
            meta.setdefault("dagster", {})["ref"] = {"name": shown_at["name"]}
    return manifest


def published_tables(manifest: Mapping[str, Any], schemas: Iterable[str]) -> list[tuple[str, str]]:
    """Schema and name of each model in these schemas, sorted."""
    wanted = set(schemas)
    return sorted(
        (node["schema"], node["name"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] in wanted
    )


def in_order_of_building(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Schema and name of each model and seed, each after what it is built from."""
    nodes = (manifest["nodes"].get(name) for name in TopologicalSorter(manifest["parent_map"]).static_order())
    return [(node["schema"], node["name"]) for node in nodes if node and node["resource_type"] in ("model", "seed")]


def check_results(
    manifest: Mapping[str, Any], run_results: Mapping[str, Any], failing_rows: Mapping[str, str] | None = None
) -> list[CheckResult]:
    """The tests of a build as check results. A test whose severity is `error` is critical.

    A test that could not run (its model failed, or its own SQL) did not pass. `failing_rows` says by a test's unique id
    which rows failed: that is told instead of dbt's own words, which count them.
    """
    examples = failing_rows or {}
    found = []
    for result in run_results["results"]:
        node = manifest["nodes"].get(result["unique_id"])
        if node is None or node["resource_type"] != "test":
            continue
        passed = result["status"] == "pass"
        found.append(
            CheckResult(
                stage="dbt",
                suite=_table_of(manifest, node),
                expectation=_claim(node),
                column=node.get("column_name"),
                is_critical=node["config"]["severity"].lower() == "error",
                passed=passed,
                unexpected_count=result.get("failures"),
                detail=None
                if passed
                else _one_line(examples.get(result["unique_id"]) or result.get("message") or result["status"]),
            )
        )
    return found


def failures(
    manifest: Mapping[str, Any], run_results: Mapping[str, Any], failing_rows: Mapping[str, str] | None = None
) -> list[str]:
    """What went wrong in a build, a sentence each: models that failed first, since tests follow from them."""
    sentences = []
    for result in run_results["results"]:
        node = manifest["nodes"].get(result["unique_id"])
        if node is not None and node["resource_type"] != "test" and result["status"] == "error":
            sentences.append(f"{node['resource_type']} {node['name']}: {_one_line(result.get('message') or 'failed')}")
    tests = check_results(manifest, run_results, failing_rows)
    return sentences + [result.sentence() for result in tests if result.stops_publishing and result.detail != "skipped"]


def _table_of(manifest: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    attached = node.get("attached_node")
    if attached:
        return attached.rsplit(".", 1)[-1]
    shown_at = node["config"].get("meta", {}).get("dagster", {}).get("ref", {}).get("name")
    if shown_at:
        return shown_at
    parents: Sequence[str] = node["depends_on"]["nodes"]
    return parents[0].rsplit(".", 1)[-1] if parents else node["name"]


def _claim(node: Mapping[str, Any]) -> str:
    """The test's description where it has one, else its name, which is written as a claim."""
    return _one_line(node.get("description") or "") or node["name"].replace("_", " ")


def _layer(node: Mapping[str, Any]) -> int:
    schema = node["schema"]
    return LAYERS.index(schema) if schema in LAYERS else len(LAYERS)


def _one_line(text: str) -> str:
    return " ".join(text.split())
