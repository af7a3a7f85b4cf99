"""What tables are made of: the loads, the settings and models, the programs. Three questions are answered by it.

Whether a past day would come out the same, and need not be built again. Whether something landed while a day was built,
so that one half of it knows what the other does not. And whether what a run built and tested before it stopped is still
what the next one would build. Besides, whether the private warehouse is of one build, or one that stopped half-way left
tables of two nights side by side.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import duckdb

from orchestration import keyed, publish, retention_ledger
from orchestration.landing import erased, store
from orchestration.paths import Home
from orchestration.refresh import models
from orchestration.refresh.settings import Settings, shop_file, shop_settings

PROGRAMS = ("dbt-core", "dbt-duckdb", "duckdb", "dagster", "great-expectations", "numpy", "scipy", "scikit-learn")
"""What a publication names the version of."""

LANDED = "landed.txt"
"""In the private folder: what had landed when the run that builds there had landed its own."""

BUILT = "built.json"
"""In the private folder: of what a build that passed its tests was made. Gone once it is published."""

WHOLE = "whole.txt"
"""In the private folder: all tables there are of one build, whose tests passed; and of what, by a hash."""


def versions(settings: Settings) -> dict[str, str]:
    """What the tables of this refresh are made of, each as a version or a short hash."""
    programs = {program: version(program) for program in PROGRAMS}
    of_home = {"erasures": erasures(settings.home), "landed": landed(settings.home)}
    return programs | models.versions(settings) | of_home


def erasures(home: Home) -> str:
    """Who has been erased, as a short hash of the list of their keyed hashes."""
    file = home.root / erased.FILE
    return hashlib.sha256(file.read_bytes() if file.exists() else b"").hexdigest()[:12]


def landed(home: Home) -> str:
    """All that models read of the shop's home, as a short hash: loads, the shop's own settings, erasures, past lists.

    Files of a load never change, so its manifest stands for them. KeyMissing where customers go by keys and the
    environment has no key.
    """
    digest = hashlib.sha256(_handed_in(home))
    # A past day asks for the lists before it only: those of the nights since must not make it another.
    digest.update(retention_ledger.content(home.root, before=home.as_of))
    if shop_settings(home).get("customer_ids") == "keyed":
        digest.update(keyed.customer_key(keyed.key("The setting customer_ids: keyed"), "").encode())
    return digest.hexdigest()[:12]


def _handed_in(home: Home) -> bytes:
    """What the shop has handed in and said: loads, its own settings, erasures."""
    loads = sorted((home.landed / "loads").glob("load-*.parquet"))
    files = [file for file in (*loads, shop_file(home), home.root / erased.FILE) if file.exists()]
    return b"".join(f"{file.name}\0".encode() + file.read_bytes() for file in files)


def note_landed(home: Home) -> None:
    """Write down what has landed, at the end of a landing. The caller holds the lock of the shop."""
    store.write_text(home.private / LANDED, landed(home))


def refuse_mixed(home: Home) -> None:
    """PublishError where something has landed since `note_landed`: then models have read the shop before and after it.

    A past day is built without the shop's lock, so that a night need not wait for it.
    """
    file = home.private / LANDED
    if not file.exists() or file.read_text(encoding="utf-8") != landed(home):
        raise publish.PublishError("Something has landed since the tables were begun: run the whole refresh once more.")


def is_published(settings: Settings) -> bool:
    """Whether the publication in force is made of what one would be made of now."""
    return is_made_of(settings, settings.home.current / publish.MARTS_FILE)


def is_made_of(settings: Settings, file: Path) -> bool:
    """Whether a published database is made of what one would be made of now."""
    if not file.exists():
        return False
    columns = {publish.version_column(name): value for name, value in versions(settings).items()}
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            found = connection.execute(f"select {', '.join(columns)} from metadata.run").fetchone()
    except duckdb.Error:
        # An older publication does not say what it is made of, and a damaged one says nothing.
        return False
    return found == tuple(columns.values())


def note_built(settings: Settings, made_of: dict[str, str]) -> None:
    """Write down that everything was built and all critical tests passed. The caller has closed the warehouse.

    `made_of` are the versions from before it was begun: what has come since may be in half of the tables.
    """
    store.write_text(settings.home.private / WHOLE, hashlib.sha256(_handed_in(settings.home)).hexdigest())
    store.write_text(settings.home.private / BUILT, json.dumps(_built(settings, made_of)))


def note_begun(home: Home) -> None:
    """From here on, until `note_built`, the private warehouse may hold tables of this build and of the one before."""
    (home.private / WHOLE).unlink(missing_ok=True)


def why_not_whole(home: Home) -> str | None:
    """A sentence where the build of what the private warehouse holds has stopped half-way; None where it was whole."""
    if (home.private / WHOLE).exists():
        return None
    return (
        f"The last run stopped among the models: {home.warehouse} holds tables of two nights. Refresh the shop first "
        "with `make run`."
    )


def is_built(settings: Settings) -> bool:
    """Whether the private warehouse is what a build that passed its tests left, and another would be made of the same.

    Whoever has written into the warehouse since has changed the time of its file. What cannot be read says nothing,
    and is removed.
    """
    file = settings.home.private / BUILT
    if not file.exists() or not settings.home.warehouse.exists():
        return False
    try:
        built = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        forget_built(settings.home)
        return False
    return built == _built(settings, versions(settings))


def why_not_of_tonight(home: Home) -> str | None:
    """A sentence where the private warehouse is not whole, or not of what has landed; None where it is."""
    half_way, of = why_not_whole(home), home.private / WHOLE
    if half_way or of.read_text(encoding="utf-8") == hashlib.sha256(_handed_in(home)).hexdigest():
        return half_way
    return f"Something has landed since {home.warehouse} was built. Refresh the shop first with `make run`."


def forget_built(home: Home) -> None:
    """What is built is to change, or is published."""
    (home.private / BUILT).unlink(missing_ok=True)


def _built(settings: Settings, made_of: dict[str, str]) -> dict[str, object]:
    state = settings.home.warehouse.stat()
    return {"made_of": made_of, "size": state.st_size, "changed_at": state.st_mtime_ns}
