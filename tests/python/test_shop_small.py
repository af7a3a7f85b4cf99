"""Small shops and broken ones, the way `make run` meets them.

What a number should be is worked out by hand.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import at_once
import duckdb
import mutants
import pytest
import ratios
from conftest import Shop, reconciles, refresh, refresh_here
from oracle import shops

from orchestration import parsed
from orchestration.paths import PROJECT, Home
from orchestration.refresh import models
from orchestration.refresh.settings import Settings


@pytest.fixture(scope="module")
def required_only(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Shop]:
    """The files of a shop that hands in no more than it must, and the shop."""
    folder = tmp_path_factory.mktemp("required")
    write_shop(folder / "input", orders=60)
    return folder / "input", at_once.build(folder / "input", folder)


class TestBadInput:
    """The message a person can act on, exit code 1, the last publication untouched."""

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            pytest.param(lambda folder: (folder / "orders.csv").unlink(), ["orders", "missing"], id="file pulled"),
            pytest.param(
                lambda folder: rewrite(folder / "order_lines.csv", lambda text: text.replace("unit_price", "price", 1)),
                ["order_lines.csv", "unit_price"],
                id="column pulled",
            ),
            pytest.param(
                lambda folder: (folder / "order_lines.csv").write_bytes(b"\x00\xff\xfe garbage \x80" * 400),
                ["order_lines.csv"],
                id="garbage for a table",
            ),
            pytest.param(
                lambda folder: rewrite(folder / "order_lines.csv", lambda text: text.replace(",10.00", ",ten")),
                ["order_lines"],
                id="every price unreadable",
            ),
        ],
    )
    def test_it_stops_and_leaves_the_last_publication(
        self, required_only: tuple[Path, Shop], tmp_path: Path, spoil: Callable[[Path], None], words: list[str]
    ) -> None:
        good, shop = required_only
        home = shop.home.root
        before = shop.home.current.resolve()
        shutil.copytree(good, tmp_path / "input")
        shutil.copytree(home, tmp_path / "home", symlinks=True)
        spoil(tmp_path / "input")
        done = refresh_here(tmp_path / "home", "--input", str(tmp_path / "input"))
        assert done.returncode == 1
        for word in words:
            assert word in done.stderr
        assert "The last publication is untouched" in done.stderr
        assert "Traceback" not in done.stderr
        assert (tmp_path / "home" / "published" / "current").resolve().name == before.name


def write_shop(folder: Path, orders: int) -> None:
    """A shop of only what is required: CSV files of orders and their lines, one line an order, 10.00 each."""
    folder.mkdir(parents=True)
    # A shop for which other tests compile the models anyhow.
    (folder / "shop.yml").write_text(json.dumps(shops.PLANS[0].variables()), encoding="utf-8")
    days = [f"2024-{1 + number // 28:02d}-{1 + number % 28:02d}T10:00:00Z" for number in range(orders)]
    (folder / "orders.csv").write_text(
        "order_id,customer_id,ordered_at\n"
        + "".join(f"{number:04d},{number % 7:03d},{day}\n" for number, day in enumerate(days)),
        encoding="utf-8",
    )
    (folder / "order_lines.csv").write_text(
        "order_id,line_number,product_id,quantity,unit_price\n"
        + "".join(f"{number:04d},1,p{number % 3},2,10.00\n" for number in range(orders)),
        encoding="utf-8",
    )


def rewrite(file: Path, change: Callable[[str], str]) -> None:
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")


class TestRatios:
    """Undefined is null: in a shop that spends nothing on marketing most denominators are missing."""

    def test_no_ratio_is_there_without_a_denominator(self, required_only: tuple[Path, Shop]) -> None:
        _, shop = required_only
        assert ratios.without_denominator(shop.ask_private) == []

    def test_a_ratio_of_nothing_would_be_found(self, required_only: tuple[Path, Shop], tmp_path: Path) -> None:
        _, shop = required_only
        with duckdb.connect(shutil.copy(shop.home.warehouse, tmp_path)) as connection:
            connection.execute("update marts.retention_monthly set retention_rate = 0 where active_before = 0")
            connection.execute("update marts.acquisition_costs set paid_acquisition_cost = 0")
            connection.execute("update marts.customers set margin = 'inf' where net_sales <> 0")
            # Nobody in this shop was asked, nothing has a day of launch, and no cost is in a ledger or at a rate.
            connection.execute("update marts.customer_loyalty set satisfaction = 0, early_bird_share = 0")
            connection.execute("update marts.customer_lifecycle set quiet_gaps = 0, rhythm_days = null")
            connection.execute("delete from core.fct_orders; delete from core.fct_order_lines")

            def ask(query: str) -> list[tuple]:
                return connection.execute(query).fetchall()

            assert [found.split(":")[0] for found in ratios.without_denominator(ask)] == [
                "acquisition_costs.paid_acquisition_cost",
                "customer_lifecycle.pause_gaps",
                "customer_lifecycle.quiet_gaps",
                "customer_loyalty.discount_share",
                "customer_loyalty.early_bird_share",
                "customer_loyalty.satisfaction",
                "customer_profit_monthly.actual_cost_share",
                "customer_profit_monthly.assumed_cost_share",
                "customer_profit_monthly.standard_cost_share",
                "customer_segments.discount_share",
                "customers.margin",
                "product_profit.assumed_cost_share",
                "retention_monthly.retention_rate",
            ]


class TestBadSettings:
    """A settings file with a fault in it: which row, and what is wrong with it."""

    # Each fault's own words are in test_settings.py, and what a failed build leaves in test_refresh_job.py.
    @pytest.mark.long
    def test_the_row_is_named_and_the_last_publication_stays(
        self, required_only: tuple[Path, Shop], tmp_path: Path
    ) -> None:
        _, shop = required_only
        before = shop.home.current.resolve()
        project, home = tmp_path / "project", tmp_path / "home"
        left = (".git", ".venv", "warehouses", "docs", "requirements", "__pycache__", ".*_cache", ".hypothesis")
        shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns(*left))
        shutil.copytree(shop.home.root, home, symlinks=True)
        settings = project / "seeds" / "settings"
        (settings / "fiscal_calendars.csv").write_text("shop,first_month\n*,1\nbakery,13\n", encoding="utf-8")
        rewrite(settings / "abc_cutoffs.csv", lambda text: text.replace("B,0.8,", "B,0.85,"))
        done = refresh(home, "--shop", shop.ask("select shop from metadata.as_of")[0][0], project=project)
        assert done.returncode == 1
        assert "(fiscal_calendars.csv, row bakery: first_month must be a number from 1 to 12)" in done.stderr
        assert "abc_cutoffs: abc cutoffs leave no gap (starts=0.85" in done.stderr
        assert "The last publication is untouched" in done.stderr
        assert "Traceback" not in done.stderr
        assert (home / "published" / "current").resolve().name == before.name


class TestFormulas:
    """dbt's unit tests judge formulas and not last night's data, so the refresh leaves them out: they run here."""

    def test_every_unit_test_of_the_models_passes(self, required_only: tuple[Path, Shop], tmp_path: Path) -> None:
        _, shop = required_only
        # dbt takes the columns of what a model reads from a warehouse in which it is built.
        home = Home(tmp_path / "home")
        shutil.copytree(shop.home.root, home.root, symlinks=True)
        settings = Settings(shop.ask("select shop from metadata.as_of")[0][0], home)
        models.prepare_manifest(settings)
        done = subprocess.run(
            parsed.dbt("--log-level-file", "none", "test", "--select", "test_type:unit", *models.arguments(settings)),
            cwd=PROJECT,
            env=models.environment(settings),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr
        outcomes = json.loads((home.target / "run_results.json").read_text(encoding="utf-8"))["results"]
        written = json.loads(models.manifest_file(home).read_text(encoding="utf-8"))["unit_tests"]
        assert {result["unique_id"] for result in outcomes if result["status"] == "pass"} == set(written)
        assert len(written) >= 60

    def test_what_no_test_of_a_model_finds_is_told(
        self, required_only: tuple[Path, Shop], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`make mutants`: unit tests find each mistake that the shop shows; had they found none, claims find some."""
        shop = required_only[1]
        settings = Settings(at_once.name_of(shop.home), Home(tmp_path / "home"))
        shutil.copytree(shop.home.root, settings.home.root, symlinks=True)
        models.prepare_manifest(settings)
        demo, said = mutants.Demo(settings), []
        demo.run_tests(["abc_by_day"])
        assert mutants.ask(demo, "abc_by_day", said.append) == 0
        assert said == [said[0]] and said[0].endswith(" in the demo shop, 0 are missed")

        monkeypatch.setattr(mutants.UnitTest, "finds", lambda *_: False)
        missed = mutants.ask(demo, "abc_by_day", said.append)
        assert missed and len(said) == 2 + missed
        assert " mutations, 0 found by its unit tests" in said[1] and ", 0 by claims or" not in said[1]
        assert said[1].endswith(f" {missed} are missed") and " rows  " in said[2]


class TestSmallShops:
    def test_the_page_of_a_shop_without_optional_inputs_claims_nothing_about_them(
        self, required_only: tuple[Path, Shop]
    ) -> None:
        _, shop = required_only
        page = (shop.home.current / "report.html").read_text(encoding="utf-8")
        assert "No acquisition spend is recorded, so what a new customer costs is not known" in page
        assert "The statement has no amounts for" in page and "Not handed in: " in page
        assert 'id="acquisition-' not in page.replace('id="acquisition-title"', "")
        assert not re.search(r"\b(NaN|nan|None|inf)\b", re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL))

    def test_a_shop_without_orders(self, tmp_path: Path) -> None:
        write_shop(tmp_path / "input", orders=0)
        shop = at_once.build(tmp_path / "input", tmp_path)
        assert shop.ask("select count(*) from marts.customers") == [(0,)]
        assert shop.ask("select count(*) from marts.profit_curve") == [(0,)]
        assert ratios.without_denominator(shop.ask_private) == []
        assert shop.ask("select count(*) from marts.segment_models") == [(0,)]
        assert shop.ask("select count(*) from marts.product_recommendations") == [(0,)]
        page = (shop.home.current / "report.html").read_text(encoding="utf-8")
        assert "No order has been accepted yet, so there is nothing to say about customers." in page
        assert "<svg" not in page and "NaN" not in page

    def test_a_shop_of_one_order_with_settings_of_its_own(self, tmp_path: Path) -> None:
        write_shop(tmp_path / "input", orders=1)
        (tmp_path / "input" / "shop.yml").write_text(json.dumps(shops.PLANS[1].variables()), encoding="utf-8")
        shop = at_once.build(tmp_path / "input", tmp_path)
        assert shop.ask("select reporting_currency from metadata.as_of") == [("USD",)]
        assert shop.ask(
            "select customer_id, order_count, net_sales, contribution_1, rfm_cell, abc_tier, formula_value "
            "from marts.customers"
            # no cost is known, so the margin of the settings, 40%, is; nobody has ordered twice, so no formula holds
        ) == [("000", 1, Decimal("20.00"), Decimal("8.00"), "111", "A", None)]
        assert ratios.without_denominator(shop.ask_private) == []
        # there was no quarter end to fit on, and the one product is theirs already
        assert shop.ask("select behaviour_cluster, premium_group, premium_chance from marts.customer_segments") == [
            (None, "premium", None)
        ]
        assert shop.ask("select count(*) from marts.product_recommendations") == [(0,)]
        assert shop.ask("select product_id, units, view_count, is_hot from marts.hot_products") == [
            ("p0", 2, None, False)
        ]
        assert reconciles(shop)

    @pytest.mark.parametrize("is_a_night", [False, pytest.param(True, marks=pytest.mark.long)])
    def test_another_day_is_built_beside_tonight(
        self, required_only: tuple[Path, Shop], tmp_path: Path, is_a_night: bool
    ) -> None:
        _, shop = required_only
        shutil.copytree(shop.home.root, tmp_path / "home", symlinks=True)
        then = Shop(Home((tmp_path / "home").resolve(), "2024-02-15"), "")
        if is_a_night:
            name = shop.ask("select shop from metadata.as_of")[0][0]
            done = refresh_here(tmp_path / "home", "--shop", name, "--as-of", "2024-02-15")
            assert done.returncode == 0, done.stderr
        else:
            at_once.build_landed(then.home)
        assert (tmp_path / "home" / "published" / "current").resolve().name == shop.home.current.resolve().name
        assert then.ask("select as_of_date from metadata.as_of") == [(date(2024, 2, 15),)]
        # 28 orders of January, 15 of February, and none of what came later
        assert then.ask("select sum(order_count), max(last_order_on) from marts.customers") == [(43, date(2024, 2, 15))]
        assert then.ask("select sum(net_sales) from marts.company_profit_monthly") == [(Decimal("860.00"),)]

    def test_a_shop_of_only_what_is_required(self, required_only: tuple[Path, Shop]) -> None:
        _, shop = required_only
        assert shop.ask("select sum(net_sales), sum(contribution_1) from marts.company_profit_monthly") == [
            (Decimal("1200.00"), Decimal("480.00"))
        ]
        assert shop.ask("select distinct acquisition_channel, is_inferred from marts.customers") == [
            ("unattributed", True)
        ]
        assert reconciles(shop)
