"""Real orders: UCI Online Retail and CDNOW, from their files to what is published.

What a number should be comes from elsewhere: from plain Python over the source files, or from what is known of them.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from hashlib import md5
from itertools import pairwise
from pathlib import Path
from statistics import median

import at_once
import duckdb
import pages
import pytest
import ratios
from conftest import Shop, published, reconciles, refresh

BuildShop = Callable[..., Shop]


@pytest.fixture(scope="module")
def online_retail(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = shared_data / "online_retail" / "by_day"
    return at_once.build(folder, tmp_path_factory.mktemp("online_retail"), connector="online_retail")


@pytest.fixture(scope="module")
def cdnow(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return at_once.build(shared_data / "cdnow", tmp_path_factory.mktemp("cdnow"), connector="cdnow")


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

    def test_cohorts_windows_and_the_balance_are_plain_python(self, online_retail: Shop, shared_data: Path) -> None:
        """Each of the 13 cohorts in each month, each window, each month's balance, and each second order."""
        invoices: dict[str, dict[str, datetime]] = defaultdict(dict)
        for file in (shared_data / "online_retail" / "by_day").glob("*.csv"):
            with file.open(encoding="utf-8", newline="") as rows:
                for row in csv.DictReader(rows):
                    sale = not row["InvoiceNo"].startswith("C") and int(row["Quantity"]) > 0
                    if row["CustomerID"] and sale and Decimal(row["UnitPrice"]) >= 0:
                        at = datetime.fromisoformat(row["InvoiceDate"])
                        bought = invoices[row["CustomerID"]]
                        bought[row["InvoiceNo"]] = min(at, bought.get(row["InvoiceNo"], at))
        days = {customer: sorted(at.date() for at in bought.values()) for customer, bought in invoices.items()}
        active = {customer: {day.replace(day=1) for day in bought} for customer, bought in days.items()}
        months = sorted({month for seen in active.values() for month in seen})
        ((as_of,),) = online_retail.ask("select as_of_date from metadata.as_of")
        assert (len(months), as_of) == (13, date(2011, 12, 9))
        grid, windows, balance = {}, {}, {}
        for cohort in months:
            members = [customer for customer, seen in active.items() if min(seen) == cohort]
            for since, month in enumerate(months[months.index(cohort) :]):
                here = sum(month in active[customer] for customer in members)
                repeaters = sum(days[customer][1:2] != [] and days[customer][1].replace(day=1) <= month
                                for customer in members)  # fmt: skip
                grid[cohort, since] = (len(members), here, here / len(members), repeaters / len(members),
                                       month < date(2011, 12, 1))  # fmt: skip
            for length in (30, 60, 90, 180, 365):
                seen = [customer for customer in members if (as_of - days[customer][0]).days >= length]
                back = [customer for customer in seen if len(days[customer]) > 1
                        and (days[customer][1] - days[customer][0]).days <= length]  # fmt: skip
                windows[cohort, length] = (len(members), len(seen), len(back), len(back) / len(seen) if seen else None)
        for before, month in zip([None, *months], months, strict=False):
            here = {customer for customer, seen in active.items() if month in seen}
            there = {customer for customer, seen in active.items() if before in seen}
            new = {customer for customer in here if min(active[customer]) == month}
            balance[month] = (len(there), len(new), len(here - there - new), len(there - here), len(here))
        assert grid == rows_by_key(
            online_retail,
            "cohort_month, months_since, cohort_customers, active_customers, retention_rate, repeat_share, is_complete",
            "customer_retention",
        )
        assert windows == rows_by_key(
            online_retail,
            "cohort_month, window_days, cohort_customers, observed_customers, repeat_customers, repeat_share",
            "repeat_windows",
        )
        assert {(month,): row for month, row in balance.items()} == rows_by_key(
            online_retail,
            "month, active_before, new_customers, returned_customers, lapsed_customers, active_customers",
            "retention_monthly",
            keys=1,
        )
        assert {(customer.removesuffix(".0"),): ((bought[1] - bought[0]).days if len(bought) > 1 else None, len(bought))
                for customer, bought in days.items()} == rows_by_key(
            online_retail,
            "customer_id, days_to_second_order, order_count",
            "second_orders where first_order_on is not null",
            keys=1,
        )  # fmt: skip

    def test_the_lifecycle_says_more_than_a_guess(self, online_retail: Shop) -> None:
        """Who bought within 90 days after June, by the stages of June; judged by those whom their hash leaves out."""
        day = date(2011, 6, 30)
        stages = dict(
            online_retail.ask(
                "select customer_id, lifecycle_stage from marts.customer_segments_monthly "
                f"where month_end = date '{day}' and order_count > 0"
            )
        )
        next_buyers = {
            customer
            for customer, on in online_retail.ask_private(
                "select customer_id, ordered_on from core.fct_orders where is_counted and customer_id is not null"
            )
            if 0 < (on - day).days <= 90
        }
        fitted, judged = defaultdict(list), []
        for customer, stage in stages.items():
            draw = int(md5(f"lifecycle holdout {customer}".encode()).hexdigest()[:5], 16) / 16**5
            if draw < 0.3:
                judged.append((stage, customer in next_buyers))
            else:
                fitted[stage].append(customer in next_buyers)
        everybody = [came for came_of in fitted.values() for came in came_of]
        most = {stage: 2 * sum(came) > len(came) for stage, came in fitted.items()}
        accuracy = sum(most[stage] == came for stage, came in judged) / len(judged)
        guess = sum((2 * sum(everybody) > len(everybody)) == came for _, came in judged) / len(judged)
        told = {
            model: numbers
            for model, *numbers in online_retail.ask(
                "select model, fit_on, customer_count, holdout_count, base_rate::double, accuracy::double "
                "from marts.segment_models where model like 'lifecycle %'"
            )
        }
        assert told["lifecycle rules"] == [
            day, len(everybody), len(judged), pytest.approx(guess, abs=1e-6), pytest.approx(accuracy, abs=1e-6)
        ]  # fmt: skip
        assert guess + 0.1 < accuracy < told["lifecycle tree"][-1]

    def test_who_looks_premium_is_better_than_a_guess(self, online_retail: Shop) -> None:
        found = online_retail.ask(
            "select base_rate, accuracy, verdict from marts.segment_models where model like 'premium %' order by model"
        )
        assert len(found) == 2
        for base_rate, accuracy, verdict in found:
            # premium are a fifth of those who earn, and of the customers a little less
            assert Decimal("0.78") < base_rate < Decimal("0.82")
            assert accuracy > base_rate + Decimal("0.1")
            assert verdict == "better than guessing the commoner outcome"

    def test_what_goes_together_hits_more_than_what_sells_best(self, online_retail: Shop) -> None:
        found = dict(online_retail.ask("select method, hit_rate from marts.recommendation_validation"))
        assert found["bought together"] > found["most popular"] + Decimal("0.05")
        assert online_retail.ask(
            "select count(distinct customer_id), max(offer_rank) from marts.product_recommendations"
        ) == [(4372, 5)]

    def test_no_ratio_is_there_without_a_denominator(self, online_retail: Shop) -> None:
        assert ratios.without_denominator(online_retail.ask_private) == []

    def test_its_page_is_whole_though_it_hands_in_neither_marketing_nor_service(self, online_retail: Shop) -> None:
        assert pages.odd(online_retail, least_charts=12) == []


@pytest.mark.long
class TestMakeRun:
    """Of these shops the other tests ask what the models make without dbt's process and Dagster's job."""

    def test_of_online_retail_it_says_the_same_and_a_second_time_nothing_else(
        self, online_retail: Shop, shared_data: Path, build_shop: BuildShop
    ) -> None:
        folder = shared_data / "online_retail" / "by_day"
        shop = build_shop(folder, "--shop", "online_retail")
        assert published(shop) == published(online_retail)
        assert told_of_the_shop(shop) == told_of_the_shop(online_retail)
        done = refresh(shop.home.root, "--shop", "online_retail", "--input", str(folder))
        assert done.returncode == 0, done.stderr
        assert published(shop) == published(online_retail)

    def test_of_cdnow_it_says_the_same(self, cdnow: Shop, shared_data: Path, build_shop: BuildShop) -> None:
        assert published(build_shop(shared_data / "cdnow", "--shop", "cdnow")) == published(cdnow)


class TestCdnow:
    def test_the_customers_and_their_sales_are_those_of_the_file(self, cdnow: Shop, shared_data: Path) -> None:
        purchases = set_of_purchases(shared_data)
        assert cdnow.ask("select count(*), sum(net_sales), sum(order_count)::int from marts.customers") == [
            (23_570, sum(value for _, _, _, value in purchases), len(purchases))
        ]

    def test_no_ratio_is_there_without_a_denominator(self, cdnow: Shop) -> None:
        assert ratios.without_denominator(cdnow.ask_private) == []

    def test_its_page_is_whole_though_its_last_order_is_long_ago(self, cdnow: Shop) -> None:
        assert pages.odd(cdnow, least_charts=12) == []

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

    @pytest.mark.parametrize("day", [date(1997, 12, 31), date(1998, 6, 30)])
    def test_a_month_end_equals_an_independent_implementation(self, cdnow: Shop, shared_data: Path, day: date) -> None:
        """RFM, rhythm and stage of life, from the purchases until the day; the last one is tonight's."""
        bought: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        for customer, on, _, value in set_of_purchases(shared_data):
            if on <= day:
                bought[customer].append((on, value))
        days = {customer: sorted({on for on, _ in purchases}) for customer, purchases in bought.items()}
        gaps = {customer: [(later - earlier).days for earlier, later in pairwise(on)] for customer, on in days.items()}
        all_gaps = sorted(gap for own in gaps.values() for gap in own)
        shop_gap = all_gaps[(len(all_gaps) + 1) // 2 - 1]
        recency = scores({customer: on[-1].toordinal() for customer, on in days.items()})
        frequency = scores({customer: len(purchases) for customer, purchases in bought.items()})
        monetary = scores({customer: sum(value for _, value in purchases) for customer, purchases in bought.items()})
        expected, rhythms = {}, {}
        for customer, on in days.items():
            own = gaps[customer]
            rhythm = (
                Fraction(3 * shop_gap + len(own) * Fraction(median(own)), 3 + len(own)) if own else Fraction(shop_gap)
            )
            rhythm = max(rhythm, Fraction(1))
            quiet = (day - on[-1]).days / rhythm
            pace = None
            if len(own) >= 3 and median(own) > 0:
                pace = Fraction(sum(own[-3:]), 3) / Fraction(median(own))
            pause = own[-1] / rhythm if own else None
            rhythms[customer] = rhythm
            stage = stage_of_life(len(on), quiet, pause, pace)
            expected[customer] = (recency[customer], frequency[customer], monetary[customer], stage)
        ours = {
            customer: (told, Fraction(rhythm))
            for customer, *told, rhythm in cdnow.ask(
                "select customer_id, recency_score, frequency_score, monetary_score, lifecycle_stage, rhythm_days "
                f"from marts.customer_segments_monthly where month_end = date '{day}'"
            )
        }
        assert len(ours) == 23_570
        assert {who: tuple(told) for who, (told, _) in ours.items()} == expected
        # four decimals are told
        assert all(abs(rhythm - rhythms[who]) <= Fraction(1, 20_000) for who, (_, rhythm) in ours.items())

    def test_abc_equals_an_independent_implementation(self, cdnow: Shop) -> None:
        """By exact cents, from the contributions that the profit marts tell."""
        amounts = dict(cdnow.ask("select customer_id, contribution_2_last_12_months from marts.customer_profit"))
        everything, before, expected = sum(amount for amount in amounts.values() if amount > 0), Decimal(0), {}
        for customer in sorted(amounts, key=lambda who: (-amounts[who], who)):
            amount = amounts[customer]
            if amount <= 0:
                expected[customer] = "loss" if amount < 0 else "C"
                continue
            share = Fraction(before) / Fraction(everything)
            expected[customer] = "A" if share < Fraction(8, 10) else "B" if share < Fraction(95, 100) else "C"
            before += amount
        assert dict(cdnow.ask("select customer_id, abc_tier from marts.customer_segments")) == expected
        assert {"A", "B", "C"} <= set(expected.values())


def told_of_the_shop(shop: Shop) -> list[str]:
    """What the summary says of rows and money; how many checks there were and how long it took are of another kind."""
    _, _, told = shop.printed.partition("\nonline_retail, as of ")
    return [line for line in told.splitlines() if not line.startswith(("Checks", "Published", "Report", "Took"))]


def stage_of_life(purchases: int, quiet: Fraction, pause: Fraction | None, pace: Fraction | None) -> str:
    """The rules of `lifecycle_rules.csv`, told once more."""
    if quiet >= 5:
        return "lost"
    if quiet >= Fraction(5, 2):
        return "dormant"
    if quiet >= Fraction(3, 2):
        return "declining"
    if pause is not None and pause >= Fraction(5, 2):
        return "returned"
    if purchases == 1:
        return "new"
    if purchases < 4:
        return "growing"
    if pace is not None and pace < Fraction(8, 10):
        return "growing"
    if pace is not None and pace >= Fraction(3, 2):
        return "declining"
    return "mature"


def rows_by_key(shop: Shop, columns: str, mart: str, keys: int = 2) -> dict[tuple, tuple]:
    """Rows of a mart by the first of the columns."""
    return {row[:keys]: row[keys:] for row in shop.ask(f"select {columns} from marts.{mart}")}


def set_of_purchases(shared_data: Path) -> set[tuple[str, date, str, Decimal]]:
    """The lines of the file after its header; an exact duplicate is one line delivered twice."""
    _, *lines = (shared_data / "cdnow" / "CDNOW_master.txt").read_text(encoding="utf-8").splitlines()
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
