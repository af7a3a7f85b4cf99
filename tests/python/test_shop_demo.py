"""The demo shop, from its files to what is published, the way `make run` builds it.

What a number should be comes from elsewhere: from the generator's truth, or from plain Python.
"""

from __future__ import annotations

import csv
import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from math import log, log1p
from pathlib import Path
from unittest import mock
from zoneinfo import ZoneInfo

import at_once
import duckdb
import pages
import pytest
import ratios
from conftest import Shop, reconciles, refresh
from readers.connections import TestConnections  # noqa: F401
from readers.mart_pages import TestMartPages  # noqa: F401
from readers.metrics import TestMetrics, demo_settings, in_a_month, metric_answers  # noqa: F401

from expectations import catalogue, judge, leaving, on_duckdb
from orchestration import compiled
from orchestration import customer as customer_sheet
from orchestration.benchmark import floor, in_pandas
from orchestration.demo_shop import generate
from orchestration.paths import Home
from orchestration.refresh.settings import Settings, model_vars
from orchestration.report.formats import Formats
from orchestration.report.texts import Texts

BuildShop = Callable[..., Shop]
Capture = pytest.CaptureFixture[str]
EURO = Formats(Texts(), "EUR")
EURO_IN_CHINESE = Formats(Texts("zh"), "EUR")


@pytest.fixture(scope="module")
def demo_input(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "input"
    generate(folder, customers=400, seed=7, progress=lambda line: None)
    return folder


@pytest.fixture(scope="module")
def demo(demo_input: Path, build_shop: BuildShop) -> Shop:
    return build_shop(demo_input)


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

    def test_the_work_that_customers_cause_costs_them_what_it_truly_takes(self, demo: Shop, demo_input: Path) -> None:
        """The ledger's cost of a minute times the minutes that the generator says they took, in plain Python."""
        pools = {
            (pool, month): Fraction(amount) / Fraction(capacity)
            for month, pool, amount, capacity in duckdb.sql(
                "select cast(month as date), pool, cast(amount as decimal(20,4)), "
                "cast(practical_capacity as decimal(20,3)) "
                f"from read_csv('{demo_input}/cost_pools.csv', all_varchar = true) "
                "where practical_capacity is not null and try_cast(amount as decimal(20,4)) is not null"
            ).fetchall()
        }
        minutes = {
            "warehouse": "order_count * 4 + line_count * 0.7",
            "returns_handling": "return_count * 8.5",
            "customer_service": "service_minutes",
        }
        truth = duckdb.sql(
            f"""
            select resolved_customer_id, month, sum(shipping_cost - shipping_charged + shipping_refunded),
                {", ".join(f"sum({sql}) as {pool}" for pool, sql in minutes.items())}
            from read_parquet('{demo_input}/_truth/customer_months/*.parquet')
            where customer_id is not null
            group by all
            """
        ).fetchall()
        ours = {
            (customer, month): (fulfilment, service)
            for customer, month, fulfilment, service in demo.ask(
                "select customer_id, month, fulfilment, service from marts.customer_profit_monthly "
                "where profit_owner = 'customer'"
            )
        }
        assert len(pools) == 3 * 36
        wrong = []
        for customer, month, carriers, *used in truth:
            warehouse, returns, service = (
                pools[pool, month] * Fraction(units) for pool, units in zip(minutes, used, strict=True)
            )
            true = (Fraction(carriers) + warehouse + returns, service)
            built = ours.get((customer, month), (Decimal(0), Decimal(0)))
            # A share of a pool is rounded to the cent, up or down; a foreign amount may be a cent off besides.
            if abs(true[0] - Fraction(built[0])) > Fraction("0.04") or abs(true[1] - Fraction(built[1])) > Fraction(
                "0.01"
            ):
                wrong.append((customer, month, [float(amount) for amount in true], built))
        assert sum(service > 0 for _, service in ours.values()) > 100
        assert not wrong

    def test_the_chief_marts_are_those_of_queries_written_by_hand(self, demo: Shop) -> None:
        """Statement, orders, customers, company, cohorts, RFM, ABC, formula value: every row, guests included."""
        with duckdb.connect() as connection:
            connection.execute(f"attach '{demo.home.warehouse}' as warehouse (read_only)")
            connection.execute("attach ':memory:' as floor")
            floor.make(connection, ("pools", *floor.CHIEF, *floor.BESIDES))
            for mart in floor.CHIEF:
                ours, theirs = (
                    {column[:2] for column in connection.execute(f"describe {schema}.{mart}").fetchall()}
                    for schema in ("warehouse.marts", "floor")
                )
                assert ours == theirs, mart
            found = floor.compare(connection)
            # a cent, a last bit that is none, a row more and a row less are seen
            connection.execute("update floor.order_profit set refunds = refunds + 0.01 where order_id = "
                               "(select min(order_id) from floor.order_profit)")  # fmt: skip
            connection.execute("update floor.customer_profit set margin = margin * 1.000001 where customer_id = "
                               "(select min(customer_id) from floor.customer_profit where margin <> 0)")  # fmt: skip
            connection.execute("insert into floor.customer_abc select 'nobody', 0, 'C'")
            connection.execute("delete from floor.customer_rfm where customer_id = "
                               "(select max(customer_id) from floor.customer_rfm)")  # fmt: skip
            again = floor.compare(connection)
        assert set(found) == set(floor.KEYS)
        assert min(rows for rows, _ in found.values()) == 36
        assert [table for table, (_, differing) in found.items() if differing] == []
        assert {table: differing for table, (_, differing) in again.items() if differing} == {
            "order_profit": 1, "customer_profit": 1, "customer_abc": 1, "customer_rfm": 1
        }  # fmt: skip

    def test_the_chief_marts_in_pandas_are_the_same(self, demo: Shop, tmp_path: Path) -> None:
        """Every row and every column, from the same facts, by another language and in floats."""
        home = Home(tmp_path)
        home.private.mkdir()
        home.warehouse.symlink_to(demo.home.warehouse)
        in_pandas.chief_marts(home, "1GB")
        found = in_pandas.differences(home, "1GB")
        assert tuple(found) == floor.CHIEF
        assert min(rows for rows, _ in found.values()) == 36
        assert [mart for mart, (_, differing) in found.items() if differing] == []

    def test_every_pool_of_the_ledger_is_spent_to_the_cent(self, demo: Shop, demo_input: Path) -> None:
        ledger = dict(
            duckdb.sql(
                "select pool, sum(cast(amount as decimal(18,2))) "
                f"from read_csv('{demo_input}/cost_pools.csv', all_varchar = true) "
                "where try_cast(amount as decimal(18,2)) is not null group by pool"
            ).fetchall()
        )
        ours = dict(demo.ask("select pool, sum(assigned + idle + unassigned) from marts.cost_pool_usage group by pool"))
        assert len(ours) == 7
        assert ours == ledger

    def test_the_company_is_what_the_generator_sold_and_gave_back(self, demo: Shop, demo_input: Path) -> None:
        """Guests included, month by month; an amount in another currency may be a cent off."""
        truth = duckdb.sql(
            "select month, sum(gross_sales), sum(discounts), sum(refunds), sum(cogs) "
            f"from read_parquet('{demo_input}/_truth/customer_months/*.parquet') group by month order by month"
        ).fetchall()
        ours = demo.ask(
            "select month, gross_sales, discounts, refunds, cogs from marts.company_profit_monthly "
            "where order_count > 0 order by month"
        )
        assert len(ours) == 36
        assert [row[0] for row in truth] == [row[0] for row in ours]
        for true, built in zip(truth, ours, strict=True):
            assert all(abs(a - b) <= Decimal("0.10") for a, b in zip(true[1:], built[1:], strict=True)), (true, built)

    def test_the_whale_curve_is_the_customers_best_first(self, demo: Shop) -> None:
        profits = sorted(
            (
                profit
                for (profit,) in demo.ask(
                    "select net_profit from marts.customer_profit where order_count > 0 or net_profit <> 0"
                )
            ),
            reverse=True,
        )
        for percentile, count, cumulative in demo.ask(
            "select customer_percentile, customer_count, cumulative_profit from marts.profit_curve"
        ):
            assert count == -(-percentile * len(profits) // 100)
            assert cumulative == sum(profits[:count])

    def test_channels_have_won_whom_the_generator_sent(self, demo: Shop, demo_input: Path) -> None:
        """The true channel of everyone who has ordered, merged accounts as one."""
        truth = dict(
            duckdb.sql(
                f"""
                select resolved_customer_id, first(acquisition_channel order by first_order_at)
                from read_parquet('{demo_input}/_truth/customers/*.parquet')
                where order_count > 0
                group by 1
                """
            ).fetchall()
        )
        ours = dict(
            demo.ask("select customer_id, acquisition_channel from marts.customers where acquired_on is not null")
        )
        named = {customer: channel for customer, channel in ours.items() if channel != "unattributed"}
        right = sum(truth.get(customer) == channel for customer, channel in named.items())
        assert len(named) > 300
        # Some are touched once more, by a visit of their own, between what won them and the first order.
        assert right >= 0.97 * len(named)
        won = Counter(ours.values())
        assert won == Counter(
            dict(
                demo.ask(
                    "select channel, sum(new_customers)::int from marts.acquisition_costs "
                    "group by channel having sum(new_customers) > 0"
                )
            )
        )

    def test_channels_cost_what_they_truly_did(self, demo: Shop, demo_input: Path) -> None:
        """Spend of the files by the customers that the generator sent: by campaign, by channel, by month.

        Left out are those of whom the shop has nothing on record: no touch, and "direct" or no word in its own list.
        """
        as_of = demo.ask("select as_of_date from metadata.as_of")[0][0]
        spent = duckdb.sql(
            f"""
            select channel, campaign, cast(date_trunc('month', spend_date) as date), sum(amount * coalesce(rate, 1))
            from read_parquet('{demo_input}/marketing_spend.parquet') as spend
            left join (
                -- A month's mean is as near as a hundredth asks for.
                select currency, left(rate_date, 7) as month, avg(try_cast(rate_to_reporting as double)) as rate
                from read_csv('{demo_input}/fx_rates.csv', all_varchar = true)
                group by all
            ) as rates on spend.currency = rates.currency and strftime(spend_date, '%Y-%m') = rates.month
            where purpose = 'acquisition' and spend_date <= date '{as_of}'
            group by all
            """
        ).fetchall()
        sent = duckdb.sql(
            f"""
            select resolved_customer_id, channel, campaign, month
            from (
                select
                    resolved_customer_id,
                    first(acquisition_channel order by first_order_at) as channel,
                    first(acquisition_campaign order by first_order_at) as campaign
                from read_parquet('{demo_input}/_truth/customers/*.parquet')
                group by 1
            )
            inner join (
                select resolved_customer_id, min(month) as month
                from read_parquet('{demo_input}/_truth/customer_months/*.parquet')
                where order_count > 0 and customer_id is not null
                group by 1
            ) using (resolved_customer_id)
            """
        ).fetchall()
        unheard_of = {
            customer
            for (customer,) in demo.ask(
                "select customer_id from marts.customer_acquisition "
                "where touch_count = 0 and acquisition_channel in ('direct', 'unattributed')"
            )
        }
        assert len(unheard_of) <= 0.03 * len(sent)
        true: dict[tuple, list] = defaultdict(lambda: [Decimal(0), 0])
        for channel, campaign, month, amount in spent:
            for place in ((channel, campaign, month), (channel, month), (month,)):
                true[place][0] += Decimal(amount)
        for customer, channel, campaign, month in sent:
            # A channel's cost is of whom it is known to have won; the blended cost is of everyone.
            for place in ((channel, campaign, month), (channel, month)) if customer not in unheard_of else ():
                true[place][1] += 1
            true[month,][1] += 1
        costs = {place: amount / won for place, (amount, won) in true.items() if amount and won}
        built: dict[tuple, Decimal] = {}
        for channel, campaign, month, paid, of_channel, blended in demo.ask(
            "select channel, campaign, month, paid_acquisition_cost, channel_acquisition_cost, "
            "blended_acquisition_cost from marts.acquisition_costs"
        ):
            assert built.setdefault((channel, month), of_channel) == of_channel
            assert built.setdefault((month,), blended) == blended
            built[channel, campaign, month] = paid
        assert len({place[0] for place in costs if len(place) == 3}) == 6
        assert {place for place, cost in built.items() if cost is not None} == costs.keys()
        # What costs cents is as near as a cent.
        assert not {
            place: (cost, built[place])
            for place, cost in costs.items()
            if abs(built[place] - cost) > max(cost / 100, Decimal("0.01"))
        }

    def test_each_attribution_spends_all_that_was_spent(self, demo: Shop) -> None:
        ((spend, nobodys),) = demo.ask(
            "select sum(spend), (select sum(acquisition_marketing) from marts.customer_profit_monthly "
            "where profit_owner = 'unassigned') from marts.acquisition_costs"
        )
        ((statement, last, first, linear),) = demo.ask(
            "select sum(acquisition_cost), sum(last_touch_cost), sum(first_touch_cost), sum(linear_touch_cost) "
            "from marts.customer_acquisition"
        )
        assert statement == last
        # What won nobody differs from rule to rule, and is the company's; the brand is too.
        ((brand,),) = demo.ask_private("select sum(amount) from core.fct_marketing_spend where purpose = 'brand'")
        assert statement + nobodys - brand == spend
        assert 0 < first <= spend
        assert 0 < linear <= spend
        assert (
            demo.ask("select count(*) from marts.customer_acquisition where first_touch_channel <> last_touch_channel")[
                0
            ][0]
            > 50
        )

    def test_no_ratio_is_there_without_a_denominator(self, demo: Shop) -> None:
        assert ratios.without_denominator(demo.ask_private) == []

    def test_spend_is_that_of_the_files(self, demo: Shop, demo_input: Path) -> None:
        """Plain Python over what was landed and is in the reporting currency; foreign spend goes by its rates."""
        spent: Counter[str] = Counter()
        foreign = set()
        as_of = demo.ask("select as_of_date from metadata.as_of")[0][0]
        rows = duckdb.sql(
            "select channel, purpose, amount, currency "
            f"from read_parquet('{demo_input}/marketing_spend.parquet') where spend_date <= date '{as_of}'"
        ).fetchall()
        for channel, purpose, amount, currency in rows:
            if currency not in (None, "EUR"):
                foreign.add(channel)
            elif purpose == "acquisition":
                spent[channel] += amount
        ours = dict(
            demo.ask("select channel, sum(spend) from marts.acquisition_costs group by channel having sum(spend) > 0")
        )
        assert foreign
        assert {c: v for c, v in ours.items() if c not in foreign} == {
            c: v.quantize(Decimal("0.01")) for c, v in spent.items() if c not in foreign
        }

    def test_who_was_active_and_retained_is_plain_python_over_the_facts(self, demo: Shop) -> None:
        months: dict[str, set[date]] = defaultdict(set)
        for customer, day in demo.ask_private(
            "select customer_id, ordered_on from core.fct_orders where is_counted and customer_id is not null"
        ):
            months[customer].add(day.replace(day=1))
        active, retained = Counter(), Counter()
        for seen in months.values():
            for month in seen:
                active[month] += 1
                before = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
                retained[month] += before in seen
        ours = demo.ask(
            "select month, sum(active_customers)::int, sum(retained_customers)::int from marts.retention_costs "
            "group by month having sum(active_customers) > 0"
        )
        assert {month: (a, r) for month, a, r in ours} == {month: (active[month], retained[month]) for month in active}

    def test_the_formula_value_is_plain_python_over_the_facts(self, demo: Shop) -> None:
        orders: dict[str, list[date]] = defaultdict(list)
        for customer, day in demo.ask_private(
            "select customer_id, ordered_on from core.fct_orders where is_counted and customer_id is not null"
        ):
            orders[customer].append(day)
        as_of = demo.ask("select as_of_date from metadata.as_of")[0][0]
        lives = [Fraction((max(days) - min(days)).days, 1) / Fraction("365.25") for days in orders.values()]
        gap = sum(lives) / sum(len(days) - 1 for days in orders.values())
        lifespan = max(sum(lives) / len(lives), gap)
        values = demo.ask("select customer_id, historic_value, formula_value from marts.customer_lifetime_value")
        for customer, historic, formula in values:
            if customer not in orders:
                assert formula is None
                continue
            observed = max(Fraction((as_of - min(orders[customer])).days, 1) / Fraction("365.25"), gap)
            assert abs(float(Fraction(historic) / observed * lifespan) - float(formula)) < 0.006

    def test_what_remains_after_keeping_them_is_plain_python_over_the_facts(self, demo: Shop) -> None:
        kept: dict[str | None, Decimal] = defaultdict(Decimal)
        for customer, amount in demo.ask_private(
            "select customer_id, amount from core.fct_profit_entries "
            "where statement_line in ('service', 'loyalty', 'retention_marketing')"
        ):
            kept[customer] += amount
        days: dict[str, set[date]] = defaultdict(set)
        for customer, day in demo.ask_private("select customer_id, ordered_on from core.fct_orders where is_counted"):
            days[customer].add(day)
        values = demo.ask(
            "select customer_id, historic_value, net_historic_value, keeping_cost_per_order, predicted_value_365d, "
            "net_predicted_value_365d, expected_orders_365d from marts.customer_lifetime_value"
        )
        assert sum(net < value for _, value, net, *_ in values) > len(values) / 10
        for customer, value, net, rate, expected, net_expected, orders in values:
            assert value - net == kept[customer]
            if customer not in days:
                assert rate is None and net_expected is None
                continue
            exact = kept[customer] / len(days[customer])
            assert abs(rate - exact) <= Decimal("0.005")
            assert abs(expected - net_expected - orders * exact) <= Decimal("0.01") + abs(exact) / 1_000_000

    def test_what_customers_are_worth_each_month_is_plain_python_over_facts_and_scores(self, demo: Shop) -> None:
        first: dict[str, date] = {}
        for customer, day in demo.ask_private(
            "select customer_id, ordered_on from core.fct_orders where is_counted and customer_id is not null"
        ):
            first[customer] = min(day.replace(day=1), first.get(customer, date.max))
        scores: dict[date, list[tuple]] = defaultdict(list)
        for month, *score in demo.ask_private(
            "select month, is_won, is_silent, customer_count, predicted_value, opening_value "
            "from predictions.equity_scores"
        ):
            scores[month].append(score)
        contributions = demo.ask(
            "select month, contribution_2 from marts.customer_profit_monthly where profit_owner = 'customer'"
        )
        months = demo.ask(
            "select month, customer_count, won_customers, past_value, predicted_value, opening_predicted_value, "
            "won_value, grown_value, lost_value, customer_equity from marts.customer_equity_monthly order by month"
        )
        assert len(months) == 12
        before = sum(predicted for *_, predicted, _ in scores[min(scores)])
        for month, count, won, past, predicted, opening, won_value, grown, lost, equity in months:
            assert count == sum(since <= month for since in first.values())
            assert won == sum(since == month for since in first.values())
            assert past == sum(amount for when, amount in contributions if when <= month)
            assert equity == past + predicted
            of_won = sum(value for is_won, _, _, value, _ in scores[month] if is_won)
            of_silent = [(value, then) for _, is_silent, _, value, then in scores[month] if is_silent]
            of_others = sum(value for is_won, is_silent, _, value, _ in scores[month] if not is_won and not is_silent)
            others_before = before - sum(then for _, then in of_silent)
            told = (predicted, opening, won_value, lost, grown)
            true = (
                *(of_won + of_others + sum(value for value, _ in of_silent), before, of_won),
                *(sum(then - value for value, then in of_silent), of_others - others_before),
            )
            # Each is rounded once; what has grown is made of rounded ones.
            assert all(abs(a - b) <= Decimal("0.02") for a, b in zip(told, true, strict=True)), (month, told, true)
            before = true[0]
        assert sum(won_value > 0 and lost > 0 and grown != 0 for *_, won_value, grown, lost, _ in months) > 6
        # Tonight's is what each customer is told to bring: there grouped by history, here one by one and in cents.
        ((horizon, count),) = demo.ask(
            "select sum(predicted_value_horizon), count(*) from marts.customer_lifetime_value "
            "where customer_id in (select customer_id from marts.customers where order_count > 0)"
        )
        assert horizon > 1000 and abs(horizon - months[-1][4]) <= Decimal("0.005") * count

    def test_who_pays_on_the_day_is_in_good_standing(self, demo: Shop) -> None:
        """By card one pays a minute after it is due: in time. Plain Python over the payments."""
        judged: dict[str, list[bool]] = defaultdict(list)
        at_once = set()
        for customer, method, status, paid_at, due_at, bad_debt in demo.ask_private(
            "select customer_id, method, status, paid_at, due_at, bad_debt from core.fct_payments "
            "where customer_id is not null"
        ):
            if status == "paid":
                is_dated = None not in (paid_at, due_at)
                judged[customer].append(not is_dated or in_berlin(paid_at) <= in_berlin(due_at))
                at_once |= {customer} if is_dated and method == "card" and paid_at > due_at else set()
                continue
            is_due = due_at is not None and in_berlin(due_at) <= date(2025, 12, 31)
            if status == "chargeback" or (status == "failed" and bad_debt) or (status == "open" and is_due):
                judged[customer].append(False)
        assert len([customer for customer in at_once if all(judged[customer])]) > 50
        assert {customer: (len(good), round(sum(good) / len(good), 6)) for customer, good in judged.items()} == {
            customer: (count, float(share))
            for customer, count, share in demo.ask_private(
                "select customer_id, payment_count, round(good_share, 6) from segmentation.credit_standings"
            )
        }

    def test_abc_tiers_are_plain_python_over_the_profits(self, demo: Shop) -> None:
        profits = demo.ask("select customer_id, contribution_2_last_12_months from marts.customer_profit")
        earners = sorted(
            ((profit, customer) for customer, profit in profits if profit > 0), key=lambda e: (-e[0], e[1])
        )
        total = sum(profit for profit, _ in earners)
        expected = {customer: "loss" if profit < 0 else "C" for customer, profit in profits}
        before = Decimal(0)
        for profit, customer in earners:
            share = Fraction(before) / Fraction(total)
            expected[customer] = "A" if share < Fraction("0.8") else "B" if share < Fraction("0.95") else "C"
            before += profit
        assert dict(demo.ask("select customer_id, abc_tier from marts.customer_segments")) == expected
        assert set(expected.values()) == {"A", "B", "C", "loss"}

    def test_customers_add_up_to_the_company(self, demo: Shop) -> None:
        assert reconciles(demo)

    def test_what_is_published_says_which_run_made_it(self, demo: Shop) -> None:
        ((run_id,),) = demo.ask("select run_id from metadata.run")
        assert demo.home.current.resolve().name == run_id
        assert demo.ask("select count(*) from metadata.check_results where not passed and is_critical") == [(0,)]

    def test_the_parquet_is_there(self, demo: Shop) -> None:
        marts = demo.ask("select count(*) from marts.customers")[0][0]
        parquet = duckdb.sql(f"select count(*) from '{demo.home.current}/parquet/customers.parquet'").fetchone()[0]
        assert marts == parquet > 350

    def test_the_report_page_has_all_its_sections_in_both_languages(self, demo: Shop) -> None:
        assert pages.odd(demo, least_charts=14) == []

    def test_the_sheet_of_a_customer_says_what_the_tables_say(self, demo: Shop, capsys: Capture) -> None:
        """Of the best, the worst, the first on the list, one held out and one who has never ordered."""
        chosen = [
            "order by net_profit desc limit 1", "order by net_profit limit 1", "where order_count = 0 limit 1",
            "where customer_id in (select customer_id from marts.retention_list where list_rank = 1)",
            "where customer_id in (select customer_id from marts.retention_list where is_held_out) limit 1",
        ]  # fmt: skip
        with mock.patch.dict(os.environ, {"WAREHOUSE_HOME": str(demo.home.root)}):
            for which in chosen:
                ((customer_id,),) = demo.ask(f"select customer_id from marts.customers {which}")
                assert customer_sheet.main(["--id", customer_id]) == 0
                said = capsys.readouterr().out
                where = f"where customer_id = '{customer_id}'"
                ((profit, orders),) = demo.ask(
                    "select coalesce(sum(net_profit), 0), coalesce(sum(order_count), 0) "
                    f"from marts.customer_profit_monthly {where}"
                )
                assert f"Net profit: {EURO.money(profit)}" in said and f"Orders: {orders}" in said
                for order_id, contribution in demo.ask(
                    f"select order_id, contribution_2 from marts.order_profit {where}"
                ):
                    assert re.search(rf"{order_id} .* {re.escape(EURO.exact(contribution))}\n", said)
                listed = demo.ask(
                    f"select action, is_held_out, list_rank, reason_in_words from marts.retention_list {where}"
                )
                for action, is_held_out, rank, reason in listed:
                    assert f"Place {rank} on the retention list." in said
                    assert f"{reason[:1].upper()}{reason[1:]}." in said
                    assert (f"What to do: {action}, for" in said) != is_held_out
                    assert ("Leave alone: held out" in said) == is_held_out
                ((reason, line, share),) = demo.ask(
                    f"select loss_reason, loss_line, loss_line_share from marts.customer_profit_reasons {where}"
                )
                assert ("Why: " in said.split("Net sales:")[0]) == (reason is not None)
                if line and reason.endswith("segment"):
                    assert f"Why: {Texts().raw(f'lines.{line}')} {EURO.share(share)} of net sales, " in said
                page = customer_sheet.page_of(demo.home, customer_id).read_text(encoding="utf-8")
                assert f"customer {customer_id} · " in page and "<script" in page and "NaN" not in page
                assert customer_sheet.main(["--id", customer_id, "--language", "zh"]) == 0
                chinese = capsys.readouterr().out
                assert f"净利润: {EURO_IN_CHINESE.money(profit)}" in chinese
                assert ("原因：" in chinese.split("销售净额:")[0]) == (reason is not None)
                assert "its segment" not in chinese
                ((driver,),) = demo.ask(f"select largest_cost_driver from marts.customer_profit_reasons {where}")
                assert driver is None or re.search(
                    rf"除商品外最大的成本 +{Texts('zh').raw('customer.drivers')[driver]}\n", chinese
                )

    def test_the_sheet_of_nobody_says_who_is_like_them(self, demo: Shop, capsys: Capture) -> None:
        ((customer_id,),) = demo.ask(
            "select customer_id from marts.customers where starts_with(customer_id, '0') limit 1"
        )
        with mock.patch.dict(os.environ, {"WAREHOUSE_HOME": str(demo.home.root)}):
            assert customer_sheet.main(["--id", customer_id.lstrip("0")]) == 1
            assert f"numbers are text and keep their zeros. Did you mean {customer_id}" in capsys.readouterr().err
            assert customer_sheet.main(["--id", "' or true --"]) == 1
            assert capsys.readouterr().err == (
                "There is no customer '' or true --': numbers are text and keep their zeros.\n"
            )
            assert customer_sheet.main(["--id", ""]) == 1 and "make customer ID=" in capsys.readouterr().err
        assert customer_sheet.page_of(demo.home, "../../etc/x").parent == demo.home.private / "customers"

    def test_the_summary_is_one_that_a_person_reads(self, demo: Shop) -> None:
        for words in ("Rows in", "accepted", "quarantined", "Checks passed", "Customers", "Net sales", "Report page"):
            assert words in demo.printed

    # Of a small shop it is shown in test_shop_small.py each time; here it is what a month end of a larger one says.
    @pytest.mark.long
    def test_another_day_is_built_beside_tonight(self, demo: Shop, demo_input: Path) -> None:
        before = demo.home.current.resolve()
        done = refresh(demo.home.root, "--input", str(demo_input), "--as-of", "2024-06-30")
        assert done.returncode == 0, done.stderr
        assert demo.home.current.resolve() == before
        then = demo.home.root / "as_of" / "2024-06-30" / "published" / "current"
        (file,) = then.glob("*.duckdb")
        with duckdb.connect(str(file), read_only=True) as connection:
            assert connection.execute("select as_of_date from metadata.as_of").fetchone() == (date(2024, 6, 30),)
            past = connection.execute("select max(last_order_on), sum(order_count) from marts.customers").fetchone()
            told = connection.execute(
                "select customer_id, behaviour_cluster, lifecycle_stage, rfm_cell from marts.customer_segments"
            ).fetchall()
        ((known,),) = demo.ask(
            "select sum(order_count) from marts.customer_profit_monthly "
            "where profit_owner = 'customer' and month <= date '2024-06-01'"
        )
        assert past[0] <= date(2024, 6, 30)
        # Orders cancelled since then still stood that day, so the past may have more of them, and never fewer.
        assert known <= past[1] <= known * 1.05
        # Fits of that quarter end, made tonight and on the day, put everybody into the same cluster.
        assert len({cluster for _, cluster, *_ in told}) >= 4
        assert sorted(told) == demo.ask(
            "select customer_id, behaviour_cluster, lifecycle_stage, rfm_cell from marts.customer_segments_monthly "
            "where month_end = date '2024-06-30' order by customer_id"
        )


def in_berlin(moment: datetime) -> date:
    """The demo shop's day of a time in UTC."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin")).date()


class TestOffers:
    """What goes together, what is hot, what is offered: told once more in plain Python, over the facts."""

    @pytest.fixture(scope="class")
    def bought(self, demo: Shop) -> list[tuple]:
        """Order, customer, product, day, units and gross sales of each line of goods."""
        return demo.ask_private(
            "select order_id, customer_id, product_id, ordered_on, quantity, gross_sales from core.fct_order_lines "
            "where not is_charge"
        )

    @staticmethod
    def baskets_until(bought: list[tuple], cut: date) -> dict[str, set[str]]:
        """Products of each order of the year until the cut; stock orders are none."""
        found: dict[str, set[str]] = defaultdict(set)
        for order, _, product, day, units, _ in bought:
            if units > 0 and 0 <= (cut - day).days < 365:
                found[order].add(product)
        return {order: products for order, products in found.items() if len(products) <= 50}

    def test_pairs_are_those_of_the_baskets(self, demo: Shop, bought: list[tuple]) -> None:
        baskets = self.baskets_until(bought, demo.ask("select as_of_date from metadata.as_of")[0][0]).values()
        single = Counter(product for products in baskets for product in products)
        both = Counter(pair for products in baskets for pair in permutations(products, 2))
        least = max(5, Fraction(len(baskets), 2000))
        expected = {
            (one, other): (count, Fraction(count, len(baskets)), Fraction(count, single[one]),
                           Fraction(count * len(baskets), single[one] * single[other]))
            for (one, other), count in both.items() if count >= least
        }  # fmt: skip
        ours = {
            (one, other): measures
            for one, other, *measures in demo.ask(
                "select product_id, other_product_id, basket_count, support, confidence, lift from marts.product_pairs"
            )
        }
        assert len(expected) >= 4
        assert ours.keys() == expected.keys()
        for pair, (count, *shares) in ours.items():
            assert count == expected[pair][0]
            assert all(
                abs(Fraction(a) - b) < Fraction(1, 10**6) for a, b in zip(shares, expected[pair][1:], strict=True)
            )

    def test_hits_are_counted_as_by_hand(self, demo: Shop, bought: list[tuple]) -> None:
        """Both methods at the cut, from pairs to hits; nobody's offers are read from the models."""
        cut = demo.ask("select as_of_date from metadata.as_of")[0][0] - timedelta(days=90)
        baskets = self.baskets_until(bought, cut)
        in_baskets = Counter(product for products in baskets.values() for product in products)
        both = Counter(pair for products in baskets.values() for pair in permutations(products, 2))
        least = max(5, Fraction(len(baskets), 2000))
        sales: Counter[str] = Counter()
        last_sold: dict[str, date] = {}
        owned: dict[str, dict[str, date]] = defaultdict(dict)
        later: dict[str, set[str]] = defaultdict(set)
        for order, customer, product, day, units, gross in bought:
            if order in baskets and units > 0:
                sales[product] += gross
                last_sold[product] = max(day, last_sold.get(product, day))
            if customer is not None and day <= cut:
                owned[customer][product] = max(day, owned[customer].get(product, day))
            elif customer is not None:
                later[customer].add(product)
        offered = [product for product in sorted(in_baskets, key=lambda one: (-in_baskets[one], one))
                   if sales[product] > 0 and (cut - last_sold[product]).days < 90]  # fmt: skip
        place = {product: number for number, product in enumerate(offered, start=1)}
        goes_with: dict[str, list[tuple]] = defaultdict(list)
        for (one, other), count in both.items():
            lift = Fraction(count * len(baskets), in_baskets[one] * in_baskets[other])
            if count >= least and lift > 1:
                confidence = round(Fraction(count, in_baskets[one]), 6)
                goes_with[one].append((-confidence, -round(lift, 6), other))
        hits: Counter[str] = Counter()
        judged = [customer for customer in owned if later[customer] - owned[customer].keys()]
        for customer in judged:
            mine = owned[customer]
            scores: dict[str, Fraction] = defaultdict(Fraction)
            for one in sorted(mine, key=lambda product: (-mine[product].toordinal(), product))[:20]:
                for confidence, _, other in sorted(goes_with[one])[:20]:
                    scores[other] -= confidence
            candidates = [one for one in offered if one not in mine and (place[one] <= 50 or one in scores)]
            by_score = sorted(candidates, key=lambda one: (-scores.get(one, Fraction(-1)), place[one]))
            new = later[customer] - mine.keys()
            hits["bought together"] += bool(new & set(by_score[:5]))
            hits["most popular"] += bool(new & set(candidates[:5]))
        assert len(judged) > 50
        assert min(hits.values()) > 5
        assert {method: (count, hit) for method, count, hit in demo.ask(
            "select method, customer_count, hit_customers from marts.recommendation_validation"
        )} == {method: (len(judged), hit) for method, hit in hits.items()}  # fmt: skip
        in_use = dict(demo.ask("select method, is_in_use from marts.recommendation_validation"))
        assert in_use["bought together"] == (hits["bought together"] >= hits["most popular"])

    def test_a_hot_week_is_one_of_the_facts(self, demo: Shop, bought: list[tuple]) -> None:
        sold: Counter[tuple[str, date]] = Counter()
        for _, _, product, day, units, _ in bought:
            sold[product, day - timedelta(days=day.weekday())] += units
        seen: Counter[tuple[str, date, str]] = Counter()
        for product, kind, day in demo.ask_private(
            "select product_id, event_type, occurred_on from core.fct_web_events where product_id is not null"
        ):
            seen[product, day - timedelta(days=day.weekday()), kind] += 1
        ours = demo.ask("select product_id, week, units, favourite_count, view_count from marts.hot_products")
        assert len(ours) > 5000
        for product, week, units, favourites, views in ours:
            assert units == sold[product, week]
            assert (favourites, views) == (seen[product, week, "favourite"], seen[product, week, "view"])
        assert {(product, week) for product, week, *_ in ours} == {*sold, *(key[:2] for key in seen)}


class TestFitted:
    """What was fitted in Python and is applied in SQL: applied once more in plain Python."""

    def test_everybody_is_in_the_nearest_cluster(self, demo: Shop) -> None:
        as_of = demo.ask("select as_of_date from metadata.as_of")[0][0]
        days: dict[str, set[date]] = defaultdict(set)
        for customer, day in demo.ask_private(
            "select customer_id, ordered_on from core.fct_orders where is_counted and customer_id is not null"
        ):
            days[customer].add(day)
        measures = ("recency", "frequency", "order_value", "tenure")
        told = ", ".join(f"{measure}_{what}" for measure in measures for what in ("mean", "spread", "centre"))
        centres = {
            name: list(zip(*[iter(map(float, numbers))] * 3, strict=True))
            for name, *numbers in demo.ask(f"select cluster_name, {told} from marts.cluster_centroids where is_in_use")
        }
        assert len(centres) >= 3
        customers = demo.ask(
            "select customer_id, behaviour_cluster, order_count, net_sales from marts.customer_segments"
        )
        for customer, cluster, orders, net_sales in customers:
            if customer not in days:
                assert cluster is None
                continue
            bought = days[customer]
            known = (log1p((as_of - max(bought)).days), log(len(bought)),
                     log1p(max(float(net_sales), 0) / orders), log1p((as_of - min(bought)).days))  # fmt: skip
            distance = {
                name: sum(((amount - mean) / spread - centre) ** 2
                          for amount, (mean, spread, centre) in zip(known, numbers, strict=True))
                for name, numbers in centres.items()
            }  # fmt: skip
            assert distance[cluster] <= min(distance.values()) + 0.001
        assert len(days) > 300

    def test_a_discriminant_is_as_good_as_is_told(self, demo: Shop) -> None:
        """The published coefficients, on the traits of those left out."""
        weights = {
            trait: (float(weight), float(mean), float(spread))
            for trait, weight, mean, spread in demo.ask(
                "select trait, weight, trait_mean, trait_spread from marts.premium_traits where model = 'discriminant'"
            )
        }
        ((intercept,),) = demo.ask_private(
            "select amount from segmentation.premium_fits where model = 'discriminant' and row_kind = 'model'"
        )
        traits: dict[str, dict[str, float]] = defaultdict(dict)
        outcome: dict[str, bool] = {}
        for customer, is_premium, trait, amount in demo.ask_private(
            "select customer_id, is_premium, trait, amount from segmentation.premium_samples where is_held_out"
        ):
            traits[customer][trait] = float(amount)
            outcome[customer] = is_premium
        right = sum(
            (intercept + sum(weight * (traits[customer].get(trait, 0) - mean) / spread
                             for trait, (weight, mean, spread) in weights.items()) > 0) == is_premium
            for customer, is_premium in outcome.items()
        )  # fmt: skip
        ((count, accuracy),) = demo.ask(
            "select holdout_count, accuracy from marts.segment_models where model = 'premium discriminant'"
        )
        assert count == len(outcome) > 50
        assert abs(right / count - float(accuracy)) < 1e-6


RedWithout = Callable[[str, str], Iterator[str]]


@pytest.fixture(scope="module")
def project(demo: Shop) -> compiled.Project:
    """The models and tests of dbt, as they were compiled for the demo shop."""
    return compiled.compile_project(model_vars(Settings("demo", demo.home)))


@pytest.fixture(scope="module")
def red_without(demo: Shop, project: compiled.Project) -> Iterator[RedWithout]:
    """The critical claims that are red once a mart is without the rows of which a condition is true."""
    with closing(leaving.connect(demo.home)) as connection:
        for setting in compiled.SETTINGS:
            connection.execute(setting)
        source = on_duckdb.datasource(connection)

        def ask(mart: str, condition: str) -> Iterator[str]:
            table = project.nodes[mart].relation
            connection.execute(f"create or replace table left_of_it as from {table} where not ({condition})")
            for test in project.tests.values():
                without = replace(test, sql=test.sql.replace(table, "left_of_it"))
                if mart in test.parents and not at_once.test_result(connection, without).passed:
                    yield test.name
            connection.execute(f"create or replace view {mart} as from left_of_it")
            module = judge.LEAVING[mart]
            claims = [*module.MART.standing_claims(on_duckdb.columns(connection, mart)), *module.claims()]
            suite, batch = catalogue.Suite("leaving", mart), on_duckdb.batch(source, mart)
            found = judge.judge(suite, batch, claims, module.MART.key, shows_values=True)
            connection.execute(f"create or replace view {mart} as from {table}")
            yield from (result.expectation for result in found if result.is_critical and not result.passed)

        yield ask


class TestLostRows:
    """What a mart has lost is noticed by a claim of dbt, or of Great Expectations."""

    @pytest.mark.parametrize(
        ("mart", "condition", "claim"),
        [
            ("cost_pool_usage", "rowid = 0", "every_pool_of_a_month_is_told"),
            ("customer_equity_monthly", "rowid = 0", "each_month_with_customers_has_its_equity"),
            ("days", "day = (select max(day) from warehouse.marts.days)", "each_month_has_its_days"),
            ("days", "day = (select min(day) from warehouse.marts.days)", "each_month_has_its_days"),
            ("hot_products", "rowid = 0", "a_product_has_each_week_that_it_was_bought_or_looked_at"),
            ("lifecycle_cuts", "chosen_by = 'settings' and measure = 'pace'", "each_cut_of_the_lifecycle_is_judged"),
            ("lifecycle_cuts", "chosen_by = 'tree'", "each_cut_of_the_lifecycle_is_judged"),
            ("lifetime_value_models", "is_tonight and value_basis is null", "each_cut_and_group_has_its_fits"),
            ("lifetime_value_models", "is_tonight and value_basis = 'all'", "each_cut_and_group_has_its_fits"),
            ("lifetime_value_models", "not is_tonight and model = 'mbg_nbd'", "each_cut_and_group_has_its_fits"),
            ("lifetime_value_models", "not is_tonight and value_basis = 'all'", "each_cut_and_group_has_its_fits"),
            ("lifetime_value_validation", "not is_rival and target = 'orders'", "each_candidate_is_judged_at_each_cut"),
            ("lifetime_value_validation", "candidate = 'formula'", "each_candidate_is_judged_at_each_cut"),
            ("next_spend", "place = 1", "each_channel_paid_of_late_has_its_next_spend"),
            ("premium_traits", "rowid = 0", "every_trait_of_a_premium_fit_is_told"),
            ("product_abc", "rowid = 0", "every_product_that_is_no_charge_has_its_tier"),
            ("product_pairs", "product_id < other_product_id", "what_is_often_bought_together_is_a_pair"),
            ("product_recommendations", "rowid = 0", "everybody_is_offered_as_much_as_there_is"),
            ("recommendation_validation", "rowid = 0", "offers_are_judged_by_who_could_have_been_offered_anything"),
            ("retention_list", "rowid = 0", "whoever_is_worth_keeping_is_listed"),
            ("retention_effect", "reason = 'late'", "every_reason_of_the_settings_has_its_effect"),
            ("segment_models", "fit_on = (select min(fit_on) from warehouse.marts.segment_models)",
             "each_quarter_end_with_customers_has_its_segment_models"),
            ("segment_models", "model = 'premium tree'", "each_quarter_end_with_customers_has_its_segment_models"),
            ("segment_models", "model = 'lifecycle rules'", "each_quarter_end_with_customers_has_its_segment_models"),
            ("value_elasticities", "rowid = 0", "every_lever_of_the_settings_has_its_effect"),
        ],
    )  # fmt: skip
    def test_a_claim_of_dbt_notices(self, red_without: RedWithout, mart: str, condition: str, claim: str) -> None:
        assert claim in red_without(mart, condition)

    def test_no_mart_can_come_out_empty(self, red_without: RedWithout, project: compiled.Project) -> None:
        marts = [name for name, node in project.nodes.items() if node.kind == "model" and node.schema == "marts"]
        assert len(marts) >= 50
        assert list(red_without("customers", "false")) == []
        assert [mart for mart in marts if not any(red_without(mart, "true"))] == []
