"""A landing killed at any moment: the next one needs no human, and lands what an undisturbed one would have landed.

A landing changes its folder a dozen times a night: it opens what it has written, renames, removes, makes a folder. It
is killed by a signal at one of these, drawn at random, or a moment later; and so again and again, night after night,
with new files each. Where it is cut off is thus no matter of the machine's speed.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration import contract
from orchestration.landing import land
from orchestration.landing.store import finished_loads
from orchestration.paths import PROJECT, Home

ROWS = 200
FIRST_NIGHT = datetime(2026, 1, 1, 2, tzinfo=UTC)

LAND = """
import os, signal, sys, threading
from datetime import datetime
from pathlib import Path
from orchestration.landing import land, store
from orchestration.paths import Home

store.COMPACTED_AT_ONCE = 3
inbox, home, clock, kill_at, delay = sys.argv[1:]
changed = 0

def kill():
    os.kill(os.getpid(), signal.SIGKILL)

def watch(event, arguments):
    global changed
    is_change = event in ("os.rename", "os.remove", "os.mkdir") or (event == "open" and ".partial" in str(arguments[0]))
    if is_change and str(arguments[0]).startswith(home):
        changed += 1
        if changed == int(kill_at):
            threading.Timer(float(delay), kill).start() if float(delay) else kill()

sys.addaudithook(watch)
land(Path(inbox), Home(Path(home)), progress=lambda line: None, clock=lambda: datetime.fromisoformat(clock))
print(changed)
"""
"""Prints how often the landing changed its folder; dies at the change asked for, 0 for none, or seconds after it."""


def write_night(inbox: Path, night: int) -> None:
    """The files of one night more: new orders, their lines, some unreadable rows, a correction of the night before."""
    inbox.mkdir(parents=True, exist_ok=True)
    first = night * ROWS
    orders = [f"{number:07d},c{number % 97},2025-01-01,paid\n" for number in range(first, first + ROWS)]
    if night:
        orders.append(f"{first - 1:07d},c1,2025-01-01,cancelled\n")
    lines = [f"{number:07d},1,p{number % 7},1,9.99\n" for number in range(first, first + ROWS)]
    lines[::50] = ["broken\n"] * len(lines[::50])
    (inbox / f"orders-{night}.csv").write_text("order_id,customer_id,ordered_at,status\n" + "".join(orders))
    (inbox / f"order_lines-{night}.csv").write_text(
        "order_id,line_number,product_id,quantity,unit_price\n" + "".join(lines)
    )
    (inbox / f"customers-{night}.csv").write_text(f"customer_id,city\nc{night},Köln\n")


def time_of(night: int) -> datetime:
    return FIRST_NIGHT + timedelta(days=night)


def content(home: Home) -> dict[str, list[dict]]:
    """Rows of each landed table and of the manifest, without what tells the time."""
    found = {}
    for table in (*contract.tables(), "loads"):
        rows = [
            {name: value for name, value in row.items() if name != "loaded_at"}
            for file in sorted((home.landed / table).glob("load-*.parquet"))
            for row in pq.read_table(file).to_pylist()
        ]
        found[table] = sorted(rows, key=str)
    return found


def land_night(inbox: Path, home: Home, night: int, kill_at: int = 0, delay: float = 0) -> int | None:
    """Lands in a process of its own. How often the landing changed its folder, or None where it was killed."""
    done = subprocess.run(
        [
            *(sys.executable, "-c", LAND, str(inbox), str(home.root), time_of(night).isoformat()),
            *(str(kill_at), str(delay)),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode in ((0, -signal.SIGKILL) if kill_at else (0,)) and not done.stderr, done.stderr
    return int(done.stdout) if done.returncode == 0 else None


def left_behind(home: Home) -> list[Path]:
    """Files of a landing that is not finished, and those whose rows lie in another file as well."""
    finished, found = set(finished_loads(home.landed)), list(home.landed.rglob("*.partial"))
    for folder in {file.parent for file in home.landed.rglob("load-*.parquet")}:
        lying: set[int] = set()
        # What holds the rows of several loads comes first.
        for file in sorted(folder.glob("load-*.parquet"), key=lambda file: (file.name.count("-") == 1, file.name)):
            first, *last = (int(number) for number in file.stem.split("-")[1:])
            loads = set(range(first, (last or [first])[0] + 1))
            found += [file] if loads & lying or not loads <= finished else []
            lying |= loads
    return found


@pytest.mark.parametrize(
    "kills", [pytest.param(10, id="ten kills"), pytest.param(100, id="a hundred kills", marks=pytest.mark.long)]
)
def test_a_landing_may_be_killed_at_any_moment(kills: int, tmp_path: Path) -> None:
    chance = random.Random(20261130 + kills)
    changes = changes_of_a_night(tmp_path / "counted")
    inbox, home = tmp_path / "inbox", Home(tmp_path / "home")
    night, killed, began = 0, 0, 0
    write_night(inbox, night)
    while killed < kills:
        # Once its files are landed, a night has nothing left to interrupt.
        if len(finished_loads(home.landed)) == night + 1:
            night += 1
            write_night(inbox, night)
        delay = chance.choice((0, chance.uniform(0, 0.005)))
        killed += land_night(inbox, home, night, chance.randint(1, changes), delay) is None
        assert len(finished_loads(home.landed)) in (night, night + 1)
        began += bool(left_behind(home))
    land_night(inbox, home, night)
    assert not left_behind(home)
    assert content(home) == undisturbed(tmp_path / "undisturbed", nights=night + 1)
    assert began >= kills // 5, "too few were killed half way to prove anything"
    print(f"{killed} landings killed in {night + 1} nights, {began} of them left something behind")


def changes_of_a_night(folder: Path) -> int:
    """How often a landing changes its folder, that of a night that puts the files of three together."""
    for night in (0, 1, 2):
        write_night(folder / "inbox", night)
        changes = land_night(folder / "inbox", Home(folder / "home"), night)
    return changes


def undisturbed(folder: Path, nights: int) -> dict[str, list[dict]]:
    """What a shop has after these nights when nobody disturbs it."""
    home = Home(folder / "home")
    for night in range(nights):
        write_night(folder / "inbox", night)
        land(folder / "inbox", home, progress=lambda line: None, clock=partial(time_of, night))
    return content(home)
