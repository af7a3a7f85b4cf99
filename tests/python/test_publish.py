"""Publishing: only what passed, whole or not at all, and readers never notice the moment it changes."""

from __future__ import annotations

import dataclasses
import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import duckdb
import pytest

from orchestration import publish as publishing
from orchestration.paths import PROJECT, Home
from orchestration.publish import KEPT, PublishError, Run
from orchestration.refresh.lock import LockHeld, acquire, hold, is_held_elsewhere, lock_file, release
from orchestration.refresh.results import CheckResult, in_order, read, write

GREEN = CheckResult("leaving", "customer_profit", "Customers add up to the company", None, True, True, 0, None)
RED = dataclasses.replace(GREEN, passed=False, unexpected_count=3, detail="off by 0.01 in 3 months")
FIRST_START = datetime(2026, 1, 1, 2, 0, tzinfo=UTC)


def build_warehouse(home: Home, generation: int = 1) -> None:
    """A private warehouse of two marts and a metadata view. Every row says of which generation it is."""
    home.warehouse.parent.mkdir(parents=True, exist_ok=True)
    home.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(
            f"""
            create schema marts; create schema metadata; create schema staging;
            create table staging.secret as select 'name' as full_name;
            create table marts.customer_profit as
                select 'c' || i as customer_id, {generation}::integer as generation,
                    (i * 1.25)::decimal(18, 2) as net_profit,
                    case when i % 3 = 0 then null else i / 7 end as margin
                from range(500) numbers(i) order by hash(i + {generation});
            create table marts.company_profit_monthly as
                select date '2025-01-01' as month, {generation}::integer as generation,
                    10.00::decimal(18, 2) as net_profit;
            insert into marts.company_profit_monthly from marts.company_profit_monthly;
            create view metadata.as_of as
                select max(date '2025-12-31') as as_of_date, max(generation) as generation
                from warehouse.marts.company_profit_monthly;
            comment on table marts.customer_profit is 'One row per customer. It''s the shop''s own.';
            comment on column marts.customer_profit.net_profit is 'What is left.';
            comment on view metadata.as_of is 'One row: the day.';
            """
        )


def write_page(marts: Path, folder: Path) -> None:
    """Stands in for the report page, which has tests of its own: reads the file, writes into the folder."""
    with open_published(marts) as connection:
        (generation,) = connection.execute("select max(generation) from marts.customer_profit").fetchone()
    (folder / "report.html").write_text(f"generation {generation}", encoding="utf-8")


def publish_generation(home: Home, generation: int) -> Path:
    build_warehouse(home, generation)
    return publishing.publish(home, run_of(generation), [GREEN], write_page)


def run_of(generation: int) -> Run:
    started_at = FIRST_START + timedelta(days=generation)
    return Run(
        publishing.new_run_id(started_at, f"{generation:08d}-and-more"), "demo", started_at, {"dbt-core": "1.11.16"}
    )


def open_published(marts: Path) -> duckdb.DuckDBPyConnection:
    """The file as a reader opens it, under a name of its own."""
    connection = duckdb.connect()
    connection.execute(f"attach '{marts}' as published (read_only)")
    connection.execute("use published")
    return connection


def generation_in(marts: Path) -> int:
    with open_published(marts) as connection:
        (generation,) = connection.execute("select max(generation) from marts.customer_profit").fetchone()
    return generation


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_the_published_tables_are_the_audited_ones_and_nothing_else(home: Home) -> None:
    folder = publish_generation(home, 1)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.warehouse}' as warehouse (read_only)")
        connection.execute(f"attach '{folder / 'customer_profitability.duckdb'}' as published (read_only)")
        tables = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_catalog = 'published' order by 1"
        ).fetchall()
        assert [table for (table,) in tables] == [
            "marts.company_profit_monthly", "marts.customer_profit", "metadata.as_of", "metadata.check_results",
            "metadata.loads", "metadata.restatements", "metadata.run", "metadata.timings",
        ]  # fmt: skip
        for table in ("marts.customer_profit", "marts.company_profit_monthly", "metadata.as_of"):
            audited, published = f"from warehouse.{table}", f"from published.{table}"
            for one, other in ((audited, published), (published, audited)):
                assert connection.execute(f"({one}) except all ({other})").fetchall() == []
            parquet = f"from read_parquet('{folder / 'parquet' / table.split('.')[1]}.parquet')"
            assert connection.execute(f"({parquet}) except all ({audited})").fetchall() == []
            assert connection.execute(f"({audited}) except all ({parquet})").fetchall() == []


def test_the_publication_carries_its_run_and_its_checks(home: Home) -> None:
    warning = dataclasses.replace(RED, is_critical=False, column="margin")
    build_warehouse(home)
    publishing.publish(home, run_of(1), [warning, GREEN], write_page)
    with open_published(home.current / "customer_profitability.duckdb") as connection:
        connection.execute("set TimeZone = 'UTC'")
        run = connection.sql("select * from metadata.run").fetchall()
        columns = connection.sql("select * from metadata.run").columns
        checks = connection.sql("from metadata.check_results").fetchall()
    assert columns == ["run_id", "shop", "as_of_date", "started_at", "finished_at", "dbt_core_version"]
    ((run_id, shop, as_of_date, started_at, finished_at, version),) = run
    assert (run_id, shop, str(as_of_date), version) == (
        "2026-01-02T02-00-00Z-00000001",
        "demo",
        "2025-12-31",
        "1.11.16",
    )
    assert started_at == datetime(2026, 1, 2, 2, 0)
    assert finished_at > started_at
    assert checks == [dataclasses.astuple(GREEN), dataclasses.astuple(warning)]


def test_the_file_is_in_the_older_storage_format_and_keeps_its_comments(home: Home) -> None:
    folder = publish_generation(home, 1)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{folder / 'customer_profitability.duckdb'}' as published (read_only)")
        (tags,) = connection.execute("select tags from duckdb_databases() where database_name = 'published'").fetchone()
        assert tags["storage_version"].startswith("v1.2.0")
        comments = dict(
            connection.execute(
                "select table_name, comment from duckdb_tables() where database_name = 'published'"
            ).fetchall()
        )
        (net_profit,) = connection.execute(
            "select comment from duckdb_columns() where database_name = 'published' "
            "and table_name = 'customer_profit' and column_name = 'net_profit'"
        ).fetchone()
    assert comments["customer_profit"] == "One row per customer. It's the shop's own."
    assert comments["as_of"] == "One row: the day."
    assert comments["run"].startswith("One row: the run")
    assert net_profit == "What is left."


def test_the_same_marts_make_the_same_parquet_whatever_the_order_of_their_rows(home: Home) -> None:
    first = publish_generation(home, 1)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(
            "create or replace table marts.customer_profit as from marts.customer_profit order by hash(customer_id)"
        )
    second = publishing.publish(home, run_of(2), [GREEN], write_page)
    name = "parquet/customer_profit.parquet"
    assert (first / name).read_bytes() == (second / name).read_bytes()


def build_orders(home: Home, *, corrected: tuple[str, ...] = (), months: int = 12, orders: int = 2_000) -> None:
    """A private warehouse of a mart that is copied by date, so many orders a month, and one that is copied whole.

    `corrected` are months in which an order has become another.
    """
    home.warehouse.parent.mkdir(parents=True, exist_ok=True)
    home.warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(
            f"""
            create schema marts; create schema metadata;
            create table marts.order_profit as
                select 'o' || i as order_id, (date '2025-01-01' + to_months((i % {months})::integer))::date as month,
                    (i * 1.25)::decimal(18, 2) as net_profit
                from range({orders * months}) numbers(i) order by hash(i);
            update marts.order_profit set net_profit = 0
                where order_id in (select min(order_id) from marts.order_profit
                    where list_contains({list(corrected)}, month::varchar) group by month);
            create table marts.company_profit_monthly as
                select month, sum(net_profit)::decimal(18, 2) as net_profit from marts.order_profit group by month;
            """
        )


def publish_orders(home: Home, night: int, versions: dict[str, str] | None = None, **changes: object) -> Path:
    build_orders(home, **changes)
    run = dataclasses.replace(run_of(night), versions=versions or {"models": "1"})
    return publishing.publish(home, run, [GREEN], lambda marts, folder: None)


def inodes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_ino for file in (folder / "parquet" / "order_profit.parquet").iterdir()}


def orders_in(home: Home, folder: Path) -> None:
    """The file and the Parquet of a publication hold the orders of the private warehouse, and no others."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.warehouse}' as warehouse (read_only)")
        connection.execute(f"attach '{folder / 'customer_profitability.duckdb'}' as published (read_only)")
        files = f"read_parquet('{folder}/parquet/order_profit.parquet/*.parquet')"
        for copy in ("published.marts.order_profit", files):
            for one, other in (("warehouse.marts.order_profit", copy), (copy, "warehouse.marts.order_profit")):
                assert connection.execute(f"(from {one}) except all (from {other})").fetchall() == []


def test_only_the_months_that_changed_are_copied_again(home: Home) -> None:
    first = publish_orders(home, 1)
    second = publish_orders(home, 2, corrected=("2025-03-01", "2025-12-01"))
    orders_in(home, second)
    before, after = inodes(first), inodes(second)
    assert len(before) == 12
    assert {file for file in after if after[file] != before[file]} == {"2025-03-01.parquet", "2025-12-01.parquet"}


def test_a_month_that_has_come_or_gone_is_copied_or_goes(home: Home) -> None:
    publish_orders(home, 1, months=35)
    full = publish_orders(home, 2, months=36)
    orders_in(home, full)
    assert len(inodes(home.current)) == 36
    little = publish_orders(home, 3, months=2)
    orders_in(home, little)
    assert len(inodes(home.current)) == 2


def test_room_that_nothing_is_in_is_not_published(home: Home) -> None:
    name = "customer_profitability.duckdb"
    full = (publish_orders(home, 1, months=30, orders=20_000) / name).stat().st_size
    assert (publish_orders(home, 2, months=2) / name).stat().st_size < full / 3


def test_the_file_does_not_grow_from_night_to_night(home: Home) -> None:
    sizes = [(publish_orders(home, 1) / "customer_profitability.duckdb").stat().st_size]
    for night in range(2, 10):
        folder = publish_orders(home, night, corrected=(f"2025-{night:02}-01", "2025-12-01"))
        sizes.append((folder / "customer_profitability.duckdb").stat().st_size)
    orders_in(home, folder)
    assert max(sizes) < 2 * sizes[0]


@pytest.mark.parametrize(
    "spoil",
    [
        "update spoilt.marts.order_profit set net_profit = 7 where order_id = 'o7'",
        "delete from spoilt.marts.order_profit where month = date '2025-05-01'",
        "alter table spoilt.marts.order_profit alter net_profit type double",
        "drop table spoilt.marts.company_profit_monthly",
        "create table spoilt.marts.stray as select 1 as one",
        "drop table spoilt.metadata.run",
    ],
)
def test_what_somebody_did_to_the_last_publication_is_not_copied(home: Home, spoil: str) -> None:
    file = publish_orders(home, 1) / "customer_profitability.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file}' as spoilt")
        connection.execute(spoil)
    orders_in(home, publish_orders(home, 2, corrected=("2025-03-01",)))


def test_parquet_that_somebody_wrote_anew_is_not_linked(home: Home) -> None:
    folder = publish_orders(home, 1) / "parquet" / "order_profit.parquet"
    with duckdb.connect() as connection:
        rows = f"(select * replace (net_profit + 1 as net_profit) from '{folder}/2025-07-01.parquet')"
        connection.execute(f"copy {rows} to '{folder}/2025-07-01.parquet'")
        connection.execute(f"copy (from '{folder}/2025-08-01.parquet') to '{folder}/once-more.parquet'")
    before = inodes(home.current)
    second = publish_orders(home, 2)
    orders_in(home, second)
    after = inodes(second)
    assert {file for file in before if after.get(file) != before[file]} == {
        "2025-07-01.parquet", "2025-08-01.parquet", "once-more.parquet"
    }  # fmt: skip


def test_parquet_under_another_name_is_written_again(home: Home) -> None:
    folder = publish_orders(home, 1) / "parquet" / "order_profit.parquet"
    (folder / "2025-07-01.parquet").rename(folder / "july.parquet")
    second = publish_orders(home, 2)
    orders_in(home, second)
    assert len(inodes(second)) == 12
    assert "2025-07-01.parquet" in inodes(second)


@pytest.mark.parametrize("place", ["parquet/order_profit.parquet/2025-07-01.parquet", "customer_profitability.duckdb"])
def test_a_damaged_publication_does_not_stop_the_next_one(
    home: Home, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    # What a month is restated by is read from the last publication: whoever has spoilt that must roll back first.
    monkeypatch.setattr(publishing.restatements, "find", lambda *arguments: [])
    file = publish_orders(home, 1) / place
    content = bytearray(file.read_bytes())
    middle = slice(len(content) // 3, len(content) * 2 // 3)
    content[middle] = bytes(len(content[middle]))
    file.write_bytes(content)
    orders_in(home, publish_orders(home, 2))


def test_nothing_is_copied_of_a_publication_that_was_made_otherwise(home: Home) -> None:
    """By other models or programs; what has landed is another each night. Nor of one before somebody was erased."""
    first = inodes(publish_orders(home, 1, {"models": "1", "landed": "a"}))
    second = inodes(publish_orders(home, 2, {"models": "1", "landed": "b"}))
    assert second == first
    third = inodes(publish_orders(home, 3, {"models": "2", "landed": "b"}))
    assert not set(third.values()) & set(second.values())
    (home.private / publishing.LAST).unlink()
    fourth = inodes(publish_orders(home, 4, {"models": "2", "landed": "b"}))
    assert not set(fourth.values()) & set(third.values())


def test_a_red_critical_check_publishes_nothing(home: Home) -> None:
    publish_generation(home, 1)
    build_warehouse(home, 2)
    with pytest.raises(
        PublishError, match=r"1 critical checks? failed: customer_profit: Customers add up to the company \(off by"
    ):
        publishing.publish(home, run_of(2), [GREEN, RED], write_page)
    assert generation_in(home.current / "customer_profitability.duckdb") == 1
    assert publishing.publications(home) == [run_of(1).run_id]


@pytest.mark.parametrize(
    "tampering",
    [
        "update candidate.marts.customer_profit set net_profit = net_profit + 0.01 where customer_id = 'c7'",
        "delete from candidate.marts.customer_profit where customer_id = 'c7'",
        "insert into candidate.marts.company_profit_monthly from candidate.marts.company_profit_monthly limit 1",
        "update candidate.marts.customer_profit set margin = 0 where customer_id = 'c3'",
        "alter table candidate.marts.customer_profit alter net_profit type double",
        "create table candidate.marts.stray as select 1 as one",
    ],
)
def test_a_copy_that_differs_is_not_published(home: Home, monkeypatch: pytest.MonkeyPatch, tampering: str) -> None:
    publish_generation(home, 1)
    build_warehouse(home, 2)
    add_check_results = publishing._add_check_results

    def tamper(connection: duckdb.DuckDBPyConnection, results: list[CheckResult]) -> None:
        connection.execute(tampering)
        add_check_results(connection, results)

    monkeypatch.setattr(publishing, "_add_check_results", tamper)
    with pytest.raises(PublishError, match="differ"):
        publishing.publish(home, run_of(2), [GREEN], write_page)
    assert generation_in(home.current / "customer_profitability.duckdb") == 1


def test_a_parquet_file_that_differs_is_not_published(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    build_warehouse(home)
    write_parquet = publishing._write_parquet

    def tamper(home: Home, folder: Path, earlier: Path | None) -> None:
        write_parquet(home, folder, earlier)
        shutil.copy(folder / "parquet" / "as_of.parquet", folder / "parquet" / "company_profit_monthly.parquet")

    monkeypatch.setattr(publishing, "_write_parquet", tamper)
    with pytest.raises(PublishError, match="company_profit_monthly: the Parquet file differs"):
        publishing.publish(home, run_of(1), [GREEN], write_page)
    assert publishing.in_force(home) is None


STEPS = ["_copy", "_write_parquet", "_verify", "_sync", "_swing_link", "_let_go_of_the_oldest"]
"""The steps of a publication in their order. From `_let_go_of_the_oldest` on, the new one is in force."""


@pytest.mark.parametrize("step", [*STEPS, "write_page"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_failure_at_any_step_leaves_a_whole_publication_in_force(
    home: Home, monkeypatch: pytest.MonkeyPatch, step: str, moment: str
) -> None:
    publish_generation(home, 1)
    build_warehouse(home, 2)
    page = write_page

    def fail_around(original):
        def failing(*arguments):
            if moment == "after":
                original(*arguments)
            raise OSError("no space left on device")

        return failing

    if step == "write_page":
        page = fail_around(write_page)
    else:
        monkeypatch.setattr(publishing, step, fail_around(getattr(publishing, step)))
    with pytest.raises(OSError, match="no space left"):
        publishing.publish(home, run_of(2), [GREEN], page)
    is_through = step == "_let_go_of_the_oldest" or (step == "_swing_link" and moment == "after")
    assert generation_in(home.current / "customer_profitability.duckdb") == (2 if is_through else 1)

    monkeypatch.undo()
    publish_generation(home, 3)
    assert generation_in(home.current / "customer_profitability.duckdb") == 3
    whole = [1, 2, 3] if is_through else [1, 3]
    assert sorted(entry.name for entry in home.published.iterdir()) == [*(run_of(g).run_id for g in whole), "current"]


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_process_leaves_a_whole_publication_in_force(home: Home, step: str) -> None:
    publish_generation(home, 1)
    script = (
        "import os, signal, sys; sys.path.insert(0, 'tests/python')\n"
        "import test_publish as t; from pathlib import Path; from orchestration import publish as p\n"
        f"p.{step} = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"t.publish_generation(t.Home(Path({str(home.root)!r})), 2)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert generation_in(home.current / "customer_profitability.duckdb") == (
        2 if step == "_let_go_of_the_oldest" else 1
    )
    publish_generation(home, 3)
    assert generation_in(home.current / "customer_profitability.duckdb") == 3
    assert not list(home.published.glob("*.unfinished"))


def test_readers_see_the_old_or_the_new_publication_and_never_neither(home: Home) -> None:
    publish_generation(home, 1)
    seen, failures, stop = [], [], threading.Event()

    def keep_reading() -> None:
        while not stop.is_set():
            try:
                with open_published(home.current / "customer_profitability.duckdb") as connection:
                    seen.append(
                        connection.execute(
                            "select min(generation), max(generation), count(*) from "
                            "(select generation from marts.customer_profit union all "
                            "select generation from marts.company_profit_monthly union all "
                            "select generation from metadata.as_of)"
                        ).fetchone()
                    )
            except (duckdb.Error, OSError) as error:
                failures.append(error)

    readers = [threading.Thread(target=keep_reading) for _ in range(3)]
    for reader in readers:
        reader.start()
    for generation in range(2, 9):
        publish_generation(home, generation)
    stop.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert {(low, count) for low, high, count in seen if low == high} == {(low, 503) for low, _, _ in seen}
    assert len({low for low, _, _ in seen}) > 1


def test_an_open_reader_keeps_what_it_opened(home: Home) -> None:
    publish_generation(home, 1)
    with open_published(home.current / "customer_profitability.duckdb") as reader:
        for generation in range(2, 2 + KEPT + 1):
            publish_generation(home, generation)
        assert reader.execute("select max(generation), count(*) from marts.customer_profit").fetchone() == (1, 500)
    assert generation_in(home.current / "customer_profitability.duckdb") == KEPT + 2


def test_the_last_five_are_kept_and_the_one_in_force_is_never_removed(home: Home) -> None:
    for generation in range(1, 8):
        publish_generation(home, generation)
    assert publishing.publications(home) == [run_of(generation).run_id for generation in range(3, 8)]
    for _ in range(4):
        publishing.rollback(home)
    assert publishing.in_force(home) == run_of(3).run_id
    build_warehouse(home, 8)
    publishing.prepare(home, run_of(8), [GREEN])
    publishing._let_go_of_the_oldest(home)
    assert generation_in(home.current / "customer_profitability.duckdb") == 3


def test_what_else_lies_beside_publications_is_somebodys_own(home: Home) -> None:
    publish_generation(home, 1)
    shutil.copytree(home.current.resolve(), home.published / "2025-audit-copy-of-june")
    (home.published / ".ipynb_checkpoints").mkdir()
    with pytest.raises(PublishError, match="there is none to go back to"):
        publishing.rollback(home)
    for generation in range(2, 8):
        publish_generation(home, generation)
    assert (home.published / "2025-audit-copy-of-june").exists()
    assert (home.published / ".ipynb_checkpoints").exists()


def test_the_home_can_be_moved(home: Home, tmp_path: Path) -> None:
    publish_generation(home, 1)
    shutil.move(home.root, tmp_path / "elsewhere")
    assert generation_in(tmp_path / "elsewhere" / "published" / "current" / "customer_profitability.duckdb") == 1


def test_a_home_that_was_copied_without_links_is_told_what_to_do(home: Home, tmp_path: Path) -> None:
    """As by scp: the last publication is there twice, once as a folder where the link was."""
    publish_generation(home, 1)
    copy = Home(tmp_path / "copy")
    shutil.copytree(home.root, copy.root, symlinks=False)
    with pytest.raises(PublishError, match=r"current is a folder and no link.*: remove that folder"):
        publish_generation(copy, 2)
    with pytest.raises(PublishError, match="is a folder and no link"):
        publishing.rollback(copy)
    shutil.rmtree(copy.current)
    publish_generation(copy, 2)
    assert generation_in(copy.current / publishing.MARTS_FILE) == 2
    publishing.rollback(copy)
    assert generation_in(copy.current / publishing.MARTS_FILE) == 1


@pytest.mark.parametrize("link", ["{folder}/", "{published}/{folder}"], ids=["a slash", "the whole path"])
def test_a_link_that_was_made_by_hand_is_the_publication_in_force(home: Home, link: str) -> None:
    first, second, _ = (publish_generation(home, generation).name for generation in (1, 2, 3))
    home.current.unlink()
    home.current.symlink_to(link.format(folder=second, published=home.published))
    assert publishing.in_force(home) == second
    publishing.rollback(home)
    assert os.readlink(home.current) == first


def test_rollback_goes_back_one_and_says_so(home: Home) -> None:
    with pytest.raises(PublishError, match="Nothing is published"):
        publishing.rollback(home)
    publish_generation(home, 1)
    with pytest.raises(PublishError, match="there is none to go back to"):
        publishing.rollback(home)
    publish_generation(home, 2)
    sentence = publishing.rollback(home)
    assert run_of(1).run_id in sentence
    assert run_of(2).run_id in sentence
    assert generation_in(home.current / "customer_profitability.duckdb") == 1
    publish_generation(home, 3)
    assert generation_in(home.current / "customer_profitability.duckdb") == 3


def full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_rollback_from_the_command_line_waits_for_nobody(tmp_path: Path, monkeypatch, capsys) -> None:
    home = Home((tmp_path / "home").resolve())
    monkeypatch.setenv("WAREHOUSE_HOME", str(home.root))
    assert publishing.main(["rollback"]) == 1
    assert "Nothing is published" in capsys.readouterr().err
    publish_generation(home, 1)
    publish_generation(home, 2)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "symlink_to", full_disk)
        assert publishing.main(["rollback"]) == 1
    assert "in force is as it was: [Errno 28] No space left on device" in capsys.readouterr().err
    assert generation_in(home.current / publishing.MARTS_FILE) == 2
    assert publishing.main(["rollback"]) == 0
    assert run_of(1).run_id in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--shop", "../elsewhere"], "'../elsewhere' cannot be the name of a shop"),
        (["--as-of", "yesterday"], "'yesterday' is no day: give AS_OF as year-month-day"),
        (["--as-of", "2025-02-28"], "Nothing is published"),
        ([], "Nothing is published"),
    ],
)
def test_a_slip_in_what_is_rolled_back_is_said_and_leaves_no_folder(
    asked: list[str], said: str, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path / "home"))
    assert publishing.main(["rollback", *asked]) == 1
    assert said in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_a_run_is_published_once(home: Home) -> None:
    publish_generation(home, 1)
    with pytest.raises(PublishError, match="published once"):
        publishing.publish(home, run_of(1), [GREEN], write_page)
    with pytest.raises(PublishError, match="no prepared publication"):
        publishing.put_in_force(home, run_of(1).run_id)


def test_a_file_with_a_write_ahead_log_is_not_put_in_force(home: Home) -> None:
    build_warehouse(home)
    folder = publishing.prepare(home, run_of(1), [GREEN])
    (folder / "customer_profitability.duckdb.wal").touch()
    with pytest.raises(PublishError, match="not closed cleanly"):
        publishing.put_in_force(home, run_of(1).run_id)
    assert publishing.in_force(home) is None


def test_without_marts_nothing_is_published(home: Home) -> None:
    with pytest.raises(PublishError, match="no private warehouse"):
        publishing.prepare(home, run_of(1), [GREEN])
    home.private.mkdir(parents=True)
    duckdb.connect(str(home.warehouse)).close()
    with pytest.raises(PublishError, match="holds no marts"):
        publishing.prepare(home, run_of(1), [GREEN])


def test_another_day_is_published_beside_the_nightly_state(home: Home) -> None:
    publish_generation(home, 1)
    before = sorted(path.relative_to(home.root) for path in home.root.rglob("*"))
    publish_generation(Home(home.root, "2025-06-30"), 2)
    after = sorted(path.relative_to(home.root) for path in home.root.rglob("*"))
    assert [path for path in after if path.parts[0] != "as_of"] == before
    assert (
        generation_in(home.root / "as_of" / "2025-06-30" / "published" / "current" / "customer_profitability.duckdb")
        == 2
    )


def test_check_results_survive_the_file_and_have_one_order(tmp_path: Path) -> None:
    results = [RED, dataclasses.replace(GREEN, stage="dbt"), GREEN]
    write(tmp_path / "results.json", results)
    assert read(tmp_path / "results.json") == results
    assert in_order(results) == in_order(reversed(results))
    (tmp_path / "results.json").write_text('[{"stage": "dbt"}]')
    with pytest.raises(ValueError, match=r"results\.json: a check result must have exactly"):
        read(tmp_path / "results.json")


HOLDER = (
    "import sys, time; from pathlib import Path; from orchestration.paths import Home; "
    "from orchestration.refresh.lock import acquire\n"
    "acquire(Home(Path(sys.argv[1]))); print('held', flush=True); time.sleep(60)"
)

WAITER = HOLDER.replace("[1]))", "[1])), 20, lambda line: print('waits', flush=True)")


def test_there_is_one_refresh_at_a_time_and_a_dead_one_holds_nothing(home: Home) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home.root)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        assert is_held_elsewhere(home)
        told: list[str] = []
        with pytest.raises(LockHeld, match=rf"process {holder.pid} since .* UTC"):
            acquire(home, wait_seconds=0.6, tell=told.append)
        assert len(told) == 1
        assert "waiting up to" in told[0]
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    assert not is_held_elsewhere(home)
    with hold(home):
        with hold(home):
            assert not is_held_elsewhere(home)
        assert not acquire(home)
        assert (home.private / "refresh.lock").read_text().startswith(f"process {os.getpid()} ")
    assert acquire(home)
    release(home)


def test_who_waited_for_a_lock_whose_file_is_gone_holds_the_one_that_others_find(home: Home) -> None:
    """An erasure removes a past day with its lock: two processes would each hold a file, and both would go on."""
    acquire(home)
    waiter = subprocess.Popen(
        [sys.executable, "-c", WAITER, str(home.root)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert waiter.stdout.readline() == "waits\n"
        shutil.rmtree(home.private)
        release(home)
        assert waiter.stdout.readline() == "held\n"
        assert is_held_elsewhere(home)
        with pytest.raises(LockHeld, match=rf"process {waiter.pid} since .* UTC"):
            acquire(home)
    finally:
        waiter.kill()
        waiter.wait()
        waiter.stdout.close()
        release(home)


def test_a_lock_whose_file_goes_while_it_is_taken_is_taken_anew(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    removals = [lambda: lock_file(home).unlink(), lambda: shutil.rmtree(home.private)]
    flock = fcntl.flock

    def removing(handle: TextIO, how: int) -> None:
        if removals:
            removals.pop()()
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", removing)
    with hold(home):
        assert not removals
        assert lock_file(home).read_text().startswith(f"process {os.getpid()} ")
