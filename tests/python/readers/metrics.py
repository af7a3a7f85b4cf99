"""Metrics by MetricFlow are what SQL says, to the cent, of another mart than the metric's where there is one."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from conftest import Shop

from expectations.statement import LINES
from orchestration import metrics, parsed
from orchestration.paths import PROJECT
from orchestration.publish import MARTS_FILE
from orchestration.refresh import models
from orchestration.refresh.settings import Settings

STATEMENT = ["order_count", *LINES]


HALF_A_CENT = 0.005 + 1e-9
"""What lies between a quotient and the same rounded to the cent, as some marts have it."""


@dataclass(frozen=True)
class Case:
    """Metrics, by what they are grouped, and the query that says the same: first the groups, then the metrics."""

    metrics: str
    by: str
    sql: str
    within: float = 1e-6
    """How far apart two numbers may be: MetricFlow hands on doubles."""


def of_whole_months(*columns: str) -> str:
    """These columns of a mart, null where the month is not over."""
    return ", ".join(f"case when is_complete then {column} end" for column in columns)


CASES = [
    # The company's own mart is computed without looking at customers.
    Case(
        f"{' '.join(STATEMENT)} active_customers contribution_1_margin contribution_2_margin contribution_3_margin "
        "net_margin discount_share refund_share sales_per_order profit_per_order",
        "metric_time__month",
        f"select month, {', '.join(STATEMENT)}, customer_count, contribution_1 / nullif(net_sales, 0), "
        "contribution_2 / nullif(net_sales, 0), contribution_3 / nullif(net_sales, 0), "
        "net_profit / nullif(net_sales, 0), discounts / nullif(gross_sales, 0), refunds / nullif(gross_sales, 0), "
        "net_sales / nullif(order_count, 0), net_profit / nullif(order_count, 0) from marts.company_profit_monthly",
    ),
    # A customer who orders in several months is active once a year.
    Case(
        "active_customers net_profit",
        "metric_time__year",
        "with profits as (select date_trunc('year', month) as year, sum(net_profit) as net_profit "
        "from marts.company_profit_monthly group by all), buyers as (select date_trunc('year', ordered_on) as year, "
        "count(distinct customer_id) as buyers from marts.order_profit group by all) "
        "select year, buyers, net_profit from profits join buyers using (year)",
    ),
    Case(
        "net_sales_last_12_months net_profit_last_12_months net_profit_year_to_date net_sales_growth",
        "metric_time__month",
        "select month, sum(net_sales) over twelve, sum(net_profit) over twelve, "
        "sum(net_profit) over (partition by year(month) order by month), "
        "net_sales / nullif(lag(net_sales, 12) over (order by month), 0) - 1 from marts.company_profit_monthly "
        "window twelve as (order by month rows 11 preceding)",
    ),
    Case(
        "net_profit",
        "statement__profit_owner",
        "unpivot (select sum(customers) as customer, sum(guests) as guests, sum(idle) as idle, sum(unassigned) as "
        "unassigned from marts.profit_reconciliation where statement_line = 'net_profit') on columns(*) "
        "into name owner value net_profit",
    ),
    Case(
        "net_profit",
        "customer__abc_tier",
        "select abc_tier, sum(net_profit) from marts.customer_profit join marts.customer_segments using (customer_id) "
        "group by all union all select null, sum(guests + idle + unassigned) from marts.profit_reconciliation "
        "where statement_line = 'net_profit'",
    ),
    Case(
        "pool_cost assigned_pool_cost idle_pool_cost unassigned_pool_cost idle_share_of_pools",
        "pool_month__pool",
        "select pool, sum(amount), sum(assigned), sum(idle), sum(unassigned), sum(idle) / nullif(sum(amount), 0) "
        "from marts.cost_pool_usage group by all",
    ),
    Case(
        "customers customers_won customers_at_a_loss share_of_customers_at_a_loss historic_value formula_value "
        "expected_orders_365d predicted_value_365d predicted_value_horizon customer_equity net_customer_equity "
        "adjusted_profit mean_value_score",
        "customer__lifecycle_stage",
        "select lifecycle_stage, count(*), count(first_order_on), count(*) filter (net_profit < 0), "
        "count(*) filter (net_profit < 0) / count(*), sum(historic_value), sum(formula_value), "
        "sum(expected_orders_365d), sum(predicted_value_365d), sum(predicted_value_horizon), sum(customer_equity), "
        "sum(net_customer_equity), sum(adjusted_profit), avg(value_score) from marts.customer_profit "
        "join marts.customer_lifetime_value using (customer_id) join marts.customer_lifecycle using (customer_id) "
        "join marts.customer_value_score using (customer_id) group by all",
    ),
    Case(
        "equity_of_customers_won customers_with_equity lifetime_value_per_customer",
        "customer__acquisition_channel",
        "select acquisition_channel, sum(customer_equity) filter (acquired_on is not null), "
        "count(customer_equity) filter (acquired_on is not null), "
        "avg(customer_equity) filter (acquired_on is not null) from marts.customer_acquisition "
        "join marts.customer_lifetime_value using (customer_id) group by all",
    ),
    Case(
        "orders_placed first_orders repeat_orders orders_of_customers repeat_order_share sales_of_orders "
        "contribution_of_orders contribution_per_order",
        "metric_time__month",
        "with kinds as (select month, count(*) as orders, count(*) filter (order_number = 1) as first, "
        "count(*) filter (order_number > 1) as again, count(customer_id) as known, sum(net_sales) as sales, "
        "sum(contribution_2) as contribution "
        "from marts.order_profit group by all) select month, company.order_count, new_customers, again, known, "
        "repeat_order_share, sales, contribution, contribution / nullif(orders, 0) from kinds "
        "join marts.company_profit_monthly as company using (month) join marts.retention_monthly using (month)",
    ),
    Case(
        "units_sold units_returned return_share product_net_sales product_contribution product_margin",
        "product_month__category",
        "select category, sum(units_sold), sum(units_returned), sum(units_returned) / nullif(sum(units_sold), 0), "
        "sum(net_sales), sum(contribution_1), sum(contribution_1) / nullif(sum(net_sales), 0) "
        "from marts.product_profit group by all",
    ),
    # The mart says the blended cost itself, to the cent.
    Case(
        "acquisition_spend spend_where_any common_costs loaded_spend_where_any acquisition_discounts new_customers "
        "acquisition_cost fully_loaded_acquisition_cost",
        "metric_time__month",
        "select month, sum(spend), nullif(sum(spend), 0), sum(common_costs), nullif(sum(spend + common_costs), 0), "
        "sum(acquisition_discounts), sum(new_customers), any_value(blended_acquisition_cost), "
        "any_value(blended_fully_loaded_cost) from marts.acquisition_costs group by all",
        within=HALF_A_CENT,
    ),
    Case(
        "acquisition_cost",
        "metric_time__month channel",
        "select distinct month, channel, channel_acquisition_cost from marts.acquisition_costs",
        within=HALF_A_CENT,
    ),
    Case(
        "clv_to_acquisition_cost",
        "channel",
        "with costs as (select channel, nullif(sum(spend), 0) / nullif(sum(new_customers), 0) as cost "
        "from marts.acquisition_costs group by all), worth as (select acquisition_channel as channel, "
        "avg(customer_equity) as worth from marts.customer_acquisition join marts.customer_lifetime_value "
        "using (customer_id) where acquired_on is not null group by all) "
        "select channel, worth / nullif(cost, 0) from costs join worth using (channel) "
        "union all select null, null where exists (from marts.customers where acquired_on is null)",
    ),
    Case(
        "first_order_contribution customers_with_known_cost customers_paid_back paid_back_share months_to_payback",
        "channel",
        "select acquisition_channel, sum(first_order_contribution), count(acquisition_cost), count(payback_month), "
        "count(payback_month) / nullif(count(acquisition_cost), 0), avg(payback_months) "
        "from marts.customer_acquisition group by all",
    ),
    Case(
        "recovered_contribution cost_to_recover recovered_share",
        "payback_cell__months_since",
        "select months_since, sum(cumulative_contribution), sum(acquisition_cost), "
        "sum(cumulative_contribution) / nullif(sum(acquisition_cost), 0) from marts.acquisition_payback "
        "where is_complete and acquisition_cost is not null group by all "
        "union all select distinct months_since, null::decimal(38, 2), null::decimal(38, 2), null::double "
        "from marts.acquisition_payback group by all having not bool_or(is_complete and acquisition_cost is not null)",
    ),
    Case(
        "active_before retained_customers returned_customers lapsed_customers retention_rate lapse_rate",
        "metric_time__month",
        f"select month, {of_whole_months('active_before', 'retained_customers', 'returned_customers')}, "
        f"{of_whole_months('lapsed_customers', 'retention_rate', 'lapse_rate')} from marts.retention_monthly",
    ),
    Case(
        "cohort_customers cohort_active_customers cohort_kept_active_customers cohort_retention_rate "
        "cohort_kept_retention_rate",
        "metric_time__month cohort_cell__months_since",
        "select cohort_month, months_since, case when is_complete then cohort_customers end, "
        "case when is_complete then active_customers end, case when is_complete then kept_active_customers end, "
        "case when is_complete then retention_rate end, case when is_complete then kept_retention_rate end "
        "from marts.customer_retention",
    ),
    Case(
        "observed_customers repeat_customers repeat_share",
        "metric_time__month window_cell__window_days",
        "select cohort_month, window_days, observed_customers, repeat_customers, repeat_share "
        "from marts.repeat_windows",
    ),
    Case(
        "retention_cost customers_kept cost_per_retained_customer retained_contribution retained_profit "
        "return_on_retention_cost",
        "metric_time__month channel",
        f"select month, channel, {of_whole_months('retention_cost', 'retained_customers')}, "
        f"{of_whole_months('cost_per_retained_customer', 'retained_contribution', 'retained_profit')}, "
        f"{of_whole_months('return_on_retention_cost')} from marts.retention_costs",
        within=HALF_A_CENT,
    ),
    # What stands at a month's end is not added up over the year: the last one counts.
    Case(
        "past_value predicted_value customer_equity_at_month_end",
        "",
        "select past_value, predicted_value, customer_equity from marts.customer_equity_monthly "
        "qualify month = max(month) over ()",
    ),
    Case(
        "equity_won equity_grown equity_lost",
        "metric_time__month",
        "select month, won_value, grown_value, lost_value from marts.customer_equity_monthly",
    ),
    # Who is where is what became of the moves; before the first of them, where they came from.
    Case(
        "customers_at_month_end",
        "metric_time__month customer_then__lifecycle_stage",
        "with moves as (from marts.segment_migration where dimension = 'lifecycle stage') "
        "select month, to_segment, sum(customer_count) from moves group by all union all "
        "select month - interval 1 month, from_segment, sum(customer_count) from moves "
        "where month = (select min(month) from moves) and not is_new_customer group by all",
    ),
    Case(
        "customers_at_month_end year_of_contribution_at_month_end",
        "customer_then__abc_tier",
        "with moves as (select to_segment as abc_tier, sum(customer_count) as customers from marts.segment_migration "
        "where dimension = 'ABC tier' and month = (select max(month) from marts.segment_migration) group by all) "
        "select abc_tier, any_value(customers), sum(contribution_2_last_12_months) "
        "from marts.customer_segments_monthly join moves using (abc_tier) "
        "where month_end = (select max(month_end) from marts.customer_segments_monthly) group by all",
    ),
    Case(
        "customers_to_keep value_at_risk most_worth_spending",
        "metric_time__day listing__reason",
        "select as_of_date, reason, count(*), sum(value_at_risk), sum(most_worth_spending) "
        "from marts.retention_list, metadata.as_of group by all",
    ),
    # The stage that the list names is the one that customers are in.
    Case(
        "customers_to_keep value_at_risk",
        "customer__lifecycle_stage",
        "select lifecycle_stage, count(*), sum(value_at_risk) from marts.retention_list group by all",
    ),
    Case(
        "median_days_to_second_order",
        "customer__acquisition_channel",
        "with gaps as (select customer_id, date_diff('day', min(ordered_on) filter (order_number = 1), "
        "min(ordered_on) filter (order_number = 2)) as days from marts.order_profit group by all) "
        "select acquisition_channel, median(days) from marts.customer_acquisition left join gaps using (customer_id) "
        "group by all",
    ),
    Case(
        "products_asked_for hot_products hot_product_share product_views product_favourites",
        "metric_time__month",
        "select date_trunc('month', week), count(distinct product_id), count(distinct product_id) filter (is_hot), "
        "count(distinct product_id) filter (is_hot) / count(distinct product_id), sum(view_count), "
        "sum(favourite_count) from marts.hot_products group by all",
    ),
    Case(
        "hot_products",
        "product__abc_tier",
        "select abc_tier, count(distinct product_id) filter (is_hot) from marts.hot_products "
        "left join marts.product_abc using (product_id) group by all",
    ),
    Case(
        "customers_moved",
        "move__divided_by move__to_segment",
        "select dimension, to_segment, sum(customer_count) from marts.segment_migration group by all",
    ),
]

ASK = """
import json, sys
from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

mf = CLIConfiguration()
mf.setup(configure_file_logging=False)
answers = []
for metrics, by in json.load(sys.stdin):
    request = MetricFlowQueryRequest.create(metric_names=metrics.split(), group_by_names=by.split())
    table = mf.mf.query(request).result_df
    answers.append([dict(zip(table.column_names, row, strict=True)) for row in table.rows])
print("answers", json.dumps(answers, default=str), flush=True)
"""
"""MetricFlow's engine, as its command sets it up: one start for all cases."""


@pytest.fixture(scope="module")
def demo_settings(demo: Shop) -> Settings:
    return Settings("demo", demo.home)


@pytest.fixture(scope="module")
def in_a_month(demo: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is published, as in the middle of a month: the demo shop ends with one, and leaves no cell open.

    And with hot products, of which a shop of some hundred customers has none.
    """
    file = tmp_path_factory.mktemp("metrics") / MARTS_FILE
    shutil.copyfile(demo.home.current / MARTS_FILE, file)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "update marts.customer_retention set is_complete = false "
            "where month = (select max(month) from marts.customer_retention)"
        )
        connection.execute("update marts.hot_products set is_hot = true where units >= 2 and week > date '2025-06-01'")
        assert connection.execute("select count(*) from marts.hot_products where is_hot").fetchone() > (10,)
    return file


@pytest.fixture(scope="module")
def metric_answers(demo_settings: Settings, in_a_month: Path) -> list[list[dict]]:
    environment = {**metrics.prepare(demo_settings), "WAREHOUSE_PUBLISHED": str(in_a_month)}
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        input=json.dumps([[case.metrics, case.by] for case in CASES]),
        cwd=environment["DBT_PROJECT_DIR"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(done.stdout.split("answers ", 1)[1])


class TestMetrics:
    @pytest.mark.parametrize(
        "number", range(len(CASES)), ids=[f"{case.metrics.split()[0]} by {case.by}" for case in CASES]
    )
    def test_metrics_are_what_the_marts_say(
        self, in_a_month: Path, metric_answers: list[list[dict]], number: int
    ) -> None:
        case = CASES[number]
        groups, names = case.by.split(), case.metrics.split()
        asked = {
            tuple(day(row[group]) for group in groups): [row[name] for name in names] for row in metric_answers[number]
        }
        with duckdb.connect(str(in_a_month), read_only=True) as connection:
            rows = connection.execute(case.sql).fetchall()
        told = {tuple(map(day, row[: len(groups)])): row[len(groups) :] for row in rows}
        assert len(told) > min(len(groups), 1)
        assert asked.keys() == told.keys()
        differing = {
            (group, name): (one, other)
            for group in told
            for name, one, other in zip(names, asked[group], told[group], strict=True)
            if not alike(one, other, case.within)
        }
        assert not differing

    def test_every_metric_is_compared(self, demo_settings: Settings, metric_answers: list[list[dict]]) -> None:
        manifest = json.loads((demo_settings.home.target / parsed.SEMANTICS).read_text(encoding="utf-8"))
        compared = {metric for case in CASES for metric in case.metrics.split()}
        assert {metric["name"] for metric in manifest["metrics"]} == compared

    def test_the_command_answers_a_saved_query_from_the_published_file(
        self, demo: Shop, demo_settings: Settings, tmp_path: Path
    ) -> None:
        """As `make metrics` asks it: what is private may be held by a refresh, what is published is read."""
        file = tmp_path / "answer.csv"
        question = ["query", "--saved-query", "company_statement", "--order", "metric_time__month", "--csv", str(file)]
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "orchestration.metrics",
                "--input",
                str(demo.home.landed),
                "--shop",
                "demo",
                *question,
            ],
            cwd=PROJECT,
            env=models.environment(demo_settings),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        with file.open(encoding="utf-8") as answer:
            rows = list(csv.DictReader(answer))
        company = demo.ask("select month, net_sales, net_profit from marts.company_profit_monthly order by month")
        told = [(row["metric_time__month"][:10], Decimal(row["net_sales"]), Decimal(row["net_profit"])) for row in rows]
        assert told == [(str(month), sales, profit) for month, sales, profit in company]


def day(value: object) -> object:
    """A day as text, without its midnight; anything else as it is."""
    text = str(value)
    return text[:10] if isinstance(value, date) or text[10:] == " 00:00:00" else value


def alike(one: object, other: object, within: float) -> bool:
    """Two numbers are the same, and what is missing in one is missing in both."""
    if one is None or other is None:
        return one is other
    return abs(float(one) - float(other)) <= within
