"""Whole shops, from their files to what is published, the way `make run` builds them.

What a number should be comes from elsewhere: from the generator's truth, from plain Python over the source files, or
from what is known of the data.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from conftest import Shop, refresh

from orchestration.demo_shop import generate

BuildShop = Callable[..., Shop]


@pytest.fixture(scope="module")
def demo_input(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "input"
    generate(folder, customers=400, seed=7, progress=lambda line: None)
    return folder


@pytest.fixture(scope="module")
def demo(demo_input: Path, build_shop: BuildShop) -> Shop:
    return build_shop(demo_input)


@pytest.fixture(scope="module")
def online_retail(shared_data: Path, build_shop: BuildShop) -> Shop:
    return build_shop(shared_data / "online_retail" / "by_day", "--shop", "online_retail")


@pytest.fixture(scope="module")
def cdnow(shared_data: Path, build_shop: BuildShop) -> Shop:
    return build_shop(shared_data / "cdnow", "--shop", "cdnow")


def reconciles(shop: Shop) -> bool:
    worst, rows = shop.ask("select coalesce(max(abs(difference)), 0), count(*) from marts.profit_reconciliation")[0]
    return worst == 0 and rows > 0


def published(shop: Shop) -> dict[str, str]:
    """A fingerprint of each published mart, whatever the order of its rows."""
    tables = [name for (name,) in shop.ask("select table_name from duckdb_tables() where schema_name = 'marts'")]
    return {
        table: shop.ask(
            f"select count(*)::varchar || ' ' || coalesce(bit_xor(hash(t))::varchar, '') from marts.{table} t"
        )[0][0]
        for table in tables
    }


class TestDemo:
    def test_every_dirty_row_meets_its_fate(self, demo: Shop, demo_input: Path) -> None:
        expected: Counter[tuple[str, str]] = Counter()
        with (demo_input / "_truth" / "dirty_rows.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                expected[row["table_name"], row["expected_fate"]] += int(row["row_count"])
        met = {
            (table, fate): count
            for table, fate, count in demo.ask(
                "select table_name, fate, sum(row_count)::int from metadata.input_fates "
                "where fate in ('quarantined', 'duplicate') group by all"
            )
        }
        assert sum(expected.values()) > 20
        assert met == {key: count for key, count in expected.items() if count}

    def test_the_statement_of_each_customer_and_month_is_the_true_one(self, demo: Shop, demo_input: Path) -> None:
        """The generator wrote down what each customer truly cost, month by month, before it wrote the files."""
        lines = {
            "gross_sales": "gross_sales",
            "discounts": "discounts",
            "refunds": "refunds",
            "cogs": "cogs",
            "fulfilment": "shipping_cost - shipping_charged + shipping_refunded",
            "payment_fees": "payment_fees + commission",
            "bad_debt": "bad_debt",
            "loyalty": "loyalty_cost",
        }
        truth = duckdb.sql(
            f"""
            select resolved_customer_id, month, {", ".join(f"sum({sql}) as {line}" for line, sql in lines.items())}
            from read_parquet('{demo_input}/_truth/customer_months/*.parquet')
            where customer_id is not null
            group by all
            """
        ).fetchall()
        ours = {
            (customer, month): amounts
            for customer, month, *amounts in demo.ask(
                f"select customer_id, month, {', '.join(lines)} from marts.customer_profit_monthly "
                "where profit_owner = 'customer'"
            )
        }
        assert len(truth) > 1000
        wrong = []
        for customer, month, *amounts in truth:
            for line, true, built in zip(lines, amounts, ours.get((customer, month), [Decimal(0)] * 9), strict=False):
                # An amount in another currency may be rounded in its own before it is converted: a cent.
                if abs(true - built) > Decimal("0.02"):
                    wrong.append((customer, month, line, true, built))
        assert not wrong

    def test_customers_add_up_to_the_company(self, demo: Shop) -> None:
        assert reconciles(demo)

    def test_what_is_published_says_which_run_made_it(self, demo: Shop) -> None:
        ((run_id,),) = demo.ask("select run_id from metadata.run")
        assert demo.home.current.resolve().name == run_id
        assert demo.ask("select count(*) from metadata.check_results where not passed and is_critical") == [(0,)]

    def test_the_report_page_and_the_parquet_are_there(self, demo: Shop) -> None:
        assert (demo.home.current / "report.html").stat().st_size > 100_000
        marts = demo.ask("select count(*) from marts.customers")[0][0]
        parquet = duckdb.sql(f"select count(*) from '{demo.home.current}/parquet/customers.parquet'").fetchone()[0]
        assert marts == parquet > 400

    def test_the_summary_is_one_that_a_person_reads(self, demo: Shop) -> None:
        for words in ("Rows in", "accepted", "quarantined", "Checks passed", "Customers", "Net sales", "Report page"):
            assert words in demo.printed

    def test_twice_is_once(self, demo: Shop, demo_input: Path) -> None:
        before = published(demo)
        done = refresh(demo.home.root, "--input", str(demo_input))
        assert done.returncode == 0, done.stderr
        assert published(demo) == before

    def test_another_day_is_built_beside_tonight(self, demo: Shop) -> None:
        before = demo.home.current.resolve()
        done = refresh(demo.home.root, "--as-of", "2024-06-30")
        assert done.returncode == 0, done.stderr
        assert demo.home.current.resolve() == before
        then = demo.home.root / "as_of" / "2024-06-30" / "published" / "current"
        (file,) = then.glob("*.duckdb")
        with duckdb.connect(str(file), read_only=True) as connection:
            assert connection.execute("select as_of_date from metadata.as_of").fetchone() == (date(2024, 6, 30),)
            past = connection.execute("select max(last_order_on), sum(order_count) from marts.customers").fetchone()
        ((known,),) = demo.ask(
            "select sum(order_count) from marts.customer_profit_monthly "
            "where profit_owner = 'customer' and month <= date '2024-06-01'"
        )
        assert past[0] <= date(2024, 6, 30)
        # Orders cancelled since then still stood that day, so the past may have more of them, and never fewer.
        assert known <= past[1] <= known * 1.05


class TestBadInput:
    """The message a person can act on, exit code 1, the last publication untouched."""

    @pytest.fixture(scope="class")
    def shop(self, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
        folder = tmp_path_factory.mktemp("bad")
        write_shop(folder / "input", orders=30)
        done = refresh(folder / "home", "--input", str(folder / "input"))
        assert done.returncode == 0, done.stderr
        return folder / "input", folder / "home"

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
        self, shop: tuple[Path, Path], tmp_path: Path, spoil: Callable[[Path], None], words: list[str]
    ) -> None:
        good, home = shop
        before = (home / "published" / "current").resolve()
        shutil.copytree(good, tmp_path / "input")
        shutil.copytree(home, tmp_path / "home", symlinks=True)
        spoil(tmp_path / "input")
        done = refresh(tmp_path / "home", "--input", str(tmp_path / "input"))
        assert done.returncode == 1
        for word in words:
            assert word in done.stderr
        assert "The last publication is untouched" in done.stderr
        assert "Traceback" not in done.stderr
        assert (tmp_path / "home" / "published" / "current").resolve().name == before.name


def write_shop(folder: Path, orders: int) -> None:
    """A shop of only what is required: CSV files of orders and their lines, one line an order, 10.00 each."""
    folder.mkdir(parents=True)
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


class TestSmallShops:
    def test_a_shop_without_orders(self, tmp_path: Path, build_shop: BuildShop) -> None:
        write_shop(tmp_path / "input", orders=0)
        shop = build_shop(tmp_path / "input")
        assert shop.ask("select count(*) from marts.customers") == [(0,)]
        assert shop.ask("select count(*) from marts.profit_curve") == [(0,)]
        assert (shop.home.current / "report.html").exists()

    def test_a_shop_of_one_order(self, tmp_path: Path, build_shop: BuildShop) -> None:
        write_shop(tmp_path / "input", orders=1)
        shop = build_shop(tmp_path / "input")
        assert shop.ask(
            "select customer_id, order_count, net_sales, contribution_1, rfm_cell, abc_tier, formula_value "
            "from marts.customers"
            # no cost is known, so the margin of the settings, 40%, is; nobody has ordered twice, so no formula holds
        ) == [("000", 1, Decimal("20.00"), Decimal("8.00"), "111", "A", None)]
        assert reconciles(shop)

    def test_a_shop_of_only_what_is_required(self, tmp_path: Path, build_shop: BuildShop) -> None:
        write_shop(tmp_path / "input", orders=60)
        shop = build_shop(tmp_path / "input")
        assert shop.ask("select sum(net_sales), sum(contribution_1) from marts.company_profit_monthly") == [
            (Decimal("1200.00"), Decimal("480.00"))
        ]
        assert shop.ask("select distinct acquisition_channel, is_inferred from marts.customers") == [
            ("unattributed", True)
        ]
        assert reconciles(shop)


class TestOnlineRetail:
    def test_every_source_line_is_accounted_for(self, online_retail: Shop) -> None:
        landed = online_retail.home.landed
        fates = {
            fate: (count, money)
            for fate, count, money in duckdb.sql(
                f"select fate, row_count, money from '{landed}/source_rows/*.parquet'"
            ).fetchall()
        }
        assert sum(count for count, _ in fates.values()) == 541_909
        assert sum(money for _, money in fates.values()) == Decimal("9747747.934")
        judged = {
            table: (count, money)
            for table, count, money in online_retail.ask(
                "select table_name, sum(row_count)::int, sum(money) from metadata.input_fates "
                "where table_name in ('order_lines', 'refunds') group by all"
            )
        }
        assert judged["order_lines"] == fates["order_lines"]
        assert judged["refunds"][0] == fates["refunds"][0]
        assert -judged["refunds"][1] == fates["refunds"][1]
        assert "541,909" in online_retail.printed
        assert "9,747,747.934" in online_retail.printed

    def test_customers_are_all_who_are_named(self, online_retail: Shop) -> None:
        assert online_retail.ask("select count(*), count(first_order_on) from marts.customers") == [(4372, 4339)]

    def test_customers_add_up_to_the_company(self, online_retail: Shop) -> None:
        assert reconciles(online_retail)

    def test_retention_equals_plain_python_over_the_source_files(self, online_retail: Shop, shared_data: Path) -> None:
        months: dict[str, set[tuple[int, int]]] = defaultdict(set)
        for file in (shared_data / "online_retail" / "by_day").glob("*.csv"):
            with file.open(encoding="utf-8", newline="") as rows:
                for row in csv.DictReader(rows):
                    sale = not row["InvoiceNo"].startswith("C") and int(row["Quantity"]) > 0
                    if row["CustomerID"] and sale and Decimal(row["UnitPrice"]) >= 0:
                        day = datetime.fromisoformat(row["InvoiceDate"])
                        months[row["CustomerID"]].add((day.year, day.month))
        active: Counter[tuple[date, int]] = Counter()
        for seen in months.values():
            first = min(seen)
            for year, month in seen:
                active[date(*first, 1), (year - first[0]) * 12 + month - first[1]] += 1
        ours = {
            (cohort, since): count
            for cohort, since, count in online_retail.ask(
                "select cohort_month, months_since, active_customers from marts.customer_retention "
                "where active_customers > 0"
            )
        }
        assert len({cohort for cohort, _ in ours}) == 13
        assert ours == dict(active)

    def test_a_second_run_changes_nothing(self, online_retail: Shop, shared_data: Path) -> None:
        before = published(online_retail)
        folder = shared_data / "online_retail" / "by_day"
        done = refresh(online_retail.home.root, "--shop", "online_retail", "--input", str(folder))
        assert done.returncode == 0, done.stderr
        assert published(online_retail) == before


class TestCdnow:
    def test_the_customers_and_their_sales_are_those_of_the_file(self, cdnow: Shop, shared_data: Path) -> None:
        purchases = set_of_purchases(shared_data)
        assert cdnow.ask("select count(*), sum(net_sales), sum(order_count)::int from marts.customers") == [
            (23_570, sum(value for _, _, _, value in purchases), len(purchases))
        ]

    def test_rfm_equals_an_independent_implementation(self, cdnow: Shop, shared_data: Path) -> None:
        """One-order customers, two thirds of all, share one frequency score."""
        orders: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        for customer, day, _, value in set_of_purchases(shared_data):
            orders[customer].append((day, value))
        recency = scores({customer: max(day for day, _ in bought).toordinal() for customer, bought in orders.items()})
        frequency = scores({customer: len(bought) for customer, bought in orders.items()})
        monetary = scores({customer: sum(value for _, value in bought) for customer, bought in orders.items()})
        ours = {
            customer: (r, f, m)
            for customer, r, f, m in cdnow.ask(
                "select customer_id, recency_score, frequency_score, monetary_score from marts.customer_segments"
            )
        }
        assert ours == {customer: (recency[customer], frequency[customer], monetary[customer]) for customer in orders}
        assert len({f for customer, (_, f, _) in ours.items() if len(orders[customer]) == 1}) == 1


def set_of_purchases(shared_data: Path) -> set[tuple[str, date, str, Decimal]]:
    """The lines of the file; an exact duplicate is one line delivered twice."""
    lines = (shared_data / "cdnow" / "CDNOW_master.txt").read_text(encoding="utf-8").splitlines()
    return {
        (customer, date(int(day[:4]), int(day[4:6]), int(day[6:])), count, Decimal(value))
        for customer, day, count, value in (line.split() for line in lines if line.strip())
    }


def scores(values: dict[str, int | Decimal]) -> dict[str, int]:
    """1 + floor(5 × percent rank), at most 5, by exact fractions: the rank is how many are strictly smaller."""
    ordered = sorted(values.values())
    smaller: dict[int | Decimal, int] = {}
    for place, value in enumerate(ordered):
        smaller.setdefault(value, place)
    last = max(len(ordered) - 1, 1)
    return {key: min(5, 1 + int(5 * Fraction(smaller[value], last))) for key, value in values.items()}


def test_the_settings_of_a_shop_come_from_its_files(tmp_path: Path, build_shop: BuildShop) -> None:
    write_shop(tmp_path / "input", orders=2)
    (tmp_path / "input" / "shop.yml").write_text("reporting_currency: USD\n", encoding="utf-8")
    shop = build_shop(tmp_path / "input")
    assert shop.ask("select reporting_currency from metadata.as_of") == [("USD",)]
    assert json.loads((shop.home.landed / "shop.json").read_text(encoding="utf-8"))["reporting_currency"] == "USD"
