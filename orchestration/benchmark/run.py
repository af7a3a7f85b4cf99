"""What it costs to build a shop: `make bench LINES=1000000`.

A demo shop of that size is made, landed, built by the models' own SQL, audited and published, each stage in a process
of its own. In turn with the chief marts the same ones are made by hand (floor/), and once in pandas (in_pandas.py), on
the same machine: seconds of one run say little, ratios hold, those of CPU-seconds even beside other work. Then the same
shop goes through two nights (night.py).

Prints a line a stage, and writes `bench.json` beside the shop: stages with seconds, cpu_seconds, peak_mb and
rows_per_second, the seconds of each model, and the named ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from orchestration import compiled
from orchestration.asked import a_count, an_amount_of_memory
from orchestration.benchmark import floor, in_pandas, night, stages
from orchestration.benchmark.measure import Measurements
from orchestration.demo_shop import Parameters
from orchestration.paths import PROJECT, Home

BY_HAND = "chief marts by hand"
IN_PANDAS = "chief marts in pandas"
BY_LIFETIMES, SCORES = "a year's value by lifetimes", "a year's value by the models"
WHOLE, ONE_DAY = "night of the whole shop", "night of one day more"

BESIDES = ("pandas", "audit", "night")
"""What can be left out: a very large shop has no room for pandas, and no night to spare."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark. Returns the exit code: 1 where the models differ by a row from either of the others."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.benchmark", description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=a_count, default=1_000_000, help="order lines of the shop")
    parser.add_argument("--folder", type=Path, default=PROJECT / "warehouses" / "bench", help="where it is built")
    parser.add_argument("--memory", type=an_amount_of_memory, default="6GB", help="what the engine may take")
    parser.add_argument(
        "--turns", type=a_count, default=3, help="how often the chief marts are made, by models and by hand"
    )
    parser.add_argument("--without", nargs="*", choices=BESIDES, default=[], help="what is left out")
    parser.add_argument(
        "--only-build",
        action="store_true",
        help="nothing but the build, in little room: a table is dropped once no later stage reads it",
    )
    asked = parser.parse_args(arguments)
    folder = (asked.folder / f"{asked.lines}").resolve()
    source, home = folder / "input", Home(folder / "home")
    os.environ["WAREHOUSE_MEMORY"] = asked.memory
    measured = Measurements(asked.lines, lambda line: print(line, flush=True))

    measured.run("generate", stages.make_shop, source, asked.lines)
    measured.run("land", stages.land_shop, source, home)
    home.warehouse.unlink(missing_ok=True)
    (home.private / floor.FILE).unlink(missing_ok=True)
    shop = json.loads((home.landed / "shop.json").read_text(encoding="utf-8"))
    project = compiled.compile_project({name: value for name, value in shop.items() if name != "connector"})
    if asked.only_build:
        models, differing = build_in_little_room(measured, home, asked.memory, project), 0
    else:
        models = build(measured, home, asked.memory, asked.turns, project)
        differing = compare_by_hand(measured, home, asked.memory)
        if "pandas" not in asked.without:
            differing += compare_pandas(measured, home, asked.memory, project)
        if "audit" not in asked.without:
            audit(measured, home, asked.memory, project, list(models))
        if "night" not in asked.without:
            two_nights(measured, folder, asked.memory)
    (folder / "bench.json").write_text(
        json.dumps({"lines": asked.lines, "stages": [asdict(stage) for stage in measured.stages],
                    "models": models, "ratios": measured.ratios}, indent=2),
        encoding="utf-8",
    )  # fmt: skip
    return 1 if differing else 0


def build(
    measured: Measurements, home: Home, memory: str, turns: int, project: compiled.Project
) -> dict[str, dict[str, float]]:
    """The whole build, stage by stage; the chief marts several times, in turn with those by hand.

    Returns the seconds of each model by stage, those of the last turn.
    """
    models = {}
    parts = stages.parts(project)
    for stage, names in parts.items():
        if stage != stages.CHIEF_MARTS:
            models[stage] = measured.run(stage, stages.build, home, memory, project, names)
            continue
        for turn in range(1, turns + 1):
            models[stage] = measured.run(f"{stage}, turn {turn}", stages.build, home, memory, project, names)
            measured.run(f"{BY_HAND}, turn {turn}", floor.build, home, memory, ("pools", *floor.CHIEF))
    measured.together("full build", parts)
    return models


def build_in_little_room(
    measured: Measurements, home: Home, memory: str, project: compiled.Project
) -> dict[str, dict[str, float]]:
    """The whole build once, of which nothing is left: a table goes after the last stage that reads it.

    Returns the seconds of each model by stage.
    """
    parts = stages.parts(project)
    drop = stages.read_no_more(project, parts)
    models = {
        stage: measured.run(stage, stages.build, home, memory, project, names, drop[stage])
        for stage, names in parts.items()
    }
    measured.together("full build", parts)
    return models


def compare_by_hand(measured: Measurements, home: Home, memory: str) -> int:
    """What the models take for each second of the queries by hand, and how many rows the two have otherwise."""
    measured.run("RFM, ABC, formula by hand", floor.build, home, memory, floor.BESIDES)
    measured.compare("chief_marts_to_by_hand", [stages.CHIEF_MARTS], [BY_HAND], "chief marts to the same by hand")
    return told("by hand", floor.differences(home, memory))


def compare_pandas(measured: Measurements, home: Home, memory: str, project: compiled.Project) -> int:
    """What pandas takes for the chief marts, where it does with what the engine may take; and `lifetimes`, for a year's
    value of each customer.

    Returns how many rows of pandas' marts are not those of the models.
    """
    try:
        measured.run(IN_PANDAS, in_pandas.within, memory, in_pandas.chief_marts, home, memory, imports=["pandas"])
    except (in_pandas.DoesNotFitError, BrokenProcessPool) as error:
        print(f"pandas: {error}")
        return 0
    measured.compare(
        "pandas_to_chief_marts", [IN_PANDAS], [stages.CHIEF_MARTS], "chief marts in pandas to those of the models"
    )
    if find_spec("lifetimes") is None:
        print("lifetimes is not installed: `make bench` installs it")
    else:
        measured.run(SCORES, stages.build, home, memory, project, stages.scores(project), imports=[in_pandas.FITTED_BY])
        expected = measured.run(
            BY_LIFETIMES, in_pandas.lifetime_values, home, memory, imports=["pandas", "lifetimes.utils"]
        )
        for what, (by_lifetimes, by_the_models) in expected.items():
            print(f"a year's {what}: {by_lifetimes:,.0f} by lifetimes, {by_the_models:,.0f} by the models")
        measured.compare(
            "pandas_and_lifetimes_to_models",
            [IN_PANDAS, BY_LIFETIMES],
            [stages.CHIEF_MARTS, SCORES],
            "chief marts and a year's value in pandas and by lifetimes to those of the models",
        )
    return told("in pandas", in_pandas.differences(home, memory))


def told(how: str, found: Mapping[str, tuple[int, int]]) -> int:
    """Tell how many rows of each mart were compared. Returns how many differ, of all."""
    for table, (rows, differing) in found.items():
        print(f"{table} {how}: {rows:,} rows compared, {differing:,} differ")
    return sum(differing for _, differing in found.values())


def audit(measured: Measurements, home: Home, memory: str, project: compiled.Project, parts: Sequence[str]) -> None:
    """The audits and the publication, and their part of the build."""
    names = "audit: tests of dbt", "audit: Great Expectations"
    for name, (count, red) in (
        (names[0], measured.run(names[0], stages.run_tests, home, memory, project)),
        (names[1], measured.run(names[1], stages.judge, home)),
    ):
        print(f"{name}: {count - len(red)} of {count} hold{': not ' + '; '.join(red[:3]) if red else ''}")
    measured.run("publish", stages.publish_marts, home)
    measured.compare("audit_to_build", names, parts, "audits to the build")


def two_nights(measured: Measurements, folder: Path, memory: str) -> None:
    """The refresh itself, of the shop but for its last days, and again with one day more; each told by its stages."""
    nights, before, of_the_day = Home(folder / "nights"), folder / "before", folder / "of_the_day"
    shutil.rmtree(nights.root, ignore_errors=True)
    day = Parameters().last_day - timedelta(night.DAY_BEFORE_THE_END)
    rows = night.split(folder / "input", before, of_the_day, day)
    print(f"{day}: {rows:,} rows come")
    nights_told = []
    for name in (WHOLE, ONE_DAY):
        if name == ONE_DAY:
            night.bring(of_the_day, before)
        measured.run(name, night.refresh, nights, before, memory)
        nights_told.append((night.stages_of(nights), measured.used(name).seconds))
    (whole, whole_seconds), (one_day, day_seconds) = nights_told
    print("stages of a night: the whole shop, one day more, and that as a share of the whole night")
    print("\n".join(night.budget(whole, one_day, whole_seconds, day_seconds)))
    measured.compare("day_to_whole", [ONE_DAY], [WHOLE], "one day to the whole shop")
