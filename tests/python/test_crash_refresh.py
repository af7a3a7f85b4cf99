"""A refresh killed at any moment, or on a full disk: readers find a whole publication, and the next run needs nobody.

In `make test` with stand-ins for dbt, Great Expectations and the page (`killed_nights.py`); in `make test-long` as a
person runs it, with all that is started by it.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from conftest import refresh
from test_shop_small import write_shop

from orchestration import parsed
from orchestration.paths import PROJECT, Home
from orchestration.publish import MARTS_FILE
from orchestration.refresh import models, tied
from orchestration.refresh.models import ModelsError

HERE = Path(__file__).parent


def cut_off(*arguments: str) -> dict:
    """What `killed_nights.py` found."""
    done = subprocess.run(
        [sys.executable, str(HERE / "killed_nights.py"), *arguments],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("kills", [10, pytest.param(200, marks=pytest.mark.long)])
def test_a_night_may_be_killed_at_any_moment(kills: int, tmp_path: Path) -> None:
    found = cut_off("kill", str(tmp_path), str(kills), "20261129")
    assert found["killed"] == kills
    assert found["changes"] > 50, "a night that changes so little has nothing to interrupt"
    assert found["seen"]["last night's"] >= kills // 3, "too few were killed before they had published"
    assert found["seen"]["tonight's"] or kills < 100
    print(f"{kills} nights killed: {found}")


FULL_DISK = {f"files of at most {limit} bytes": {"longest_file": limit} for limit in (100, 100_000)}
ENGINE_WITHOUT_MEMORY = {memory: {"engine": memory} for memory in ("1MB", "4MB")}
FELT_BY = "models|published/tables"
"""The steps in which the engine works: a night that is taken up after its models comes to the second one."""

MACHINE_WITHOUT_MEMORY = {"memory for a few rows": {"more": 30_000_000}}
"""What the process asks the machine for is refused, whoever of its parts asks."""


@pytest.mark.timeout(600)
def test_on_a_full_disk_or_without_memory_the_last_paragraph_says_so(tmp_path: Path) -> None:
    """What, where, what is untouched, what to do; and the run after that needs nobody."""
    said = cut_off("lack", str(tmp_path), json.dumps({**FULL_DISK, **ENGINE_WITHOUT_MEMORY}))
    for paragraph in said.values():
        assert_says_what_to_do(paragraph)
    for lacking in FULL_DISK:
        assert "Make room, then run the same command again." in said[lacking], said[lacking]
    for lacking in ENGINE_WITHOUT_MEMORY:
        assert "The memory did not do: " in said[lacking], said[lacking]
        assert re.search(f"The step '({FELT_BY})' ended with an error: _duckdb.OutOfMemoryException", said[lacking])
        assert "Possible solutions" not in said[lacking]
    print(f"{len(FULL_DISK)} nights on a full disk, {len(ENGINE_WITHOUT_MEMORY)} without memory: nothing published")


@pytest.mark.long
def test_where_the_machine_refuses_memory_the_last_paragraph_says_so(tmp_path: Path) -> None:
    """SQLite, where a step asks it, calls that a disk I/O error and no more."""
    (said,) = cut_off("lack", str(tmp_path), json.dumps(MACHINE_WITHOUT_MEMORY)).values()
    assert_says_what_to_do(said)
    assert "The memory did not do: " in said or "disk I/O error" in said
    print(f"without memory of the machine's: {said}")


def assert_says_what_to_do(paragraph: str) -> None:
    assert paragraph.startswith("The refresh failed. "), paragraph
    assert "The last publication is untouched: " in paragraph
    assert "then run the same command again." in paragraph


def test_what_was_started_ends_with_who_started_it(tmp_path: Path) -> None:
    """dbt must not build on, and hold the warehouse, when the refresh that started it has been killed."""
    pid_file = tmp_path / "pid"
    sleeper = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    parent = (
        "import os, subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-m', 'orchestration.refresh.tied', sys.executable, '-c', sys.argv[1]],\n"
        f"    env={{**os.environ, {tied.STARTED_BY!r}: str(os.getpid())}})\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent, sleeper], cwd=PROJECT) as started:
        child = int(wait_for(pid_file))
        os.kill(child, 0)
        started.kill()
    until = time.monotonic() + 10
    while is_running(child):
        assert time.monotonic() < until, "it outlived its parent"
        time.sleep(0.05)


def test_what_starts_too_late_ends_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.refresh.tied", "/bin/echo", "started"],
        cwd=PROJECT,
        env={**os.environ, tied.STARTED_BY: "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "started" not in done.stdout


def wait_for(file: Path) -> str:
    until = time.monotonic() + 30
    while not (file.exists() and file.read_text()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return file.read_text()


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


HOLD = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print(1, flush=True); time.sleep(60)"


def test_a_damaged_warehouse_is_built_anew_and_a_busy_one_is_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert models.discard_unreadable_warehouse(home) is None
    home.private.mkdir()
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create table kept as select 1 as number")
    assert models.discard_unreadable_warehouse(home) is None
    held = subprocess.Popen([sys.executable, "-c", HOLD, str(home.warehouse)], stdout=subprocess.PIPE)
    try:
        assert held.stdout.readline()
        with pytest.raises(ModelsError, match="Another process has the private warehouse open"):
            models.discard_unreadable_warehouse(home)
    finally:
        held.kill()
        held.wait()
    home.warehouse.write_bytes(bytes(12_288) + home.warehouse.read_bytes()[12_288:])
    assert "is built anew" in models.discard_unreadable_warehouse(home)
    assert not home.warehouse.exists()


@pytest.mark.parametrize("folder", ["home", "locksmith"])
@pytest.mark.parametrize("place", [0, 4_196, 8_292], ids=["first bytes", "first header", "second header"])
def test_a_warehouse_damaged_in_any_block_is_built_anew_wherever_it_lies(
    place: int, folder: str, tmp_path: Path
) -> None:
    home = Home(tmp_path / folder)
    home.private.mkdir(parents=True)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create table kept as select 1 as number")
    content = bytearray(home.warehouse.read_bytes())
    content[place : place + 64] = bytes(byte ^ 255 for byte in content[place : place + 64])
    home.warehouse.write_bytes(content)
    assert "is built anew" in models.discard_unreadable_warehouse(home)
    assert not home.warehouse.exists()


def test_a_manifest_cut_off_while_dbt_wrote_it_is_no_manifest(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    assert not parsed._is_whole(file)
    file.write_text('{"nodes": {"model.a": {"na')
    assert not parsed._is_whole(file)
    file.write_text('{"nodes": {}}')
    assert parsed._is_whole(file)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_make_run_without_memory_leaves_all_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all that is started by it: the audit of what arrived says so, and dbt; the next run needs nobody."""
    files, home = tmp_path / "files", Home((tmp_path / "home").resolve())
    write_shop(files, orders=40)
    done = refresh(home.root, "--input", str(files))
    assert done.returncode == 0, done.stdout + done.stderr
    before = content(home)
    shutil.rmtree(files)
    write_shop(files, orders=60)
    for memory, where in (("1MB", "The audit of what is arriving could not run"), ("20MB", "dbt's log is")):
        with monkeypatch.context() as patch:
            patch.setenv("WAREHOUSE_MEMORY", memory)
            done = refresh(home.root, "--input", str(files))
        assert done.returncode == 1, done.stdout
        paragraph = done.stderr.strip().splitlines()[-1]
        assert paragraph.startswith("The refresh failed. "), done.stderr
        assert where in paragraph
        assert "The last publication is untouched: " in paragraph
        assert f"The memory did not do: the engine may use {memory} (WAREHOUSE_MEMORY)" in paragraph
        assert content(home) == before
        print(f"with {memory}: {paragraph}")
    done = refresh(home.root, "--input", str(files))
    assert done.returncode == 0, done.stdout + done.stderr
    assert content(home) != before


REAL_KILLS = int(os.environ.get("REAL_KILLS", "100"))
"""How often `make run` itself is killed; a kill takes half as long as a run."""

TONIGHT = "tonight's"
BY_ITSELF = "ended before it was killed"


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
def test_make_run_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    """The process alone, or all that it has started with it, at a random moment of the time that a run takes.

    A run that ends before it is killed says how long that is now.
    """
    chance = random.Random(20261129)
    for night in range(2):
        shutil.rmtree(tmp_path / "files", ignore_errors=True)
        write_shop(tmp_path / "files", orders=40 + 20 * night)
        started = time.monotonic()
        done = refresh(tmp_path / "calm", "--input", str(tmp_path / "files"))
        took = time.monotonic() - started
        assert done.returncode == 0, done.stderr
        if night == 0:
            done = refresh(tmp_path / "home", "--input", str(tmp_path / "files"))
            assert done.returncode == 0, done.stderr
            before = content(Home(tmp_path / "home"))
            assert before == content(Home(tmp_path / "calm"))
    after, home = content(Home(tmp_path / "calm")), Home((tmp_path / "home").resolve())
    assert before != after
    seen, ended = Counter(), Counter()
    while (killed := ended.total() - ended[BY_ITSELF]) < REAL_KILLS:
        started = time.monotonic()
        run = subprocess.Popen(
            [sys.executable, "-m", "orchestration.run", "--input", str(tmp_path / "files")],
            cwd=PROJECT,
            env={**os.environ, "WAREHOUSE_HOME": str(home.root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            said, told = run.communicate(timeout=chance.uniform(0.2, took))
            assert run.returncode == 0, told
            ended[BY_ITSELF] += 1
            took = time.monotonic() - started
        except subprocess.TimeoutExpired:
            if chance.random() < 0.5:
                os.killpg(run.pid, signal.SIGKILL)
            else:
                run.kill()
            said, _ = run.communicate()
            ended[after_which_step(said)] += 1
            print(
                f"kill {killed + 1} of {REAL_KILLS} after {time.monotonic() - started:.0f} s: {after_which_step(said)}"
            )
        found = content(home)
        assert found in (before, after), "a reader finds what is of neither night"
        seen[TONIGHT if found == after else "last night's"] += 1
    done = refresh(home.root, "--input", str(tmp_path / "files"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert content(home) == after
    print(f"{REAL_KILLS} kills of `make run`, by the step last told: {dict(ended)}; readers found {dict(seen)}")


def after_which_step(said: str) -> str:
    """The step of the last line that a run has told, without its figures."""
    steps = re.findall(r"^\[ *[\d.]+ s\] ([a-z -]+)", said, re.MULTILINE | re.IGNORECASE)
    return steps[-1].strip() if steps else "before its first"


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_night_killed_after_its_models_is_taken_up_there(tmp_path: Path) -> None:
    """With all that dbt builds and tests: the second run starts no dbt, judges what leaves, and publishes the same."""
    write_shop(tmp_path / "files", orders=40)
    command = [sys.executable, "-m", "orchestration.run", "--input", str(tmp_path / "files")]
    environment = {**os.environ, "WAREHOUSE_HOME": str(tmp_path / "home")}
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) as first:
        for line in first.stdout:
            if "tests passed" in line:
                first.kill()
    assert first.returncode == -signal.SIGKILL
    started = time.monotonic()
    done = refresh(tmp_path / "home", "--input", str(tmp_path / "files"))
    took = time.monotonic() - started
    assert done.returncode == 0, done.stdout + done.stderr
    assert "models and tests: as the run that stopped left them, since nothing has changed" in done.stdout
    calm = refresh(tmp_path / "calm", "--input", str(tmp_path / "files"))
    assert calm.returncode == 0, calm.stderr
    assert content(Home(tmp_path / "home")) == content(Home(tmp_path / "calm"))
    checked = [line for line in done.stdout.splitlines() if line.startswith("Checks passed")]
    assert checked == [line for line in calm.stdout.splitlines() if line.startswith("Checks passed")]
    print(f"taken up after its models: {took:.0f} s; the night from the start: {calm.stdout.splitlines()[-1]}")


def content(home: Home) -> str:
    """The published marts as one hash, whatever the order of rows, and which run made them."""
    with duckdb.connect(str(home.current / MARTS_FILE), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name = 'marts' order by 1"
        ).fetchall()
        rows = [connection.execute(f"select * from {table} order by all").fetchall() for (table,) in tables]
    return hashlib.sha256(repr(rows).encode()).hexdigest()
