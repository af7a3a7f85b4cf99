"""What the benchmark counts and splits, and what it refuses; that both sides of it tell the same is tested on the demo
shop.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import pytest
from oracle import shops, warehouse

from orchestration import compiled
from orchestration.benchmark import floor, in_pandas, measure, night, run, stages
from orchestration.lifetime_value import benchmark as lifetime_value_benchmark
from orchestration.refresh import ui
from orchestration.segments import benchmark as segments_benchmark
from orchestration.superset import __main__ as superset


@pytest.fixture
def measured() -> measure.Measurements:
    """A shop of a thousand lines: a stage in three turns, and two of one."""
    told = measure.Measurements(1_000, lambda line: None)
    for turn, used in enumerate([(9.0, 3.0, 100), (2.0, 5.0, 700), (3.0, 4.0, 100)], start=1):
        told.add(f"marts, turn {turn}", measure.Used(*used))
    told.add("staging", measure.Used(0.5, 1.0, 300))
    told.add("by hand", measure.Used(2.0, 1.6, 900))
    return told


class TestMeasurements:
    def test_a_stage_in_turns_counts_by_its_middle_one(self, measured: measure.Measurements) -> None:
        assert measured.used("marts") == measure.Used(3.0, 4.0, 700)
        assert measured.used("marts", "staging") == measure.Used(3.5, 5.0, 700)
        with pytest.raises(KeyError):
            measured.used("mart")

    def test_stages_together_take_all_seconds_and_the_most_memory(self, measured: measure.Measurements) -> None:
        measured.together("build", ["staging", "marts"])
        assert measured.stages[-1] == measure.Stage("build", 3.5, 5.0, 700, 286)

    def test_a_ratio_is_told_and_kept(self, measured: measure.Measurements) -> None:
        lines: list[str] = []
        measured.tell = lines.append
        measured.compare("models_to_by_hand", ["marts", "staging"], ["by hand"], "models to by hand")
        assert measured.ratios == {"models_to_by_hand": 1.75, "models_to_by_hand_cpu": 3.125}
        assert lines == ["models to by hand: 1.75, by CPU 3.12"]

    def test_a_process_of_its_own_holds_what_it_is_given_and_hands_back_what_it_found(self) -> None:
        used, found = measure.in_a_process(count_to, 3_000_000, bytearray(200 * 1024 * 1024))
        assert found == 3_000_000
        assert 0 < used.cpu_seconds < 60
        assert used.seconds > 0
        assert used.peak_mb > 200

    def test_what_is_imported_before_the_clock_starts_takes_nothing(self) -> None:
        """Else pandas and lifetimes would pay a second or three of import, and the models none of theirs."""
        imported = [
            measure.in_a_process(is_imported, "xmlrpc.server", imports=first)[1] for first in ((), ("xmlrpc.server",))
        ]
        assert imported == [False, True]


class TestSlips:
    @pytest.mark.parametrize(
        ("main", "asked", "said"),
        [
            (run.main, ["--lines", "0"], "'0' cannot be: give a whole number, 1 or more"),
            (run.main, ["--lines", "a million"], "'a million' cannot be: give a whole number, 1 or more"),
            (run.main, ["--memory", "lots"], "'lots' is no amount of memory: give one such as 6GB"),
            (run.main, ["--without", "audits"], "invalid choice: 'audits' (choose from 'pandas', 'audit', 'night')"),
            (lifetime_value_benchmark.main, ["--customers", "-3"], "'-3' cannot be: give a whole number, 1 or more"),
            (segments_benchmark.main, ["--customers", "1.5"], "'1.5' cannot be: give a whole number, 1 or more"),
            (superset.main, ["--port", ""], "'' is no port: give a number from 1 to 65535"),
            (ui.main, ["--port", "65536"], "'65536' is no port: give a number from 1 to 65535"),
        ],
    )
    def test_what_cannot_be_is_said_before_anything_is_made(
        self, main: Callable, asked: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit, match="2"):
            main(asked)
        assert capsys.readouterr().err.endswith(f"{said}\n")


class TestPandas:
    def test_it_may_take_what_the_engine_may_take(self) -> None:
        used, held = measure.in_a_process(in_pandas.within, "1GB", hold, 300)
        assert held == 300 * 1024 * 1024
        assert used.peak_mb > 300
        with pytest.raises(in_pandas.DoesNotFitError, match="does not do with 1gb"):
            measure.in_a_process(in_pandas.within, "1gb", hold, 1_100)

    def test_it_may_take_all_there_is(self) -> None:
        """As the engine calls it."""
        assert measure.in_a_process(in_pandas.within, "none", hold, 1)[1] == 1024 * 1024


@pytest.fixture(scope="module")
def project() -> compiled.Project:
    return compiled.compile_project(shops.PLANS[0].variables())


def tables_read(project: compiled.Project, name: str) -> set[str]:
    """What a model reads, and what the views among that read."""
    found: set[str] = set()
    for parent in project.nodes[name].parents:
        if parent in project.nodes:
            found |= {parent} | (tables_read(project, parent) if project.nodes[parent].is_view else set())
    return found


class TestStages:
    def test_each_model_is_built_once_and_after_what_it_is_built_from(self, project: compiled.Project) -> None:
        parts = stages.parts(project)
        order = [name for names in parts.values() for name in names]
        assert sorted(order) == sorted(project.nodes)
        place = {name: number for number, name in enumerate(order)}
        assert not [
            (name, parent)
            for name in order
            for parent in project.nodes[name].parents
            if place.get(parent, -1) > place[name]
        ]
        assert all(parts.values())

    def test_a_table_goes_after_the_last_stage_that_reads_it(self, project: compiled.Project) -> None:
        parts = stages.parts(project)
        dropped, there = stages.read_no_more(project, parts), set()
        for stage, names in parts.items():
            for name in names:
                missing = tables_read(project, name) - there - {name}
                assert not missing, f"{name} reads what is gone"
                there.add(name)
            assert set(dropped[stage]) <= there
            there -= set(dropped[stage])
        assert not [name for name in there if project.nodes[name].kind == "model" and not project.nodes[name].is_view]
        assert "customer_versions" in dropped["staging"]
        assert len(dropped["segments"]) > 10

    def test_both_start_from_the_same_facts(self, project: compiled.Project) -> None:
        """The stage of the chief marts holds all that leads to them from the facts, and none of the facts."""
        chief = stages.parts(project)[stages.CHIEF_MARTS]
        assert set(floor.CHIEF) <= set(chief)
        assert not set(floor.FACTS) & set(chief)
        assert {"fct_pool_costs", "fct_order_costs", "fct_order_entries"} <= set(chief)

    def test_scores_begin_where_the_chief_marts_end(self, project: compiled.Project) -> None:
        """What lifetimes does besides pandas: histories, one fit, one score a customer; no past cut is judged in it."""
        assert stages.scores(project) == [
            name
            for name in stages.parts(project)["lifetime value"]
            if name in {"purchase_histories", "cohort_groups", "history_groups", "spending_groups", "tonights_fits",
                        "tonights_orders_if_alive", "tonights_probabilities_alive", "customer_scores"}
        ]  # fmt: skip

    def test_what_is_read_by_hand_is_a_fact_or_made_by_hand(self) -> None:
        sql = " ".join(file.read_text(encoding="utf-8") for file in Path(floor.__file__).parent.glob("*.sql"))
        read = {word.split(".")[2].strip("();") for word in sql.split() if word.startswith("warehouse.")}
        assert read <= set(floor.FACTS)
        assert len(read) >= 12


class TestRanges:
    def test_a_kept_table_made_by_ranges_is_the_same(self, project: compiled.Project, tmp_path: Path) -> None:
        def customer_months(shop: shops.Shop) -> int:
            return len({(order["customer_id"], order["ordered_at"][:7]) for order in shop.rows["orders"]})

        shop = max(map(shops.make, range(0, 100, len(shops.PLANS))), key=customer_months)
        assert shop.plan == shops.PLANS[0]
        kept = [name for name, node in project.nodes.items() if node.kept]
        with (
            closing(warehouse.build(shop, project, tmp_path, kept)) as whole,
            closing(warehouse.build(shop, project, tmp_path, kept, rows_at_once=20)) as by_ranges,
        ):
            for name in kept:
                relation = project.nodes[name].relation
                rows = [sorted(map(repr, one.execute(f"from {relation}").fetchall())) for one in (whole, by_ranges)]
                assert rows[0] == rows[1], name
            statement = project.nodes["customer_profit_monthly"]
            assert whole.execute(f"select count(*) > 20 from {statement.relation}").fetchone() == (True,)
            assert len(compiled.ranges(whole, project, statement, rows_at_once=20)) > 3
            assert len(compiled.ranges(whole, project, statement, rows_at_once=1_000_000)) == 1

    def test_ranges_hold_about_as_many_rows_as_are_made_at_once(self, project: compiled.Project) -> None:
        node = project.nodes["fct_pool_costs"]
        with duckdb.connect() as connection:
            compiled.open_warehouse(connection, project)
            connection.execute(f"create table {compiled.CATALOG}.landed.orders as select * from range(23)")
            for name in node.parents:
                connection.execute(
                    f"create table {project.nodes[name].relation} as select make_date(2025, month_number, 1) as month "
                    "from range(1, 7) as months(month_number), range(10)"
                )
            found = compiled.ranges(connection, project, node, rows_at_once=45)
            spared = compiled.ranges(connection, project, node, rows_at_once=46)
        assert found == [
            "month >= date '-infinity' and month < date '2025-03-01'",
            "month >= date '2025-03-01' and month < date '2025-05-01'",
            "month >= date '2025-05-01' and month < date 'infinity'",
        ]
        assert spared == ["month >= date '-infinity' and month < date 'infinity'"]

    def test_a_table_made_by_ranges_of_ids_is_the_same(self, project: compiled.Project, tmp_path: Path) -> None:
        shop = max(map(shops.make, range(0, 100, len(shops.PLANS))), key=lambda shop: len(shop.rows["orders"]))
        made_by = {name: node for name, node in project.nodes.items() if node.made_by}
        assert len(made_by) > 2
        with (
            closing(warehouse.build(shop, project, tmp_path, [*made_by])) as whole,
            closing(warehouse.build(shop, project, tmp_path, [*made_by], rows_at_once=10)) as by_ranges,
        ):
            for name, node in made_by.items():
                found, again = (one.execute(f"from {node.relation}").fetchall() for one in (whole, by_ranges))
                assert sorted(map(repr, found)) == sorted(map(repr, again)), name
                assert len(compiled.ranges_of_ids(whole, project, node, rows_at_once=10)) > 3, name
                assert compiled.ranges_of_ids(whole, project, node, rows_at_once=1_000_000) == ["true"], name


class TestNights:
    def test_a_day_brings_what_came_on_it_and_later_rows_are_left_out(self, tmp_path: Path) -> None:
        source, before, day = tmp_path / "source", tmp_path / "before", tmp_path / "day"
        for table in ("orders", "order_lines", "products_of_old"):
            (source / table).mkdir(parents=True)
        (source / "_truth").mkdir()
        (source / "shop.yml").write_text("shop: bakery\n", encoding="utf-8")
        with duckdb.connect() as connection:
            for file, rows in {
                "orders/part-0.parquet": "('a', timestamp '2025-12-14 23:59:59', null::timestamp), "
                "('b', timestamp '2025-12-15 00:00:00', null), ('c', timestamp '2025-12-16 00:00:00', null), "
                "('undated', null, null)",
                # an old order, corrected on the day: its lines are as old as it was first
                "orders/corrections-0.parquet": "('a', timestamp '2025-12-15', timestamp '2025-12-15 12:00:00')",
                "order_lines/part-0.parquet": "('a', null::timestamp, null::timestamp), ('b', null, null), "
                "('c', null, null), ('of no order', null, null)",
                "products_of_old/part-0.parquet": "('p', timestamp '2025-12-15', null)",
                "_truth/part-0.parquet": "('b', timestamp '2025-12-15', null)",
            }.items():
                connection.execute(
                    f"copy (from (values {rows}) as rows(order_id, ordered_at, updated_at)) to '{source / file}'"
                )
        assert night.split(source, before, day, date(2025, 12, 15)) == 3
        assert ids(before) == {
            "orders": ["a", "undated"], "order_lines": ["a", "of no order"], "products_of_old": ["p"]
        }  # fmt: skip
        assert ids(day) == {"orders": ["a", "b"], "order_lines": ["b"]}
        assert (before / "shop.yml").read_text(encoding="utf-8") == "shop: bakery\n"
        night.bring(day, before)
        assert ids(before)["orders"] == ["a", "a", "b", "undated"]

    def test_what_a_desk_keeps_by_hand_is_split_too(self, tmp_path: Path) -> None:
        """It was in neither part: a fifth of a small shop's refunds and contacts."""
        source, before, day = tmp_path / "source", tmp_path / "before", tmp_path / "day"
        for folder in ("orders", "refunds"):
            (source / folder).mkdir(parents=True)
        with duckdb.connect() as connection:
            connection.execute(
                "copy (select 'a' as order_id, timestamp '2025-01-01' as ordered_at, null::timestamp as updated_at) "
                f"to '{source}/orders/part-0.parquet'"
            )
        head, rows = b"refund_id,refunded_at,reason\n", {
            "before": b'1,2025-12-14 23:59:59,"late, and cold"\n2,31.02.2024,\n3,,Qualit\xe4t\n',
            "day": b"4,2025-12-15 00:00:00,goodwill\n",
            "after": b"5,2025-12-16 00:00:00,goodwill\n",
        }  # fmt: skip
        (source / "refunds" / "desk.csv").write_bytes(head + b"".join(rows.values()))
        assert night.split(source, before, day, date(2025, 12, 15)) == 1
        night.bring(day, before)
        assert (before / "refunds" / "before-desk.csv").read_bytes() == head + rows["before"]
        assert (before / "refunds" / "day-desk.csv").read_bytes() == head + rows["day"]

    def test_the_budget_of_a_day_is_told_by_stage(self) -> None:
        """Landing takes a twentieth of its own time and a hundredth of the night; what no stage says is told, too."""
        whole, day = {"landing": 20.0, "models and tests": 70.0}, {"landing": 1.0, "models and tests": 30.0}
        lines = [line.split() for line in night.budget(whole, day, 100.0, 36.0)]
        assert lines == [
            ["landing", "20.0", "s", "1.0", "s", "1.0%"],
            ["models", "and", "tests", "70.0", "s", "30.0", "s", "30.0%"],
            ["starting", "and", "stopping", "10.0", "s", "5.0", "s", "5.0%"],
            ["in", "all", "100.0", "s", "36.0", "s", "36.0%"],
        ]

    def test_a_night_that_fails_says_why(self, tmp_path: Path) -> None:
        (tmp_path / "nothing").mkdir()
        with pytest.raises(night.NightFailed, match="nothing"):
            night.refresh(stages.Home(tmp_path / "home"), tmp_path / "nothing", "1GB")


def count_to(number: int, held: bytearray) -> int:
    """Something that takes time, and holds what it is given."""
    print("nobody reads this")
    return sum(1 for _ in range(number)) if held else 0


def is_imported(package: str) -> bool:
    """Whether it is there when the clock starts."""
    return package in sys.modules


def hold(megabytes: int) -> int:
    """Something that takes memory."""
    return len(bytearray(megabytes * 1024 * 1024))


def ids(folder: Path) -> dict[str, list[str]]:
    """The ids of each table's files together, in order."""
    found = {}
    for table in sorted(path for path in folder.iterdir() if path.is_dir()):
        rows = duckdb.sql(f"select order_id from '{table}/*.parquet' order by all").fetchall()
        found[table.name] = [row_id for (row_id,) in rows]
    return found
