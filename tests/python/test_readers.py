"""Eight processes read while twenty publications come: no error, and never a mixture of two of them.

Every row of the small warehouse carries the number of the run that made it. A reader opens the published file anew
each time and reads two marts and `metadata.run` in one connection: all three must be of one run, and no run may be
older than the one seen before. One reader keeps its connection: it goes on seeing the publication that it opened.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from test_publish import build_warehouse, run_of, write_page

from orchestration import publish as publishing
from orchestration.paths import PROJECT, Home
from orchestration.publish import KEPT, MARTS_FILE

READERS = 8
PUBLICATIONS = 20
PATIENCE = 120
"""Seconds after which a reader gives up, whatever becomes of the test."""

READ = """
import json, sys, time
from pathlib import Path
import duckdb

file, stop, ready, patience = sys.argv[1:]
seen, reads, until = [], 0, time.monotonic() + float(patience)
while time.monotonic() < until:
    last = Path(stop).exists()
    with duckdb.connect(file, read_only=True) as connection:
        (run,) = connection.execute("select run_id from metadata.run").fetchone()
        one, other = (
            connection.execute(f"select min(generation), max(generation), count(*) from marts.{mart}").fetchone()
            for mart in ("customer_profit", "company_profit_monthly")
        )
    if one != (one[0], one[0], 500) or other != (one[0], one[0], 2):
        sys.exit(f"a mixture: {run}, {one}, {other}")
    if not seen or seen[-1] != [run, one[0]]:
        seen.append([run, one[0]])
    reads += 1
    Path(ready).touch()
    if last:
        break
else:
    sys.exit("nobody said stop")
print(json.dumps({"reads": reads, "seen": seen}))
"""
"""Reads until told to stop, and once more after that, so that the last publication is read by everyone."""


@pytest.mark.timeout(300)
def test_eight_readers_through_twenty_publications(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    file, stop = home.current / MARTS_FILE, tmp_path / "stop"
    publish(home, 1)
    kept = duckdb.connect(str(file), read_only=True)
    started = time.perf_counter()
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READ, str(file), str(stop), str(tmp_path / f"ready-{number}"), str(PATIENCE)],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(READERS)
    ]
    try:
        wait_for([tmp_path / f"ready-{number}" for number in range(READERS)])
        for generation in range(2, PUBLICATIONS + 1):
            publish(home, generation)
            assert generation_of(kept) == (1, 1)
        stop.touch()
        said = [reader.communicate(timeout=PATIENCE) for reader in readers]
    finally:
        for reader in readers:
            reader.kill()
        kept.close()
    assert [(reader.returncode, error) for reader, (_, error) in zip(readers, said, strict=True)] == [(0, "")] * READERS
    found = [json.loads(out) for out, _ in said]
    for reader in found:
        assert reader["seen"] == sorted(reader["seen"]), "a reader went back to an older publication"
        assert all(run == run_of(generation).run_id for run, generation in reader["seen"])
        assert reader["seen"][0][1] < PUBLICATIONS, "it began before the last publication"
        assert reader["seen"][-1][1] == PUBLICATIONS
    assert len({generation for reader in found for _, generation in reader["seen"]}) > PUBLICATIONS // 2
    assert len(publishing.publications(home)) == KEPT
    with duckdb.connect(str(file), read_only=True) as anew:
        assert generation_of(anew) == (PUBLICATIONS, PUBLICATIONS)
    print(
        f"{READERS} readers, {PUBLICATIONS} publications, {time.perf_counter() - started:.0f} s: "
        f"{[reader['reads'] for reader in found]} reads of {[len(reader['seen']) for reader in found]} publications"
    )


def publish(home: Home, generation: int) -> None:
    build_warehouse(home, generation)
    publishing.publish(home, run_of(generation), [], write_page)


def wait_for(files: list[Path]) -> None:
    until = time.monotonic() + PATIENCE
    while not all(file.exists() for file in files):
        assert time.monotonic() < until, "a reader never began"
        time.sleep(0.05)


def generation_of(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """The least and the greatest generation, over both marts."""
    return connection.execute(
        "select min(generation), max(generation) from "
        "(select generation from marts.customer_profit union all select generation from marts.company_profit_monthly)"
    ).fetchone()
