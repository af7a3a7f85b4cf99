"""Every suite is proved by data that it must accept and by data that it must refuse.

One tiny shop is written down as rows, once for what leaves and once for what arrives. A case is one change to it and
the sentence that must turn red. To follow a mart that changes, change its rows below.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from expectations import catalogue, results
from expectations.__main__ import main
from expectations.tolerances import FILE, ToleranceError, tolerances
from orchestration import contract
from orchestration.paths import PROJECT, Home
from orchestration.refresh.results import CheckResult, read

# Great Expectations takes seconds to import: once, in this process, for all cases.
from expectations import arriving, judge, leaving, on_duckdb  # isort: skip
from expectations.claims import direct_identifiers, no_row  # isort: skip
from expectations.statement import LINES  # isort: skip


# --- what leaves: a shop of three customers in one month -----------------------------------------------------------


def statement(**amounts: str) -> dict[str, str]:
    """A statement as SQL decimals; lines not named are 0."""
    return {line: f"{value}::decimal(18,2)" for line, value in (dict.fromkeys(LINES, "0") | amounts).items()}


ANNA = statement(
    gross_sales="120", discounts="10", refunds="10", net_sales="100", cogs="40", contribution_1="60", fulfilment="5",
    payment_fees="2", bad_debt="1", contribution_2="52", service="4", loyalty="1", retention_marketing="2",
    acquisition_marketing="5", contribution_3="40", overhead="9", currency_difference="1", net_profit="30",
)  # fmt: skip
BERT = statement(
    gross_sales="50", net_sales="50", cogs="40", contribution_1="10", fulfilment="20", contribution_2="-10",
    contribution_3="-10", net_profit="-10",
)  # fmt: skip
NOBODY = statement()
GUESTS = statement(
    gross_sales="20", net_sales="20", cogs="15", contribution_1="5", contribution_2="5", contribution_3="5",
    net_profit="5",
)  # fmt: skip
IDLE = statement(service="3", contribution_3="-3", net_profit="-3")
UNASSIGNED = statement(acquisition_marketing="7", contribution_3="-7", net_profit="-7")
COMPANY = statement(
    gross_sales="190", discounts="10", refunds="10", net_sales="170", cogs="95", contribution_1="75", fulfilment="25",
    payment_fees="2", bad_debt="1", contribution_2="47", service="7", loyalty="1", retention_marketing="2",
    acquisition_marketing="12", contribution_3="25", overhead="9", currency_difference="1", net_profit="15",
)  # fmt: skip

BOTH = {line: f"({ANNA[line]} + {BERT[line]})::decimal(18,2)" for line in LINES}

MONTH = "date '2026-01-01'"
Row = dict[str, str]


def windows(lines: Row, share: str, margin: str) -> Row:
    """The windowed and derived columns of customer_profit."""
    windowed = ("net_sales", "contribution_1", "contribution_2", "net_profit")
    return (
        {f"{line}_last_12_months": lines[line] for line in windowed}
        | {f"{line}_previous_12_months": "0::decimal(18,2)" for line in windowed}
        | {"margin": margin, "contribution_share": share}
    )


def moved(lines: Row, received: int, given: int) -> Row:
    """What moved between referrers and those they referred."""
    return {
        "indirect_profit": f"{received}::decimal(18,2)",
        "profit_to_referrers": f"{given}::decimal(18,2)",
        "adjusted_profit": f"({lines['net_profit']} + {received} - {given})::decimal(18,2)",
        "adjusted_share": "null::double",
    }


def basis(actual: str, standard: str, assumed: str) -> Row:
    """How well the costs of a month are known."""
    return {"actual_cost_share": actual, "standard_cost_share": standard, "assumed_cost_share": assumed}


def orders_of(count: int, day: int | None) -> Row:
    """How often and when somebody ordered."""
    on = f"date '2026-01-{day:02}'" if day else "null::date"
    return {"order_count": f"{count}::bigint", "first_order_on": on, "last_order_on": on}


def values(lines: Row, *names: str) -> Row:
    """Some lines of a statement."""
    return {name: lines[name] for name in names}


PREDICTED: Row = {
    "probability_alive": "0.5::decimal(20,6)",
    "expected_orders_365d": "1.5::decimal(20,6)",
    "predicted_value_365d": "60::decimal(18,2)",
    "predicted_value_horizon": "100::decimal(18,2)",
    "expected_next_order_on": "date '2026-06-01'",
    "customer_equity": "152::decimal(18,2)",
}
"""What is expected of each of them: `customer_lifetime_value` says it, and `customers` shows it."""

NET: dict[str, Row] = {
    customer: {
        column: f"{value}::decimal(18,2)"
        for column, value in zip(
            ("net_historic_value", "keeping_cost_per_order", "net_formula_value", "net_predicted_value_365d",
             "net_predicted_value_horizon", "net_customer_equity"),
            values,
            strict=True,
        )
    }
    for customer, values in (
        ("c1", (45, 3.5, 270, 54.75, 91, 136)),
        ("c2", (-10, 0, 50, 60, 100, 90)),
        ("c3", (0, *["null"] * 5)),
    )
}  # fmt: skip
"""The same after what keeping them costs; who has not ordered has no rate of it."""

SEGMENTS: list[Row] = [
    {
        "customer_id": f"'{customer}'",
        "recency_days": recency,
        "order_count": f"{orders}::bigint",
        "net_sales": f"{net_sales}::decimal(18,2)",
        "contribution_2": f"{contribution}::decimal(18,2)",
        "recency_score": f"{cell}[1]::int",
        "frequency_score": f"{cell}[2]::int",
        "monetary_score": f"{cell}[3]::int",
        "profit_score": f"{by_profit}[3]::int",
        "rfm_cell": cell,
        "rfm_segment": f"'{segment}'",
        "profit_rfm_cell": by_profit,
        "profit_rfm_segment": f"'{segment}'",
        "abc_tier": f"'{tier}'",
        "pyramid_tier": f"'{pyramid}'",
        "member_tier": "'ordinary'",
        "contribution_2_last_12_months": f"{contribution}::decimal(18,2)",
        "rhythm_days": f"{rhythm}::decimal(18,4)",
        "quiet_gaps": f"{quiet}::decimal(18,4)",
        "pause_gaps": f"{pause}::decimal(18,4)",
        "pace": f"{pace}::decimal(18,4)",
        "lifecycle_stage": f"'{stage}'",
        "channel_habit": habit,
        "frequency_band": f"'{band}'",
        "spend_band": spend,
    }
    for (
        customer, recency, orders, net_sales, cell, by_profit, segment, tier, pyramid, contribution, rhythm, quiet,
        pause, pace, stage, habit, band, spend,
    ) in (
        ("c1", "20::int", 2, 100, "'255'", "'255'", "loyal", "A", "platinum", 52, 40, "0.5", "0.1", "0.9", "growing",
         "'both'", "twice", "'100 to 250'"),
        ("c2", "16::int", 1, 50, "'511'", "'511'", "new", "loss", "lead", -10, 40, "0.4", "null", "null", "new",
         "'online'", "once", "'50 to 100'"),
        ("c3", "null::int", 0, 0, "null::varchar", "null::varchar", "prospect", "C", "iron", 0,
         "null", "null", "null", "null", "prospect", "null::varchar", "never", "null::varchar"),
    )
]  # fmt: skip


for row, cluster in zip(SEGMENTS, ("'buys often'", "'newcomers'", "null::varchar"), strict=True):
    row["behaviour_cluster"] = cluster

RULES = list(SEGMENTS[0])
"""The columns that rules decide, or fits of a quarter end, and the customer."""

PEOPLE = {
    "country": "'DE'",
    "region": "'North'",
    "age_band": "'30-39'",
    "gender": "'f'",
    "income_band": "'high'",
    "education": "'school'",
}
FITTED = (
    {"fit_on": "date '2025-12-31'", "cluster": "1::int", "is_premium": "true", "premium_group": "'premium'"},
    {"fit_on": "date '2025-12-31'", "cluster": "2::int", "is_premium": "false", "premium_group": "'promising'"},
    {"fit_on": "null::date", "cluster": "null::int", "is_premium": "null::boolean", "premium_group": "null::varchar"},
)
for row, fitted, chance in zip(SEGMENTS, FITTED, ("0.9", "0.6", "null"), strict=True):
    row |= PEOPLE | fitted | {"premium_chance": f"{chance}::decimal(9,6)"}


def tonights(places: dict[str, int | None], missing: str, known: str, loyalty: Row) -> Row:
    """What is known of a customer tonight only."""
    scores = {
        f"{part}_score": f"{place if place is not None else 'null'}::decimal(5,2)" for part, place in places.items()
    }
    return scores | {"missing_parts": missing, "known_weight": f"{known}::decimal(9,6)"} | loyalty


LOYALTY_UNKNOWN = {
    "repeat_order_count": "null::int",
    "repeat_share": "null::decimal(9,6)",
    "category_count": "null::int",
    "discount_share": "null::decimal(9,6)",
    "consideration_hours": "null::decimal(18,2)",
    "incident_count": "0::int",
    "forgiven_share": "null::decimal(9,6)",
    "satisfaction": "null::decimal(9,6)",
    "nps": "null::int",
    "referred_customer_count": "0::int",
    "referred_profit": "null::decimal(18,2)",
    "visit_count": "null::int",
    "visit_minutes": "null::decimal(18,1)",
    "days_since_last_visit": "null::int",
    "early_bird_share": "null::decimal(9,6)",
    "is_early_bird": "null::boolean",
    "purchase_style": "null::varchar",
    "motive": "null::varchar",
    "attitude": "null::varchar",
    "lifestyle": "null::varchar",
}
LOYALTY_KNOWN = {
    "repeat_order_count": "1::int",
    "repeat_share": "0.5::decimal(9,6)",
    "category_count": "2::int",
    "discount_share": "0.25::decimal(9,6)",
    "consideration_hours": "3::decimal(18,2)",
    "incident_count": "1::int",
    "forgiven_share": "1::decimal(9,6)",
    "satisfaction": "4.5::decimal(9,6)",
    "nps": "9::int",
    "referred_customer_count": "1::int",
    "referred_profit": "-10::decimal(18,2)",
    "visit_count": "3::int",
    "visit_minutes": "12.5::decimal(18,1)",
    "days_since_last_visit": "2::int",
    "early_bird_share": "0::decimal(9,6)",
    "is_early_bird": "false",
    "purchase_style": "'in between'",
    "motive": "'taste'",
    "attitude": "'loyal'",
    "lifestyle": "'home office'",
}
for row, place in zip(SEGMENTS, (60, 40, None), strict=True):
    row |= tonights(
        dict.fromkeys(("value", "current", "future", "loyalty", "growth"), place) | {"credit": None},
        "'credit'" if place else "null::varchar",
        "0.9" if place else "0",
        {60: LOYALTY_KNOWN, 40: LOYALTY_UNKNOWN | {"repeat_order_count": "0::int"}, None: LOYALTY_UNKNOWN}[place],
    )
# Of the first customer every part is known.
SEGMENTS[0] |= {"credit_score": "60::decimal(5,2)", "missing_parts": "null::varchar", "known_weight": "1::decimal(9,6)"}


def columns_of(mart: str, rows: list[Row]) -> list[Row]:
    """The columns of a mart, of rows that have more."""
    return [{column: row[column] for column in judge.LEAVING[mart].MART.columns} for row in rows]


MARTS: dict[str, list[Row]] = {
    "customer_profit_monthly": [
        {"profit_owner": f"'{owner}'", "customer_id": customer, "month": MONTH, "order_count": f"{orders}::bigint"}
        | lines
        | shares
        for owner, customer, orders, lines, shares in (
            ("customer", "'c1'", 2, ANNA, basis("0.5::double", "0.25::double", "0.25::double")),
            ("customer", "'c2'", 1, BERT, basis("0::double", "0::double", "1::double")),
            ("guests", "null::varchar", 1, GUESTS, basis("1::double", "0::double", "0::double")),
            ("idle", "null::varchar", 0, IDLE, basis("1::double", "0::double", "0::double")),
            ("unassigned", "null::varchar", 0, UNASSIGNED, basis(*["null::double"] * 3)),
        )
    ],
    "customer_profit": [
        {"customer_id": "'c1'"} | orders_of(2, 5) | ANNA
        | windows(ANNA, "2::double", "0.3::double") | moved(ANNA, 0, 6),
        {"customer_id": "'c2'"} | orders_of(1, 9) | BERT
        | windows(BERT, "-0.666667::double", "-0.2::double") | moved(BERT, 6, 0),
        {"customer_id": "'c3'"} | orders_of(0, None) | NOBODY
        | windows(NOBODY, "0::double", "null::double") | moved(NOBODY, 0, 0),
    ],
    "company_profit_monthly": [
        {"month": MONTH, "order_count": "4::bigint", "customer_count": "2::bigint"} | COMPANY
    ],
    "months": [
        {"month": f"date '{day}'", "calendar_year": f"{year}::int", "calendar_quarter": f"{quarter}::int"}
        | {"fiscal_year": "2026::int", "fiscal_quarter": f"{place}::int", "fiscal_month": f"{number}::int"}
        | {"is_complete": complete}
        for day, year, quarter, place, number, complete in (("2026-01-01", 2026, 1, 4, 10, "true"),)
    ],
    "days": [
        {"day": f"date '{day}'", "week": f"date '{week}'", "month": MONTH, "weekday": f"{weekday}::int"}
        for day, week, weekday in (("2026-01-04", "2025-12-29", 7), ("2026-01-05", "2026-01-05", 1))
    ],
    "profit_reconciliation": [
        {
            "month": MONTH,
            "statement_line": f"'{line}'",
            "company": COMPANY[line],
            "customers": BOTH[line],
            "guests": GUESTS[line],
            "erased": "0::decimal(18,2)",
            "unassigned": UNASSIGNED[line],
            "idle": IDLE[line],
            "difference": "0::decimal(18,2)",
        }
        for line in LINES
    ],
    # 30 from c1 up to the peak at a third of the customers, nothing from c3, then 10 lost on c2.
    "profit_curve": [
        {
            "customer_percentile": f"{percentile}::int",
            "customer_count": f"{percentile * 3 // 100}::bigint",
            "cumulative_profit": f"{profit}::decimal(18,2)",
            "share_of_total": f"{profit / 20}::double",
            "share_of_peak": f"{profit / 30}::double",
            "is_peak": str(percentile == 34).lower(),
            "profit_lost_past_peak": f"{10 if percentile == 34 else 'null'}::decimal(18,2)",
        }
        for percentile, profit in ((p, 0 if p < 34 else 20 if p == 100 else 30) for p in range(101))
    ],
    # 2 more for the brand: search bears it all, since only search was paid for whom it won.
    "acquisition_costs": [
        {
            "month": MONTH,
            "channel": f"'{channel}'",
            "campaign": campaign,
            "spend": f"{spend}::decimal(18,2)",
            "common_costs": f"{common}::decimal(18,2)",
            "acquisition_discounts": "0::decimal(18,2)",
            "new_customers": f"{won}::bigint",
            "paid_acquisition_cost": paid,
            "channel_acquisition_cost": by_channel,
            "blended_acquisition_cost": "6.0::decimal(18,2)",
            "fully_loaded_cost": loaded,
            "blended_fully_loaded_cost": "7.0::decimal(18,2)",
            "first_order_contribution_per_customer": "21::decimal(18,2)" if won else "null::decimal(18,2)",
            "contribution_so_far_per_customer": "21::decimal(18,2)" if won else "null::decimal(18,2)",
            "lifetime_value_per_customer": "35::decimal(18,2)" if won else "null::decimal(18,2)",
            "clv_to_acquisition_cost": to_paid,
            "clv_to_fully_loaded_cost": to_loaded,
            "is_complete": "true",
        }
        for channel, campaign, spend, common, won, paid, by_channel, loaded, to_paid, to_loaded in (
            ("search", "'winter'", 5, 2, 1, "5::decimal(18,2)", "5::decimal(18,2)", "7::decimal(18,2)", "7::double",
             "5::double"),
            ("search", "null::varchar", 0, 0, 0, "null::decimal(18,2)", "5::decimal(18,2)", "null::decimal(18,2)",
             "null::double", "null::double"),
            ("social", "null::varchar", 7, 0, 0, *["null::decimal(18,2)"] * 3, *["null::double"] * 2),
            ("unattributed", "null::varchar", 0, 0, 1, *["null::decimal(18,2)"] * 3, *["null::double"] * 2),
        )
    ],
    # c1 paid back with the first order; what c2 cost is not known.
    "customer_acquisition": [
        {
            "customer_id": f"'{customer}'",
            "acquired_on": f"date '2026-01-{day:02}'" if day else "null::date",
            "acquired_month": MONTH if day else "null::date",
            **dict.fromkeys(("acquisition_channel", "first_touch_channel", "last_touch_channel"), channel),
            "linear_touch_channels": "1::int" if day else "null::int",
            "touch_count": "1::int" if day else "null::int",
            "acquisition_cost": cost,
            **dict.fromkeys(("first_touch_cost", "last_touch_cost", "linear_touch_cost"), cost),
            "first_order_contribution": first,
            "is_paid_back_by_first_order": at_once,
            "contribution_so_far": lines["contribution_2"],
            "payback_month": paid_back,
            "payback_months": "0::int" if at_once == "true" else "null::int",
            "is_payback_censored": censored,
        }
        for customer, day, lines, channel, cost, first, at_once, paid_back, censored in (
            ("c1", 5, ANNA, "'search'", "5::decimal(18,2)", "52::decimal(18,2)", "true", MONTH, "false"),
            ("c2", 9, BERT, "'social'", "null::decimal(18,2)", "-10::decimal(18,2)", "null::boolean", "null::date",
             "null::boolean"),
            ("c3", None, NOBODY, "null::varchar", *["null::decimal(18,2)"] * 2, "null::boolean", "null::date",
             "null::boolean"),
        )
    ],
    "acquisition_payback": [
        {
            "cohort_month": MONTH,
            "channel": f"'{channel}'",
            "months_since": f"{since}::int",
            "month": f"date '2026-0{1 + since}-01'",
            "cohort_customers": "1::int",
            "acquisition_cost": cost,
            "acquisition_cost_per_customer": cost,
            "cumulative_contribution": f"{contribution}::decimal(18,2)",
            "cumulative_contribution_per_customer": f"{contribution}::decimal(18,2)",
            "recovered_share": share,
            "paid_back_customers": paid_back,
            "is_over": f"{since == 0}",
            "is_complete": "false",
        }
        for since in (0, 1)
        for channel, cost, contribution, share, paid_back in (
            ("search", "5::decimal(18,2)", 52, "10.4::double", "1::int"),
            ("social", "null::decimal(18,2)", -10, "null::double", "null::int"),
        )
    ],
    "channel_efficiency": [
        {
            "month": f"date '2026-0{month}-01'",
            "channel": f"'{channel}'",
            "spend": f"{spend}::decimal(18,2)",
            "new_customers": f"{won}::int",
            "average_cost": average,
            "spend_change": change,
            "new_customers_change": customers,
            "spend_change_share": share,
            "is_counted": counted,
            "marginal_cost": marginal,
            "reading": f"'{reading}'",
            "is_complete": f"{month < 3}",
        }
        for month, channel, spend, won, average, change, customers, share, counted, marginal, reading in (
            (1, "search", 5, 1, "5::decimal(18,2)", "null::decimal(18,2)", "null::int", "null::double", "false",
             "null::decimal(18,2)", "nothing to compare with"),
            (2, "search", 8, 2, "4::decimal(18,2)", "3::decimal(18,2)", "1::int", "0.6::double", "true",
             "3::decimal(18,2)", "customers followed spend"),
            (3, "search", 1, 0, "null::decimal(18,2)", "-7::decimal(18,2)", "-2::int", "-0.875::double", "false",
             "3.5::decimal(18,2)", "the month is not over"),
            (1, "social", 7, 0, *["null::decimal(18,2)"] * 2, "null::int", "null::double", "false",
             "null::decimal(18,2)", "nothing to compare with"),
        )
    ],
    "next_spend": [
        {
            "channel": f"'{channel}'",
            "place": f"{place}::int",
            "spend": f"{spend}::decimal(18,2)",
            "new_customers": f"{won}::int",
            "average_cost": average,
            "months_counted": "8::int",
            "marginal_cost": marginal,
            "lifetime_value_per_customer": "35::decimal(18,2)",
            "value_of_next_unit": value,
            "value_of_next_unit_low": low,
            "value_of_next_unit_high": high,
            "reading": "'as far as can be said'",
            "assumptions": "'the next months are like the last'",
        }
        for channel, place, spend, won, average, marginal, value, low, high in (
            ("social", 1, 12, 4, "3::decimal(18,2)", "7::decimal(18,2)", "5::decimal(20,4)", "4::decimal(20,4)",
             "6::decimal(20,4)"),
            ("search", 2, 9, 0, "null::decimal(18,2)", "null::decimal(18,2)", *["null::decimal(20,4)"] * 3),
        )
    ],
    "retention_costs": [
        {
            "month": MONTH,
            "channel": f"'{channel}'",
            "retention_spend": "2::decimal(18,2)",
            "reactivation_spend": "0::decimal(18,2)",
            "retention_discounts": "0::decimal(18,2)",
            "reactivation_discounts": "0::decimal(18,2)",
            "loyalty": f"{loyalty}::decimal(18,2)",
            "service": f"{service}::decimal(18,2)",
            "retention_cost": f"{cost}::decimal(18,2)",
            "active_customers": f"{active}::bigint",
            "retained_customers": f"{retained}::bigint",
            "cost_per_retained_customer": f"{cost}::decimal(18,2)" if retained else "null::decimal(18,2)",
            "cost_per_active_customer": f"{cost}::decimal(18,2)" if active else "null::decimal(18,2)",
            "retained_contribution": f"{contribution}::decimal(18,2)",
            "retained_profit": f"{contribution - cost}::decimal(18,2)",
            "return_on_retention_cost": f"{(contribution - cost) / cost}::double" if cost > 0 else "null::double",
            "is_complete": "true",
        }
        # What service costs one, another has been charged for.
        for channel, active, retained, contribution, loyalty, service, cost in (
            ("search", 1, 1, 21, 1, 7, 10),
            ("social", 0, 0, 0, 0, -3, -1),
        )
    ],
    "customer_retention": [
        {
            "cohort_month": MONTH,
            "months_since": f"{since}::int",
            "cohort_customers": "2::bigint",
            "active_customers": f"{active}::bigint",
            "kept_active_customers": f"{kept}::bigint",
            "retained_customers": f"{retained}::bigint",
            "retention_rate": f"{active / 2}::double",
            "kept_retention_rate": f"{kept / 2}::double",
            "repeat_share": "0.5::double",
            "cumulative_sales_per_customer": "80.0::double",
            "cumulative_net_sales_per_customer": "75.0::double",
            "cumulative_profit_per_customer": "10.0::double",
            "is_complete": str(since == 0).lower(),
            "is_profit_complete": "false",
        }
        for since, active, kept, retained in ((0, 2, 1, 0), (1, 1, 0, 1))
    ],
    "second_orders": [
        {
            "customer_id": f"'{customer}'",
            "first_order_on": f"date '2026-01-{day:02}'" if day else "null::date",
            "cohort_month": MONTH if day else "null::date",
            "days_observed": f"{70 - day}::int" if day else "null::int",
            "order_count": f"{orders}::bigint",
            "second_order_on": "date '2026-02-24'" if orders == 2 else "null::date",
            "days_to_second_order": "50::int" if orders == 2 else "null::int",
            **{
                f"has_{kept}second_order_in_{days}_days": flags[days, kept]
                for days in (30, 60, 90, 180, 365)
                for kept in ("", "kept_")
            },
            "mean_days_between_orders": "50::decimal(18,2)" if orders == 2 else "null::decimal(18,2)",
            "median_days_between_orders": "50::decimal(18,2)" if orders == 2 else "null::decimal(18,2)",
        }
        for customer, day, orders, flags in (
            ("c1", 5, 2, {(30, ""): "false", (30, "kept_"): "false", (60, ""): "true", (60, "kept_"): "true"}
             | {(days, kept): "null::boolean" if kept else "true"
                for days in (90, 180, 365) for kept in ("", "kept_")}),
            ("c2", 9, 1, {(days, kept): "false" if days < 90 else "null::boolean"
                          for days in (30, 60, 90, 180, 365) for kept in ("", "kept_")}),
            ("c3", None, 0, {(days, kept): "null::boolean"
                             for days in (30, 60, 90, 180, 365) for kept in ("", "kept_")}),
        )
    ],
    "repeat_windows": [
        {
            "cohort_month": MONTH,
            "window_days": f"{days}::int",
            "cohort_customers": "2::int",
            "observed_customers": f"{observed}::int",
            "repeat_customers": f"{repeats}::int",
            "kept_repeat_customers": f"{repeats}::int",
            "repeat_share": share,
            "kept_repeat_share": share,
            "sales_per_customer": "60::decimal(18,2)" if observed else "null::decimal(18,2)",
            "net_sales_per_customer": "55::decimal(18,2)" if observed else "null::decimal(18,2)",
            "is_complete": f"{days == 30}",
        }
        for days, observed, repeats, share in (
            (30, 2, 0, "0::double"), (60, 2, 1, "0.5::double"),
            *((days, 0, 0, "null::double") for days in (90, 180, 365)),
        )
    ],
    # February: one of two has lapsed, and another month has come.
    "retention_monthly": [
        {
            "month": f"date '2026-0{month}-01'",
            **{name: f"{count}::int" for name, count in counts.items()},
            "retention_rate": retention,
            "lapse_rate": retention,
            "repeat_share": "0.5::double" if month == 1 else "1::double",
            "repeat_order_share": "0.333333::double" if month == 1 else "1::double",
            "is_complete": f"{month == 1}",
        }
        for month, retention, counts in (
            (1, "null::double", {"active_before": 0, "new_customers": 2, "returned_customers": 0, "lapsed_customers": 0,
                                 "active_customers": 2, "retained_customers": 0, "kept_active_customers": 1,
                                 "repeat_customers": 1, "order_count": 3, "repeat_orders": 1}),
            (2, "0.5::double", {"active_before": 2, "new_customers": 0, "returned_customers": 0, "lapsed_customers": 1,
                                "active_customers": 1, "retained_customers": 1, "kept_active_customers": 1,
                                "repeat_customers": 1, "order_count": 1, "repeat_orders": 1}),
        )
    ],
    "value_elasticities": [
        {
            "lever": f"'{lever}'",
            "measured_from": "date '2024-01-01'",
            "measured_until": "date '2025-12-31'",
            "active_customers": "2::int",
            "new_customers": "2::int",
            "retention_rate": "0.5::decimal(20,6)",
            "margin_per_customer": "72::decimal(18,2)",
            "company_value": "640::decimal(18,2)",
            "acquisition_cost": "17::decimal(18,2)",
            "new_customer_value": "114::decimal(18,2)",
            "company_value_effect": f"{effect}::decimal(20,4)",
            "new_customer_value_effect": f"{effect}::decimal(20,4)",
            "next_year_contribution_effect": "9::decimal(18,2)",
            "published_low": "1::double",
            "published_high": "5::double",
            "published_by": "'somebody'",
        }
        for lever, effect in (("margin", 1.1), ("retention", 1.2))
    ],
    "customer_lifetime_value": [
        {
            "customer_id": f"'{customer}'",
            "first_order_value": first,
            "historic_value": "52::decimal(18,2)",
            "average_order_value": average,
            "purchase_frequency": frequency,
            "lifespan_years": lifespan,
            "formula_value": formula,
            "prediction_model": "'bg_nbd_all'",
            "expected_orders_90d": "0.5::decimal(20,6)",
            "expected_order_profit": "40::decimal(18,2)",
            "predicted_value_365d_low": "0::decimal(18,2)",
            "predicted_value_365d_high": "90::decimal(18,2)",
        }
        | PREDICTED
        | NET[customer]
        for customer, first, average, frequency, lifespan, formula in (
            ("c1", "60::decimal(18,2)", "50::decimal(18,2)", "4.0::double", "1.5::double", "300.01::decimal(18,2)"),
            ("c2", "50::decimal(18,2)", "50::decimal(18,2)", "1.0::double", "1.0::double", "50::decimal(18,2)"),
            ("c3", *["null::decimal(18,2)"] * 2, *["null::double"] * 2, "null::decimal(18,2)"),
        )
    ],
    "lifetime_value_models": [
        {
            "cut_on": f"date '{cut}'",
            "is_tonight": f"{cut == '2026-01-31'}",
            "cohort_group": "'*'",
            "model": f"'{model}'",
            "value_basis": basis,
            "customer_count": "2::bigint",
            "log_likelihood": "-9.5::decimal(20,4)",
            "is_converged": "true",
            "at_bound": "null::varchar",
            "newcomer_expectation": "1.2::decimal(20,6)",
            "is_drifting": "false",
        }
        for cut in ("2025-06-30", "2026-01-31")
        for model, basis in (("bg_nbd", "null::varchar"), ("gamma_gamma", "'all'"))
    ],
    "lifetime_value_validation": [
        {
            "cut_on": "date '2025-06-30'",
            "holdout_until": "date '2025-12-31'",
            "candidate": f"'{candidate}'",
            "is_rival": f"{candidate == 'constant'}",
            "target": f"'{target}'",
            "customer_count": "2::bigint",
            "predicted_total": "110::decimal(18,2)",
            "actual_total": "100::decimal(18,2)",
            "total_bias": "0.1::decimal(20,6)",
            "mean_absolute_error": "5::decimal(20,6)",
            "rank_correlation": "0.5::decimal(20,6)",
            "normalised_gini": "0.4::decimal(20,6)",
            "interval_coverage": "0.9::decimal(20,6)",
        }
        for candidate in ("bg_nbd_all", "constant")
        for target in ("orders", "value")
    ],
    "lifetime_value_calibration": [
        {
            "cut_on": "date '2025-06-30'",
            "candidate": f"'{candidate}'",
            "decile": f"{decile}::int",
            "customer_count": "1::bigint",
            "predicted_orders": "1::decimal(18,2)",
            "actual_orders": "1::bigint",
            "predicted_value": f"{predicted}::decimal(18,2)",
            "actual_value": "50::decimal(18,2)",
        }
        for candidate in ("bg_nbd_all", "constant")
        for decile, predicted in ((1, 40), (6, 70))
    ],
    "lifetime_value_tracking": [
        {
            "week_end_on": f"date '2026-01-{day:02}'",
            "cut_on": "date '2025-06-30'",
            "model": "'bg_nbd'",
            "is_holdout": "true",
            "customer_count": "2::bigint",
            "actual_orders": f"{orders}::bigint",
            "predicted_orders": f"{orders}.5::decimal(18,2)",
        }
        for day, orders in ((10, 1), (17, 1), (24, 2), (31, 2))
    ],
    "customer_equity_monthly": [
        {
            "month": f"date '{month}'",
            "customer_count": f"{customers}::bigint",
            "won_customers": "1::bigint",
            "past_value": "42::decimal(18,2)",
            "predicted_value": f"{predicted}::decimal(18,2)",
            "customer_equity": f"{42 + predicted}::decimal(18,2)",
            "opening_predicted_value": f"{opening}::decimal(18,2)",
            "won_value": "30::decimal(18,2)",
            "grown_value": "5::decimal(18,2)",
            "lost_value": "15::decimal(18,2)",
        }
        for month, customers, opening, predicted in (("2025-12-01", 1, 0, 20), ("2026-01-01", 2, 20, 40))
    ],
    **{
        mart: columns_of(mart, SEGMENTS)
        for mart in (
            "customer_rfm", "customer_abc", "customer_pyramid", "customer_lifecycle", "customer_habits",
            "customer_loyalty", "customer_value_score", "customer_clusters", "customer_premium",
        )
    },
    "cluster_centroids": [
        {"fit_on": f"date '{day}'", "cluster": f"{cluster}::int", "cluster_name": f"'{name}'", "is_in_use": in_use}
        | {"member_count": "1::int", "member_share": f"{1 / count}::decimal(9,6)"}
        | {f"typical_{what}": "9::decimal(18,1)" for what in ("recency_days", "purchases", "tenure_days")}
        | {"typical_order_value": "50::decimal(18,2)"}
        | {
            f"{measure}_{what}": f"{amount}::decimal(18,6)"
            for measure in ("recency", "frequency", "order_value", "tenure")
            for what, amount in (("mean", 2), ("spread", 1), ("centre", 0.5))
        }
        | {"cluster_count": f"{count}::int"}
        for day, cluster, name, in_use, count in (
            ("2025-12-31", 1, "buys often", "true", 2), ("2025-12-31", 2, "newcomers", "true", 2),
            ("2025-09-30", 1, "newcomers", "false", 1),
        )
    ],
    "premium_traits": [
        {"model": f"'{model}'", "trait": f"'{trait}'", "fit_on": "date '2025-12-31'", "trait_rank": f"{rank}::int"}
        | {"weight": f"{weight}::decimal(18,6)", "meaning": "null::varchar"}
        | {"trait_mean": "1::decimal(18,6)", "trait_spread": "1::decimal(18,6)"}
        for model, trait, rank, weight in (
            ("discriminant", "orders", 1, -2), ("discriminant", "products", 2, 1),
            ("tree", "orders", 1, 0.75), ("tree", "products", 2, 0.25),
        )
    ],
    "lifecycle_cuts": [
        {"measure": f"'{measure}'", "chosen_by": f"'{by}'", "cut": "1.5::decimal(18,6)", "fit_on": "date '2025-09-30'"}
        | {"customer_count": "4::int", "below_count": f"{4 - above}::int", "below_ordered_share": "0.5::decimal(9,6)"}
        | {"above_count": f"{above}::int", "above_ordered_share": f"{share}::decimal(9,6)"}
        | {"accuracy": "0.75::decimal(9,6)"}
        for measure, by, above, share in (("quiet", "settings", 2, "0.25"), ("pace", "tree", 0, "null"))
    ],
    "segment_models": [
        {"model": f"'{model}'", "fit_on": "date '2025-12-31'", "is_in_use": in_use, "customer_count": "70::int"}
        | {"holdout_count": "30::int", "cluster_count": clusters, "silhouette": silhouette}
        | {"base_rate": f"{base}::decimal(9,6)", "accuracy": f"{accuracy}::decimal(9,6)"}
        | {"accuracy_gain": f"{gain}::decimal(9,6)", "verdict": f"'{verdict}'"}
        for model, in_use, clusters, silhouette, base, accuracy, gain, verdict in (
            ("behaviour clusters", "true", "2::int", "0.4::decimal(9,6)", "null", "null", "null", "2 clusters"),
            ("premium discriminant", "true", "null::int", "null::decimal(9,6)", "0.8", "0.9", "0.1", "better than …"),
            ("premium tree", "false", "null::int", "null::decimal(9,6)", "0.8", "0.8", "0", "no better than …"),
            ("lifecycle rules", "true", "null::int", "null::decimal(9,6)", "0.6", "0.7", "0.1", "better than …"),
        )
    ],
    "customer_segments": SEGMENTS,
    # As of the end of December c1 had not ordered yet, and c3 was not known.
    "customer_segments_monthly": [
        *({"month_end": "date '2026-01-31'"} | {rule: row[rule] for rule in RULES} for row in SEGMENTS),
        *(
            {"month_end": "date '2025-12-31'"}
            | {rule: SEGMENTS[2][rule] for rule in RULES}
            | {"customer_id": f"'{customer}'"}
            for customer in ("c1", "c2")
        ),
    ],
    "segment_migration": [
        {"month": MONTH, "dimension": f"'{dimension}'", "is_new_customer": new, "from_segment": before}
        | {"to_segment": f"'{after}'", "customer_count": f"{count}::int", "net_count": f"{net}::int"}
        for dimension, new, before, after, count, net in (
            ("ABC tier", "false", "'A'", "B", 3, 1),
            ("ABC tier", "false", "'B'", "A", 2, -1),
            ("ABC tier", "false", "'C'", "C", 4, 0),
            ("ABC tier", "true", "null::varchar", "C", 1, 1),
            ("member tier", "false", "'ordinary'", "ordinary", 9, 0),
            ("member tier", "true", "null::varchar", "ordinary", 1, 1),
        )
    ],
    "retention_list": [
        {
            "customer_id": "'c1'", "listed_on": "date '2026-01-31'", "list_rank": "1::int",
            "lifecycle_stage": "'growing'",
            "chance_gone": "0.25::decimal(9,6)", "value_if_alive": "80::decimal(18,2)",
            "value_at_risk": "20::decimal(18,2)", "most_worth_spending": "2::decimal(18,2)", "reason": "'late'",
            "reason_in_words": "'no order for 20 days, expected every 40'", "action": "'Write'", "is_held_out": "false",
        }
    ],
    "retention_effect": [
        {"reason": f"'{reason}'", "treated_customers": f"{treated}::int", "held_out_customers": f"{held_out}::int"}
        | {"treated_contribution": "12::decimal(18,2)"}
        | {
            column: f"{amount if held_out else 'null'}::decimal(18,2)"
            for column, amount in (
                ("held_out_contribution", 10), ("difference", 2), ("difference_low", -1), ("difference_high", 5),
            )
        }
        | {"treated_ordered_share": "0.5::decimal(9,6)"}
        | {"held_out_ordered_share": f"{'0.4' if held_out else 'null'}::decimal(9,6)"}
        for reason, treated, held_out in (("*", 9, 3), ("late", 8, 3), ("trouble", 1, 0))
    ],
    "product_abc": [
        {"product_id": f"'{product}'", "abc_tier": f"'{tier}'"}
        | {"contribution_1_last_12_months": f"{amount}::decimal(18,2)"}
        for product, amount, tier in (("p1", 70, "A"), ("p2", 20, "B"), ("p3", 0, "C"), ("p4", -1, "loss"))
    ],
    "hot_products": [
        {"product_id": f"'{product}'", "week": "date '2026-01-05'", "is_complete": "true", "order_count": "9::int"}
        | {"units": f"{units}::decimal(20,3)", "first_visit_share": f"{share}::decimal(9,6)"}
        | {"favourite_count": f"{watched}::int", "view_count": f"{watched}::int"}
        | {"has_units": f"{units >= 50}", "has_first_visit_share": passed, "has_favourites": passed}
        | {"has_views": passed, "is_hot": f"{units >= 50}"}
        for product, units, share, watched, passed in (
            ("p1", 60, "0.5", "4000", "true"), ("p2", 70, "null", "null", "null::boolean"),
            ("p3", 3, "0.5", "4000", "true"),
        )
    ],
    "product_pairs": [
        {"product_id": f"'{one}'", "other_product_id": f"'{other}'", "basket_count": "6::int"}
        | {"support": "0.1::decimal(9,6)", "confidence": f"{confidence}::decimal(9,6)", "lift": "2.5::decimal(18,6)"}
        for one, other, confidence in (("p1", "p2", 0.5), ("p2", "p1", 0.25))
    ],
    "recommendation_validation": [
        {"method": f"'{method}'", "cut_on": "date '2025-10-31'", "is_in_use": f"{hits == 2}"}
        | {"customer_count": "4::int", "hit_customers": f"{hits}::int", "hit_rate": f"{hits / 4}::decimal(9,6)"}
        | {"offer_count": "20::int", "precision_share": "0.1::decimal(9,6)"}
        for method, hits in (("bought together", 2), ("most popular", 1))
    ],
    "product_recommendations": [
        {"customer_id": "'c1'", "offer_rank": f"{rank}::int", "product_id": f"'p{rank}'", "product_name": "'Cup'"}
        | {"method": f"'{method}'", "score": f"{score}::decimal(18,6)"}
        | {"because_product_id": because, "because_product_name": because}
        for rank, method, score, because in (
            (1, "bought together", "0.7", "'p9'"), (2, "most popular", "null", "null::varchar"),
        )
    ],
    "customers": [
        {
            "customer_id": f"'{customer}'",
            **PEOPLE,
            "acquisition_channel": "'search'",
            "is_inferred": "false",
            "marketing_consent": "true",
        }
        | orders_of(orders, day)
        | values(lines, "net_sales", "contribution_1", "contribution_2", "net_profit")
        | {"rfm_segment": f"'{segment}'", "abc_tier": f"'{tier}'", "pyramid_tier": f"'{pyramid}'"}
        | {column: SEGMENTS[int(customer[1]) - 1][column] for column in ("behaviour_cluster", "premium_group")}
        | {"formula_value": formula, "adjusted_profit": f"{adjusted}::decimal(18,2)"}
        | PREDICTED
        | {"net_customer_equity": NET[customer]["net_customer_equity"]}
        | {"largest_cost_driver": driver, "why_unprofitable": why}
        | {"channel_habit": habit, "frequency_band": f"'{band}'", "spend_band": spend}
        for (
            customer, orders, day, lines, segment, tier, pyramid, formula, adjusted, driver, why, habit, band, spend
        ) in (
            ("c1", 2, 5, ANNA, "loyal", "A", "platinum", "300.01::decimal(18,2)", 24, "'rent'", "null::varchar",
             "'both'", "twice", "'100 to 250'"),
            ("c2", 1, 9, BERT, "new", "loss", "lead", "50::decimal(18,2)", -4, "'carriers'",
             "'Fulfilment 40% of net sales'", "'online'", "once", "'50 to 100'"),
            ("c3", 0, None, NOBODY, "prospect", "C", "iron", "null::decimal(18,2)", 0, "null::varchar",
             "null::varchar", "null::varchar", "never", "null::varchar"),
        )
    ],
    "cost_pool_usage": [
        {
            "month": MONTH,
            "pool": f"'{pool}'",
            "statement_line": f"'{line}'",
            "driver": f"'{driver}'",
            "cost_basis": f"'{basis_of}'",
            "ledger_amount": ledger,
            "amount": f"{amount}::decimal(18,2)",
            "assigned": f"{assigned}::decimal(18,2)",
            "idle": f"{amount - assigned}::decimal(18,2)",
            "unassigned": "0::decimal(18,2)",
            "practical_capacity": capacity,
            "capacity_used": f"{used}::decimal(28,7)",
            "used_share": share,
            "unit_cost": "1::double",
        }
        for pool, line, driver, basis_of, ledger, amount, assigned, capacity, used, share in (
            ("desk", "service", "service_minute", "actual", "7::decimal(18,2)", 7, 4, "7::decimal(20,3)", 4,
             "0.571429::double"),
            ("rent", "overhead", "unit", "standard", "null::decimal(18,2)", 9, 9, "null::decimal(20,3)", 9,
             "null::double"),
        )
    ],
    # c2 referred c1, and gets a part of what c1 earned.
    "referral_profit": [
        {"customer_id": "'c1'", "referrer_id": "'c2'", "generation": "1::int", "amount": "6::decimal(18,2)"},
    ],
    "order_profit": [
        {
            "order_id": f"'{order}'",
            "customer_id": customer,
            "ordered_at": "timestamp '2026-01-05 10:00:00'",
            "ordered_on": "date '2026-01-05'",
            "month": MONTH,
        }
        | lines
        for order, customer, lines in (
            ("o1", "'c1'", ANNA),
            ("o2", "'c1'", NOBODY),
            ("o3", "'c2'", BERT),
            ("o4", "null::varchar", GUESTS),
        )
    ],
    "product_profit": [
        {
            "product_id": product,
            "month": MONTH,
            "order_count": f"{orders}::int",
            "units_sold": f"{orders}::decimal(20,3)",
            "units_returned": "0::decimal(20,3)",
        }
        | values(lines, "gross_sales", "discounts", "refunds", "net_sales", "cogs", "contribution_1")
        | {"assumed_cost_share": share}
        for product, orders, lines, share in (
            ("'p1'", 2, ANNA, "0.5::double"),
            ("null::varchar", 0, statement(refunds="3", net_sales="-3", contribution_1="-3"), "null::double"),
        )
    ],
    "segment_profit": [
        {
            "dimension": f"'{dimension}'",
            "segment": segment,
            "customer_count": f"{customers}::int",
            "is_hidden": str(hidden).lower(),
        }
        | (dict.fromkeys(LINES, "null::decimal(18,2)") if hidden else lines)
        | {"customer_share": f"{customers / 3}::double", "profit_share": "null::double"}
        for dimension, segment, customers, hidden, lines in (
            ("gender", "null::varchar", 3, False, BOTH),
            ("country", "'DE'", 2, False, ANNA),
            ("country", "'AT'", 1, True, NOBODY),
        )
    ],
    "customer_profit_reasons": [
        {
            "customer_id": f"'{customer}'",
            "largest_cost_driver": driver,
            "largest_cost": cost,
            "loss_reason": f"{'null' if is_well else repr('beyond the segment')}::varchar",
            "loss_line": f"{'null' if is_well else repr('fulfilment')}::varchar",
            "loss_line_amount": f"{'null' if is_well else 20}::decimal(18,2)",
            "loss_line_share": f"{'null' if is_well else 0.4}::double",
            "segment_line_share": f"{'null' if is_well else 0.1}::double",
            "why_unprofitable": f"{'null' if is_well else repr('Fulfilment 40% of net sales')}::varchar",
            "compared_with": "'new'",
        }
        for customer, driver, cost, is_well in (
            ("c1", "'rent'", "9::decimal(18,2)", True),
            ("c2", "'carriers'", "20::decimal(18,2)", False),
            ("c3", "null::varchar", "null::decimal(18,2)", True),
        )
    ],
    "input_fates": [
        {
            "table_name": f"'{table}'",
            "load_id": f"{load}::bigint",
            "fate": f"'{fate}'",
            "row_count": f"{rows}::bigint",
            "money": "null::decimal(18,2)",
        }
        for table, load, fate, rows in (
            ("orders", 1, "accepted", 990),
            ("orders", 1, "quarantined", 8),
            ("orders", 2, "accepted", 2),
            ("orders", 2, "quarantined", 2),
        )
    ],
}  # fmt: skip


REASONS = """
create table metadata.quarantine_summary as
from (values
    ('orders', 'order_id: no value', 4::bigint, null::decimal(38, 7), 'feb.csv', 9::bigint),
    ('orders', 'ordered_at: no value', 6, null, 'jan.csv', 3),
    ('refunds', 'order_id: no such order', 99, null, 'jan.csv', 1)
) as one(table_name, reason, row_count, money, example_file, example_row)
"""
"""Why rows were refused. It has no claims of its own: its rows are counted in `input_fates`."""


def schema_of(table: str) -> str:
    """Where a table that leaves lies."""
    return judge.LEAVING[table].MART.schema


@pytest.fixture(scope="module")
def sound_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse file in which everything holds."""
    file = tmp_path_factory.mktemp("sound") / "warehouse.duckdb"
    with closing(duckdb.connect(str(file))) as connection:
        connection.execute("create schema marts; create schema metadata")
        for table, rows in MARTS.items():
            selects = " union all ".join(
                "select " + ", ".join(f"{value} as {column}" for column, value in row.items()) for row in rows
            )
            connection.execute(f"create table {schema_of(table)}.{table} as {selects}")
        connection.execute(REASONS)
    return file


@pytest.fixture
def shop(tmp_path: Path, sound_warehouse: Path) -> Home:
    """A home whose warehouse holds what it must."""
    home = Home(tmp_path)
    home.private.mkdir(parents=True)
    shutil.copy(sound_warehouse, home.warehouse)
    return home


def change(home: Home, statement: str) -> None:
    """Spoil the warehouse."""
    with closing(duckdb.connect(str(home.warehouse))) as connection:
        connection.execute("set search_path = 'marts,metadata'")
        connection.execute(statement)


STANDS_ALONE = "product_pairs"
"""A mart whose claims look at no other."""


def keep_only(home: Home, *marts: str) -> None:
    """Drop all other marts: what is not there takes no time to judge."""
    change(home, "; ".join(f"drop table {mart}" for mart in MARTS if mart not in marts))


def red(found: list[CheckResult], suite: str | None = None) -> list[CheckResult]:
    """What did not hold, of one suite or of all."""
    return [result for result in found if not result.passed and suite in (None, result.suite)]


def silent(_: str) -> None:
    """Progress nobody reads."""


# --- what leaves ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judged:
    """What the audit of a sound warehouse left behind: a look at all marts takes seconds, so it is taken once."""

    home: Home
    before: bytes
    code: int
    told: str
    file: Path

    @property
    def found(self) -> list[CheckResult]:
        """What it found, as the refresh reads it."""
        return read(self.file)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, sound_warehouse: Path) -> Judged:
    """The audit of a sound warehouse, in this process."""
    home = Home(tmp_path_factory.mktemp("judged"))
    home.private.mkdir(parents=True)
    shutil.copy(sound_warehouse, home.warehouse)
    before = home.warehouse.read_bytes()
    file = tmp_path_factory.mktemp("results") / "results.json"
    told = io.StringIO()
    with redirect_stderr(told):
        code = main(["leaving", "--home", str(home.root), "--results", str(file)])
    return Judged(home, before, code, told.getvalue(), file)


def test_everything_holds_in_a_sound_warehouse(sound: Judged) -> None:
    found = sound.found

    assert red(found) == []
    assert {result.suite for result in found} == set(MARTS) == {suite.name for suite in catalogue.suites("leaving")}
    assert all(result.stage == "leaving" and result.detail is None for result in found)


def test_an_empty_shop_can_be_published(shop: Home) -> None:
    change(shop, "; ".join(f"delete from {table}" for table in MARTS))

    assert red(judge.judge_leaving(shop, silent)) == []


@dataclass(frozen=True)
class Case:
    """One change to the sound shop, and what must turn red because of it.

    `change` are statements, one after the other by "; "; one that begins with "set" is an update of the suite's table.
    """

    suite: str
    change: str
    sentence: str
    column: str | None = None
    is_critical: bool = True
    count: int | None = None
    detail: str | None = None

    def __str__(self) -> str:
        return f"{self.suite}: {self.sentence}"


CHAIN = {
    "net_sales": "net_sales = gross_sales - discounts - refunds",
    "contribution_1": "contribution_1 = net_sales - cogs",
    "contribution_2": "contribution_2 = contribution_1 - fulfilment",
    "contribution_3": "contribution_3 = contribution_2 - service",
    "net_profit": "net_profit = contribution_3 - overhead",
}
CUSTOMER_MARTS = (
    "customer_acquisition",
    "second_orders",
    "customer_profit",
    "customer_lifetime_value",
    "customer_rfm",
    "customer_abc",
    "customer_pyramid",
    "customer_lifecycle",
    "customer_loyalty",
    "customer_value_score",
    "customer_segments",
    "customer_habits",
    "customer_clusters",
    "customer_premium",
    "customer_profit_reasons",
)
NOBODY_ELSE = "every customer of customers has one row here"


def leaving_cases() -> Iterator[Case]:
    """At least one case for each claim of each suite."""
    for mart in MARTS:
        yield Case(mart, f"insert into {mart} select * from {mart} limit 1", "one row")
        yield Case(mart, f"alter table {mart} add column email varchar", "no column is a direct identifier")
        gone = judge.LEAVING[mart].MART.columns[-1]
        yield Case(mart, f"alter table {mart} drop column {gone}", "every column that readers rely on is there",
                   detail=gone)  # fmt: skip
        yield Case(mart, f"alter table {mart} add column odd double; update {mart} set odd = 'nan'", "is finite")
        yield Case(mart, f"alter table {mart} add column odd float; update {mart} set odd = 'inf'", "is finite")
        for column in judge.LEAVING[mart].MART.key:
            if column not in judge.LEAVING[mart].MART.optional_in_key:
                yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    for mart in ("customer_profit_monthly", "customer_profit", "company_profit_monthly", "order_profit"):
        for line, sentence in CHAIN.items():
            yield Case(mart, f"set {line} = {line} + 0.01", sentence, line)
            yield Case(mart, f"set {line} = null", sentence, line)
    for mart in CUSTOMER_MARTS:
        yield Case(mart, f"delete from {mart} where customer_id = 'c2'", NOBODY_ELSE, count=1, detail="c2")
        yield Case(mart, "set customer_id = 'c9' where customer_id = 'c2'", NOBODY_ELSE, count=2)

    mart = "customer_profit_monthly"
    yield Case(mart, "set profit_owner = 'nobody' where profit_owner = 'guests'", "profit_owner is one of")
    yield Case(mart, "set standard_cost_share = 0.3 where customer_id = 'c1'", "costs are actual, standard", count=1)
    yield Case(mart, "set order_count = -1", "order_count is at least 0")
    yield Case(mart, "set order_count = null", "order_count is never missing")
    yield Case(mart, "set month = date '2026-01-02'", "month is always the first day", "month", count=5)
    yield Case(mart, "set customer_id = 'c1' where profit_owner = 'guests'", "a row names a customer")
    yield Case(mart, "set customer_id = null where customer_id = 'c1'", "a row names a customer")
    yield Case(mart, "set customer_id = 'c9' where customer_id = 'c1'", "is one of customers", detail="c9")
    for line in ("gross_sales", "discounts", "refunds"):
        yield Case(mart, f"set {line} = -1", "never negative", line, is_critical=False)

    mart = "customer_profit"
    yield Case(mart, "set margin = 0.31 where customer_id = 'c1'", "margin = net_profit", "margin", count=1)
    yield Case(mart, "set margin = 0 where customer_id = 'c3'", "margin = net_profit", "margin", count=1)
    yield Case(mart, "set margin = null where customer_id = 'c1'", "margin = net_profit", count=1)
    yield Case(mart, "set order_count = -1", "order_count is at least 0")
    yield Case(mart, "set order_count = null", "order_count is never missing")
    yield Case(mart, "set last_order_on = date '2020-01-01' where customer_id = 'c1'", "the first order")
    yield Case(mart, "set first_order_on = null where customer_id = 'c1'", "the first order", count=1)
    yield Case(mart, "set service = service + 1 where customer_id = 'c1'", "the sum of its months", count=1)
    yield Case(mart, "set loyalty = 1 where customer_id = 'c3'", "the sum of its months", detail="c3")
    yield Case(mart, "set contribution_share = null where customer_id = 'c1'", "contribution_share is")
    yield Case(mart, "set indirect_profit = 1 where customer_id = 'c3'", "adjusted_profit = net_profit", count=1)
    yield Case(mart, "set adjusted_profit = adjusted_profit + 1 where customer_id = 'c3'", "leaves the total unchanged")

    mart = "company_profit_monthly"
    yield Case(mart, "set month = date '2026-01-02'", "first day of a month")
    yield Case(mart, "set customer_count = 5", "no month has more customers than orders")
    yield Case(mart, "set customer_count = 1", "are those of customer_profit_monthly")
    yield Case(mart, "set order_count = 3", "are those of customer_profit_monthly")
    yield Case(mart, "set order_count = -1", "order_count is at least 0")
    yield Case(mart, "set order_count = null", "order_count is never missing")
    yield Case(mart, "set customer_count = -1", "customer_count is at least 0")
    yield Case(mart, "set customer_count = null", "customer_count is never missing")
    yield Case(mart, f"delete from {mart}", "are those of customer_profit_monthly", count=1)

    mart = "months"
    for column in judge.LEAVING[mart].MART.columns[1:]:
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    yield Case(mart, "set month = date '2026-01-02'", "first day of a month")
    yield Case(mart, "set fiscal_month = 13", "fiscal_month is from 1 to 12")
    yield Case(mart, "set fiscal_month = 0", "fiscal_month is from 1 to 12")
    yield Case(mart, "set calendar_year = 2025", "are those of the month", count=1)
    yield Case(mart, "set calendar_quarter = 2", "are those of the month", count=1)
    yield Case(mart, "set fiscal_quarter = 3", "three fiscal months", count=1)
    yield Case(mart, "set fiscal_year = 2027", "a fiscal year ends in", count=1)
    following = f"insert into {mart} by name select * replace (date '2026-02-01' as month, {{}}) from {mart}"
    yield Case(mart, following.format("11 as fiscal_month") + "; set is_complete = false", "only the last month",
               count=1)  # fmt: skip
    yield Case(mart, following.format("12 as fiscal_month"), "without a gap", count=1)
    yield Case(mart, following.format("11 as fiscal_month").replace("02-01", "03-01"), "without a gap", count=1)
    yield Case(mart, following.format("11 as fiscal_month"), "the months are those of", count=1)
    yield Case(mart, f"delete from {mart}", "the months are those of", count=1)

    mart = "days"
    for column in judge.LEAVING[mart].MART.columns[1:]:
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    yield Case(mart, "set weekday = 8", "weekday is from 1 to 7")
    yield Case(mart, "set weekday = 0", "weekday is from 1 to 7")
    yield Case(mart, "set weekday = 6 where weekday = 7", "are those of the day", count=1)
    yield Case(mart, "set week = week + 7 where weekday = 1", "are those of the day", count=1)
    yield Case(mart, "set month = date '2026-02-01' where weekday = 1", "month is that of the day", count=1)
    yield Case(mart, "set day = day + 7, week = week + 7 where weekday = 1", "without a gap", count=1)
    yield Case(mart, f"delete from {mart}", "the months of the days are those", count=1)

    mart = "profit_reconciliation"
    yield Case(mart, "set difference = 0.01 where statement_line = 'cogs'", "add up to the company",
               "difference", count=1, detail="cogs")  # fmt: skip
    yield Case(mart, "set idle = 1 where statement_line = 'overhead'", "difference = company", count=1)
    yield Case(mart, "set statement_line = 'luck' where statement_line = 'cogs'", "statement_line is one")
    yield Case(mart, "set month = date '2026-01-02'", "first day of a month")
    for column, sentence in (
        ("company", "the company's side"),
        ("customers", "the side of customers"),
        ("guests", "the side of guests"),
        ("unassigned", "the side of unassigned"),
        ("idle", "the side of idle"),
    ):
        yield Case(mart, f"set {column} = {column} + 1 where statement_line = 'net_profit'", sentence,
                   column, count=1, detail="net_profit")  # fmt: skip
        yield Case(mart, f"delete from {mart} where statement_line = 'net_profit'", sentence, column, count=1)
    # Nobody was erased from this shop, so that no row of theirs can be missing.
    yield Case(mart, "set erased = 1 where statement_line = 'net_profit'", "the side of erased",
               "erased", count=1, detail="net_profit")  # fmt: skip
    for column in ("company", "customers", "guests", "erased", "unassigned", "idle", "difference"):
        yield Case(mart, f"set {column} = null where statement_line = 'cogs'", "is never missing", column)

    mart = "profit_curve"
    yield Case(mart, "set customer_percentile = 101 where customer_percentile = 7", "from 0 to 100")
    yield Case(mart, "set customer_count = 9 where customer_percentile = 50", "never falls", count=1)
    yield Case(mart, "set share_of_peak = 1.1 where customer_percentile = 50", "above its peak", count=1)
    yield Case(mart, "set is_peak = true where customer_percentile = 50", "one peak")
    yield Case(mart, "set is_peak = customer_percentile = 0", "one peak")
    yield Case(
        mart, "set profit_lost_past_peak = 9.99 where is_peak", "profit_lost_past_peak is said at the peak", count=1
    )
    yield Case(mart, "set profit_lost_past_peak = 10", "profit_lost_past_peak is said at the peak", count=100)
    yield Case(mart, "set profit_lost_past_peak = null", "profit_lost_past_peak is said at the peak", count=1)
    yield Case(mart, f"delete from {mart} where customer_percentile = 50", "101 points")
    yield Case(mart, f"delete from {mart}", "101 points")
    yield Case(mart, "set cumulative_profit = 20.01 where customer_percentile = 100", "the curve ends at")
    yield Case(mart, "set share_of_total = null where customer_percentile = 9", "share_of_total is missing")
    yield Case(mart, "set share_of_total = 0.9 where customer_percentile = 100", "share_of_total is missing")
    for column in ("customer_count", "cumulative_profit", "is_peak"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)

    mart = "acquisition_costs"
    yield Case(mart, "set month = date '2026-01-02'", "first day of a month")
    for column in ("spend", "common_costs", "acquisition_discounts", "new_customers"):
        yield Case(mart, f"set {column} = -1", f"{column} is at least 0", column)
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    yield Case(mart, "set is_complete = null", "is_complete is never missing")
    for column in ("paid", "channel", "blended"):
        yield Case(mart, f"set {column}_acquisition_cost = 9 where campaign = 'winter'",
                   f"{column}_acquisition_cost is (spend)", count=1)  # fmt: skip
        yield Case(mart, f"set {column}_acquisition_cost = null where campaign = 'winter'",
                   f"{column}_acquisition_cost is (spend)", count=1)  # fmt: skip
    yield Case(
        mart, "set paid_acquisition_cost = 0 where channel = 'social'", "paid_acquisition_cost is (spend)", count=1
    )
    yield Case(mart, "set fully_loaded_cost = 5 where campaign = 'winter'",
               "fully_loaded_cost is (spend + common_costs) / new_customers by month, channel, campaign",
               "fully_loaded_cost", count=1)  # fmt: skip
    yield Case(
        mart, "set blended_fully_loaded_cost = 6 where channel = 'social'", "blended_fully_loaded_cost is", count=1
    )
    for column in ("lifetime_value", "first_order_contribution", "contribution_so_far"):
        yield Case(mart, f"set {column}_per_customer = 0 where channel = 'social'", f"{column}_per_customer is missing",
                   f"{column}_per_customer", count=1)  # fmt: skip
    for ratio in ("clv_to_acquisition_cost", "clv_to_fully_loaded_cost"):
        yield Case(mart, f"set {ratio} = 4 where campaign = 'winter'", f"{ratio} = lifetime_value", count=1)
        yield Case(mart, f"set {ratio} = 0 where channel = 'unattributed'", f"{ratio} = lifetime_value", count=1)
    yield Case(mart, "set new_customers = 2 where channel = 'unattributed'", "every customer is new once", count=1)

    mart = "customer_acquisition"
    yield Case(mart, "set contribution_so_far = null", "contribution_so_far is never missing")
    for column in ("acquisition_cost", "first_touch_cost", "last_touch_cost", "linear_touch_cost", "touch_count",
                   "payback_months"):  # fmt: skip
        yield Case(mart, f"set {column} = -1", f"{column} is at least 0", column)
    yield Case(mart, "set linear_touch_channels = 0", "linear_touch_channels is at least 1")
    for column in ("acquisition_channel", "first_touch_channel", "last_touch_channel", "linear_touch_channels"):
        yield Case(
            mart, f"set {column} = null where customer_id = 'c1'", "exactly who has ordered has been won", count=1
        )
    yield Case(mart, "set payback_month = null where customer_id = 'c1'", "payback is known or censored", count=1)
    yield Case(mart, "set is_payback_censored = true where customer_id = 'c2'", "payback is known or censored", count=1)
    yield Case(
        mart, "set payback_month = date '2025-12-01' where customer_id = 'c1'", "nobody is paid back before", count=1
    )
    yield Case(mart, "set is_paid_back_by_first_order = false", "whose first order pays", count=3)
    yield Case(mart, "set contribution_so_far = 0 where customer_id = 'c1'", "what customers have brought", count=1)

    mart = "acquisition_payback"
    yield Case(mart, "set cohort_month = date '2026-01-02'", "first day of a month")
    for column in ("cohort_customers", "cumulative_contribution", "is_over", "is_complete"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    yield Case(mart, "set months_since = -1", "months_since is at least 0")
    yield Case(mart, "set cohort_customers = 0", "cohort_customers is at least 1")
    yield Case(mart, "set acquisition_cost = -1", "acquisition_cost is at least 0")
    yield Case(mart, "set recovered_share = 0 where channel = 'social'", "recovered_share = cumulative", count=2)
    yield Case(mart, "set recovered_share = null where channel = 'search'", "recovered_share = cumulative", count=2)
    yield Case(
        mart, "set acquisition_cost_per_customer = 6 where channel = 'search'", "what a customer cost and", count=2
    )
    yield Case(mart, "set cumulative_contribution_per_customer = 6", "what a customer cost and", count=4)
    yield Case(mart, "set months_since = 2 where months_since = 1", "a cohort and channel has no gap", count=2)
    yield Case(mart, "set acquisition_cost = 6 where months_since = 1 and channel = 'search'", "has no gap", count=1)
    yield Case(mart, "set paid_back_customers = 0 where months_since = 1", "who have paid back stay so", count=2)
    yield Case(mart, "set paid_back_customers = 2 where channel = 'search'", "who have paid back stay so", count=2)
    yield Case(mart, "set is_complete = true", "a month that is complete is over", count=2)

    mart = "channel_efficiency"
    yield Case(mart, "set month = date '2026-01-02'", "first day of a month")
    for column in ("spend", "new_customers", "is_counted", "reading", "is_complete"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    for column in ("spend", "new_customers", "average_cost", "marginal_cost"):
        yield Case(mart, f"set {column} = -1", f"{column} is at least 0", column)
    yield Case(mart, "set reading = 'who knows'", "reading is one of", count=4)
    yield Case(mart, f"delete from {mart}", "each channel has every month from the first", "month", count=2)
    yield Case(mart, "set average_cost = 0 where new_customers = 0", "average_cost is spend", count=2)
    yield Case(mart, "set average_cost = 4.5 where new_customers = 2", "average_cost is spend", count=1)
    yield Case(mart, "set spend = 0, average_cost = 0 where new_customers = 2", "average_cost is spend", count=1)
    yield Case(mart, "set spend_change = 4 where new_customers = 2", "changes are those from the row before", count=1)
    yield Case(mart, "set new_customers_change = 0 where new_customers = 1", "changes are those from", count=1)
    yield Case(mart, "set month = date '2026-04-01' where new_customers = 0", "changes are those from", count=1)
    yield Case(mart, "set marginal_cost = 4 where new_customers = 2", "marginal_cost is spend_change", count=1)
    yield Case(mart, "set marginal_cost = 0 where new_customers = 1", "marginal_cost is spend_change", count=1)
    yield Case(mart, "set is_counted = true", "only a month that is over counts", count=1)

    mart = "next_spend"
    for column in ("place", "spend", "new_customers", "months_counted", "reading", "assumptions"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    for column in ("spend", "new_customers", "months_counted", "marginal_cost"):
        yield Case(mart, f"set {column} = -1", f"{column} is at least 0", column)
    yield Case(mart, "set place = 3 - place", "places count from 1", count=2)
    yield Case(mart, "set value_of_next_unit_low = 5.5 where place = 1", "lies between its bounds", count=1)
    yield Case(mart, "set value_of_next_unit_low = 0 where place = 2", "lies between its bounds", count=1)
    yield Case(mart, "set average_cost = 0 where place = 2", "average_cost is spend", count=1)

    mart = "retention_costs"
    yield Case(mart, "set month = date '2026-01-02'", "first day of a month")
    spent = ("retention_spend", "reactivation_spend", "retention_discounts", "reactivation_discounts",
             "active_customers", "retained_customers")  # fmt: skip
    for column in spent:
        yield Case(mart, f"set {column} = -1", f"{column} is at least 0", column)
    for column in (*spent, "loyalty", "service"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    for column in ("loyalty", "service"):
        yield Case(mart, f"set {column} = 6 where channel = 'social'", f"{column} over channels is that", column)
    yield Case(mart, "set retained_customers = 2", "who is retained is active", count=2)
    for who in ("retained", "active"):
        cost = f"cost_per_{who}_customer"
        yield Case(mart, f"set {cost} = 0 where channel = 'social'", f"{cost} = retention_cost", count=1)
        yield Case(mart, f"set {cost} = null", f"{cost} = retention_cost", cost, count=1)
        yield Case(mart, f"set {cost} = 10.01 where channel = 'search'", f"{cost} = retention_cost", count=1)
    yield Case(mart, "set retention_cost = 8", "retention_cost = retention_spend", count=2)
    yield Case(mart, "set retained_profit = 8", "retained_profit = retained_contribution", count=2)
    yield Case(mart, "set return_on_retention_cost = 0", "return_on_retention_cost = retained_profit", count=2)
    yield Case(mart, "set return_on_retention_cost = null", "return_on_retention_cost = retained_profit", count=1)
    yield Case(mart, "set retained_contribution = 1", "only who is retained brings", count=1)
    yield Case(mart, "set is_complete = null", "is_complete is never missing", "is_complete")

    mart = "customer_retention"
    yield Case(mart, "set cohort_month = date '2026-01-02'", "first day of a month")
    yield Case(mart, "set months_since = months_since - 1", "months_since is at least 0")
    for column in ("cohort_customers", "active_customers", "kept_active_customers", "retained_customers"):
        yield Case(mart, f"set {column} = -1", f"{column} is at least 0", column)
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    yield Case(mart, "set is_complete = null", "is_complete is never missing", "is_complete")
    yield Case(mart, "set is_profit_complete = null", "is_profit_complete is never missing")
    yield Case(mart, "set is_profit_complete = true", "a month whose profit is complete", count=1)
    yield Case(mart, "set kept_retention_rate = 0.6", "kept_retention_rate = kept", count=2)
    yield Case(mart, "set kept_active_customers = 2 where months_since = 1", "nobody is active who", count=1)
    yield Case(mart, "set retention_rate = 1.5", "retention_rate is from 0 to 1")
    yield Case(mart, "set repeat_share = 1.5", "repeat_share is from 0 to 1")
    yield Case(mart, "set retention_rate = 0.6 where months_since = 1", "retention_rate = active", count=1)
    yield Case(mart, "set active_customers = 3 where months_since = 1", "nobody is active who", count=1)
    yield Case(mart, "set retained_customers = 2 where months_since = 1", "nobody is active who", count=1)
    yield Case(mart, "set active_customers = 1 where months_since = 0", "the whole cohort is active")
    yield Case(mart, "set cohort_customers = 3 where months_since = 1", "a cohort is as large")
    yield Case(mart, "set months_since = 2 where months_since = 1", "a cohort has no gap")
    yield Case(mart, "set cohort_customers = 3", "the cohorts together", count=1)
    yield Case(mart, f"delete from {mart}", "the cohorts together", count=1)

    mart = "second_orders"
    yield Case(mart, "set order_count = null", "order_count is never missing")
    for column in ("order_count", "days_observed", "days_to_second_order", "mean_days_between_orders",
                   "median_days_between_orders"):  # fmt: skip
        yield Case(mart, f"set {column} = -1", f"{column} is at least 0", column)
    yield Case(mart, "set order_count = 3 where customer_id = 'c1'", "the same as in customer_profit", count=1)
    for column in ("second_order_on", "mean_days_between_orders", "median_days_between_orders"):
        yield Case(mart, f"set {column} = null where customer_id = 'c1'", "exactly who has ordered twice", count=1)
    yield Case(mart, "set days_to_second_order = 49 where customer_id = 'c1'", "exactly who has ordered twice", count=1)
    for days in (30, 60, 90, 180, 365):
        sentence = f"a second order in {days} days is one"
        yield Case(
            mart, f"set has_second_order_in_{days}_days = {days <= 30} where customer_id = 'c1'", sentence, count=1
        )
        yield Case(mart, f"set has_second_order_in_{days}_days = false where customer_id = 'c3'", sentence, count=1)
        yield Case(mart, f"set has_kept_second_order_in_{days}_days = true where customer_id = 'c2'", sentence, count=1)

    mart = "repeat_windows"
    yield Case(mart, "set cohort_month = date '2026-01-02'", "first day of a month")
    yield Case(mart, "set window_days = 31 where window_days = 30", "window_days is one of")
    yield Case(mart, f"delete from {mart} where window_days = 60", "every cohort of second_orders has each", count=1)
    for column in ("cohort_customers", "observed_customers", "repeat_customers", "kept_repeat_customers"):
        yield Case(mart, f"set {column} = -1", f"{column} is at least 0", column)
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    yield Case(mart, "set is_complete = null", "is_complete is never missing")
    for share in ("repeat_share", "kept_repeat_share"):
        yield Case(mart, f"set {share} = 0.6 where window_days = 60", f"{share} = ", share, count=1)
        yield Case(mart, f"set {share} = 0 where window_days = 90", f"{share} = ", share, count=1)
    yield Case(mart, "set kept_repeat_customers = 2", "who kept a second order had one", count=5)
    yield Case(mart, "set observed_customers = 3", "who kept a second order had one", count=5)
    yield Case(mart, "set is_complete = true", "in a complete window everybody", count=3)
    yield Case(mart, "set sales_per_customer = 0 where window_days = 90", "sales are missing exactly", count=1)
    yield Case(mart, "set net_sales_per_customer = null where window_days = 30", "sales are missing exactly", count=1)
    yield Case(mart, "set cohort_customers = 3 where window_days = 30", "are those of second_orders", count=1)

    mart = "retention_monthly"
    yield Case(mart, "set month = date '2026-01-02' where month = date '2026-01-01'", "first day of a month")
    for column in (*judge.LEAVING[mart].COUNTS, "is_complete"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    for column in judge.LEAVING[mart].COUNTS:
        yield Case(mart, f"set {column} = -1", f"{column} is at least 0", column)
    yield Case(mart, "set returned_customers = 1", "active_customers = active_before + new", count=2)
    yield Case(mart, "set retained_customers = 2 where month = date '2026-02-01'", "active_before = retained", count=1)
    for rate in judge.LEAVING[mart].RATES:
        yield Case(mart, f"set {rate} = 0.9", f"{rate} = ", rate)
        yield Case(mart, f"set {rate} = null", f"{rate} = ", rate)
    yield Case(mart, "set active_before = 1 where month = date '2026-02-01'", "active_before is active", count=1)
    yield Case(mart, "set month = date '2026-03-01' where month = date '2026-02-01'", "no month is missing", count=1)
    yield Case(mart, "set kept_active_customers = 3", "who keeps or repeats an order is active", count=2)
    yield Case(mart, "set repeat_orders = 4", "who keeps or repeats an order is active", count=2)
    yield Case(mart, "set new_customers = 1", "the new customers of a month are those", count=2)

    mart = "value_elasticities"
    for column in ("published_low", "published_high", "published_by"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    yield Case(mart, "set retention_rate = 1.1", "retention_rate is from 0 to 1")
    yield Case(mart, "set acquisition_cost = -1", "acquisition_cost is at least 0")
    yield Case(mart, "set company_value = 7 where lever = 'margin'", "all levers are moved from the same", count=1)
    yield Case(mart, "set measured_from = null where lever = 'margin'", "all levers are moved from the same", count=1)
    yield Case(mart, "set company_value = -7", "effects are missing where", count=2)
    yield Case(mart, "set company_value = null", "effects are missing where", count=2)
    yield Case(mart, "set new_customer_value = 0", "effects are missing where", count=2)
    yield Case(mart, "set company_value_effect = -1 where lever = 'margin'", "does not harm", count=1)

    mart = "customer_lifetime_value"
    yield Case(mart, "set purchase_frequency = -1", "purchase_frequency is at least 0")
    yield Case(mart, "set lifespan_years = -1", "lifespan_years is at least 0")
    yield Case(mart, "set formula_value = 310 where customer_id = 'c1'", "formula_value is average", count=1)
    yield Case(mart, "set formula_value = null where customer_id = 'c1'", "formula_value is missing")
    yield Case(mart, "set formula_value = 0 where customer_id = 'c3'", "formula_value is missing", count=1)
    yield Case(mart, "set average_order_value = 0 where customer_id = 'c3'", "who never ordered")

    yield Case(mart, "set probability_alive = 1.1", "probability_alive is from 0 to 1")
    yield Case(mart, "set expected_orders_90d = -1", "expected_orders_90d is at least 0")
    yield Case(mart, "set predicted_value_horizon = -1, customer_equity = 51", "predicted_value_horizon is at least 0")
    yield Case(
        mart, "set expected_orders_365d = 0.4 where customer_id = 'c1'", "no less is expected of a year", count=1
    )
    yield Case(mart, "set predicted_value_365d_low = -1", "the interval of the predicted value")
    yield Case(mart, "set predicted_value_365d_low = 91 where customer_id = 'c1'", "the interval of the", count=1)
    yield Case(mart, "set predicted_value_365d = 61 where customer_id = 'c1'", "is expected_orders_365d times", count=1)
    yield Case(mart, "set customer_equity = 150 where customer_id = 'c1'", "customer_equity is historic", count=1)
    yield Case(mart, "set net_customer_equity = 135 where customer_id = 'c1'", "net_customer_equity is net_", count=1)
    yield Case(mart, "set net_customer_equity = 0 where customer_id = 'c3'", "net_customer_equity is net_", count=1)
    yield Case(mart, "set net_historic_value = 46, net_customer_equity = 137 where customer_id = 'c1'",
               "net_historic_value is historic", count=1)  # fmt: skip
    yield Case(mart, "set net_predicted_value_365d = 54 where customer_id = 'c1'", "net_predicted_value_365d", count=1)
    yield Case(mart, "set keeping_cost_per_order = null where customer_id = 'c2'", "who has ordered has", count=1)
    yield Case(mart, "set keeping_cost_per_order = 0 where customer_id = 'c3'", "who has ordered has a rate", count=1)
    yield Case(mart, "set prediction_model = 'mbg_nbd_all' where customer_id = 'c1'", "one model predicts", count=2)
    yield Case(mart, "set prediction_model = null where customer_id = 'c1'", "one model predicts", count=1)

    mart = "lifetime_value_models"
    yield Case(mart, "set model = 'guess' where model = 'bg_nbd'", "model is one of", "model", count=2)
    yield Case(mart, "set customer_count = 0", "customer_count is at least 1")
    yield Case(mart, "set newcomer_expectation = null", "newcomer_expectation is never missing")
    yield Case(mart, "set newcomer_expectation = -1", "newcomer_expectation is at least 0")
    yield Case(mart, "set value_basis = 'all' where model = 'bg_nbd'", "gamma_gamma has a value basis", count=2)
    yield Case(mart, "set is_converged = false", "tonight's fits to the whole shop", count=2, is_critical=False)
    yield Case(
        mart,
        "set at_bound = 'a' where model = 'bg_nbd'",
        "tonight's fits to the whole shop",
        count=1,
        is_critical=False,
    )
    yield Case(
        mart, "set is_drifting = true where is_tonight", "what tonight's fits expect", count=2, is_critical=False
    )

    mart = "lifetime_value_validation"
    yield Case(mart, "set target = 'visits' where target = 'orders'", "target is one of", "target", count=2)
    yield Case(mart, "set mean_absolute_error = -1", "mean_absolute_error is at least 0")
    for column in ("rank_correlation", "normalised_gini"):
        yield Case(mart, f"set {column} = 1.1", f"{column} is from", column)
    yield Case(mart, "set interval_coverage = 1.1", "interval_coverage is from 0 to 1")
    yield Case(mart, "set total_bias = 0.2 where target = 'value'", "total_bias = predicted_total", count=2)
    yield Case(mart, "set total_bias = null where target = 'value'", "total_bias = predicted_total", count=2)
    yield Case(mart, "set customer_count = 3 where candidate = 'constant'", "all candidates and rules", count=2)

    mart = "lifetime_value_calibration"
    yield Case(mart, "set decile = 11 where decile = 6", "decile is from 1 to 10")
    yield Case(mart, "set customer_count = 0", "customer_count is at least 1")
    yield Case(mart, "set actual_value = 60 where decile = 1", "the deciles together are", count=2)
    yield Case(mart, f"delete from {mart} where decile = 1", "the deciles together are", count=2)
    yield Case(mart, f"delete from {mart} where candidate = 'constant'", "the deciles together are", count=1)

    mart = "lifetime_value_tracking"
    yield Case(mart, "set predicted_orders = -1", "predicted_orders is at least 0")
    yield Case(mart, "set actual_orders = 0 where week_end_on = date '2026-01-17'", "never falls", count=1)
    yield Case(mart, f"delete from {mart} where week_end_on = date '2026-01-17'", "each week from the first", count=1)
    yield Case(mart, f"delete from {mart}", "each week from the first order until tonight", count=4)

    mart = "customer_equity_monthly"
    yield Case(mart, "set month = month + 1", "first day of a month")
    yield Case(mart, "set past_value = 43", "customer_equity = past_value")
    yield Case(mart, "set grown_value = 6", "predicted_value = opening_predicted_value")
    yield Case(mart, "set won_value = -1", "won_value is at least 0")
    yield Case(mart, "set opening_predicted_value = 21", "a month opens with", count=1)
    yield Case(mart, "set won_customers = 0", "customers are those of the month before", count=1)

    mart = "customer_rfm"
    yield Case(mart, "set order_count = -1", "order_count is at least 0")
    yield Case(mart, "set order_count = null", "order_count is never missing")
    yield Case(mart, "set recency_days = -1", "recency_days is at least 0")
    for score in ("recency_score", "frequency_score", "monetary_score", "profit_score"):
        yield Case(mart, f"set {score} = 6 where customer_id = 'c1'", f"{score} is from 1 to 5", score,
                   count=1, detail="c1")  # fmt: skip
    yield Case(mart, "set rfm_segment = null", "who has ordered has all four", count=2)
    yield Case(mart, "set recency_score = 1 where customer_id = 'c3'", "who has ordered has all", count=1)
    yield Case(mart, "set rfm_cell = '111' where customer_id = 'c1'", "rfm_cell is recency_score")
    yield Case(mart, "set profit_rfm_cell = '111' where customer_id = 'c1'", "profit_rfm_cell is recency_score")
    yield Case(mart, "set recency_days = 9 where customer_id = 'c1'", "the better recency_score")
    yield Case(mart, "set recency_days = 16 where customer_id = 'c1'", "the better recency_score")
    yield Case(mart, "set order_count = 3 where customer_id = 'c2'", "the better frequency_score")
    yield Case(mart, "set net_sales = 100 where customer_id = 'c2'", "the better monetary_score")
    yield Case(mart, "set contribution_2 = 52 where customer_id = 'c2'", "the better profit_score")

    mart = "customer_lifecycle"
    yield Case(mart, "set lifecycle_stage = 'asleep'", "lifecycle_stage is one of", count=3)
    yield Case(mart, "set lifecycle_stage = null", "lifecycle_stage is never missing")
    yield Case(mart, "set rhythm_days = 0.5 where customer_id = 'c1'", "rhythm_days is at least 1", count=1)
    for column in ("quiet_gaps", "pause_gaps", "pace"):
        yield Case(mart, f"set {column} = -1", f"{column} is at least 0", column)
    yield Case(mart, "set lifecycle_stage = 'new' where customer_id = 'c3'", "exactly who has not ordered", count=1)
    yield Case(
        mart, "set lifecycle_stage = 'prospect' where customer_id = 'c1'", "exactly who has not ordered", count=1
    )
    yield Case(mart, "set rhythm_days = 3 where customer_id = 'c3'", "exactly who has not ordered", count=1)
    yield Case(mart, "set quiet_gaps = null where customer_id = 'c1'", "exactly who has not ordered", count=1)

    mart = "customer_segments_monthly"
    yield Case(mart, "set month_end = date '2026-01-30' where month_end = date '2026-01-31'", "last day of a month",
               count=3)  # fmt: skip
    yield Case(mart, f"delete from {mart} where customer_id = 'c2' and month_end = date '2026-01-31'",
               "who is a customer at one month end", count=1, detail="c2")  # fmt: skip

    mart = "segment_migration"
    yield Case(mart, "set month = date '2026-01-02'", "first day of a month")
    yield Case(mart, "set customer_count = null", "customer_count is never missing")
    yield Case(mart, "set customer_count = 0 where dimension = 'member tier'", "customer_count is at least 1", count=2)
    yield Case(mart, "set from_segment = 'A' where is_new_customer and dimension = 'ABC tier'",
               "who is new comes from no segment", count=1)  # fmt: skip
    yield Case(mart, "set customer_count = 8, net_count = 0 where dimension = 'member tier' and not is_new_customer",
               "each dimension has moved the same", count=1)  # fmt: skip
    yield Case(mart, "set net_count = 0 where from_segment = 'A'", "what goes one way net", count=1)

    mart = "customer_loyalty"
    for column in ("incident_count", "referred_customer_count"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    for column in ("repeat_share", "discount_share", "forgiven_share", "early_bird_share"):
        yield Case(mart, f"set {column} = 1.1", f"{column} is from 0 to 1", column)
    for column in ("repeat_order_count", "consideration_hours", "incident_count", "referred_customer_count",
                   "visit_count"):  # fmt: skip
        yield Case(mart, f"set {column} = -1", f"{column} is at least 0", column)
    yield Case(mart, "set satisfaction = 6", "satisfaction is from 1 to 5")
    yield Case(mart, "set nps = 11", "nps is from 0 to 10")
    yield Case(mart, "set purchase_style = 'hasty'", "purchase_style is one of")
    yield Case(mart, "set repeat_order_count = 0 where customer_id = 'c1'", "repeat orders are all orders", count=1)
    yield Case(mart, "set referred_profit = 1 where customer_id = 'c2'", "who referred nobody", count=1)

    mart = "customer_value_score"
    yield Case(mart, "set known_weight = null", "known_weight is never missing")
    yield Case(mart, "set known_weight = 1.1", "known_weight is from 0 to 1")
    for column in ("value_score", "current_score", "future_score", "credit_score", "loyalty_score", "growth_score"):
        yield Case(mart, f"set {column} = 101 where customer_id = 'c1'", f"{column} is from 0 to 100", column, count=1)
    yield Case(mart, "set value_score = 61 where customer_id = 'c1'", "the score lies between", count=1)
    yield Case(mart, "set missing_parts = null where customer_id = 'c2'", "who has ordered is missing exactly", count=1)
    yield Case(mart, "set value_score = 1 where customer_id = 'c3'", "who has ordered is missing exactly", count=1)

    mart = "retention_list"
    for column in judge.LEAVING[mart].MART.columns[1:]:
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    yield Case(mart, "set chance_gone = 1.1", "chance_gone is from 0 to 1")
    yield Case(mart, "set most_worth_spending = -1", "most_worth_spending is at least 0")
    yield Case(mart, "set reason = 'bored'", "reason is one of")
    yield Case(mart, "update customers set marketing_consent = false", "nobody is listed who has refused", count=1)
    yield Case(mart, "set customer_id = 'stranger'", "nobody is listed who has refused")
    yield Case(mart, "set value_at_risk = 20.01", "value at risk is the value if alive")
    large = "set value_if_alive = 80000000000, value_at_risk = 20000000000.01"
    yield Case(mart, large, "value at risk is the value if alive", count=1)
    yield Case(mart, "set most_worth_spending = 21", "nobody is worth spending more on")
    yield Case(mart, "set list_rank = 2", "ranks are 1, 2, 3")

    mart = "retention_effect"
    for group in ("treated", "held_out"):
        yield Case(mart, f"set {group}_customers = null", f"{group}_customers is never missing")
        yield Case(mart, f"set {group}_customers = -1", f"{group}_customers is at least 0")
        yield Case(mart, f"set {group}_ordered_share = 1.1", f"{group}_ordered_share is from 0 to 1")
    yield Case(mart, "set treated_customers = 7 where reason = 'late'", "the reasons together are all")
    yield Case(mart, "set difference = null, difference_low = null, difference_high = null where reason = '*'",
               "an effect is told exactly", count=1)  # fmt: skip
    yield Case(mart, "set difference_high = 6 where reason = '*'", "the difference lies in the middle", count=1)

    mart = "product_abc"
    yield Case(mart, "set abc_tier = 'best'", "abc_tier is one of", "abc_tier", count=4)
    yield Case(mart, "set abc_tier = null", "abc_tier is never missing")
    yield Case(mart, "set contribution_1_last_12_months = null", "contribution_1_last_12_months is never")
    yield Case(mart, "set abc_tier = 'C' where product_id = 'p4'", "abc_tier is loss exactly", count=1)
    yield Case(mart, "set abc_tier = 'B' where product_id = 'p3'", "abc_tier is loss exactly", count=1)
    yield Case(mart, "set contribution_1_last_12_months = 71 where product_id = 'p2'", "a better tier holds", count=1)

    mart = "customer_clusters"
    yield Case(mart, "set cluster = 3 where customer_id = 'c1'", "one of those in use", count=1)
    yield Case(mart, "set behaviour_cluster = 'newcomers'", "one of those in use", count=1)
    yield Case(mart, "update cluster_centroids set is_in_use = false", "one of those in use", count=2)
    yield Case(mart, "set cluster = null where customer_id = 'c2'", "exactly who has ordered has one", count=1)

    mart = "cluster_centroids"
    yield Case(mart, "set cluster_name = null", "cluster_name is never missing")
    yield Case(mart, "set member_share = 1.5", "member_share is from 0 to 1")
    for measure in ("recency", "frequency", "order_value", "tenure"):
        yield Case(mart, f"set {measure}_spread = -1", f"{measure}_spread is at least 0")
    yield Case(mart, "set cluster = cluster + 1", "clusters of a fit are 1, 2, 3", count=2)
    yield Case(mart, "set cluster_name = 'newcomers'", "clusters of a fit are 1, 2, 3", count=1)
    yield Case(mart, "set member_share = 0.2", "each belong to one cluster", count=2)
    yield Case(mart, "set is_in_use = true", "at most one fit is in use", count=1)
    yield Case(mart, f"delete from {mart} where cluster = 2", "has all its clusters", count=1)
    yield Case(mart, f"delete from {mart}", "each fit of segment_models has all its clusters", count=1)

    mart = "customer_premium"
    yield Case(mart, "set premium_chance = 1.1", "premium_chance is from 0 to 1")
    yield Case(mart, "set premium_group = 'rich'", "premium_group is one of")
    yield Case(mart, "set is_premium = true where customer_id = 'c2'", "premium is platinum and gold", count=1)
    yield Case(mart, "set is_premium = false where customer_id = 'c3'", "premium is platinum and gold", count=1)
    yield Case(mart, "set premium_group = 'other' where customer_id = 'c3'", "the group says premium exactly", count=1)
    yield Case(mart, "set premium_chance = null", "nobody is promising by a model", count=1)
    yield Case(mart, "update segment_models set accuracy_gain = 0", "nobody is promising by a model", count=1)

    mart = "premium_traits"
    yield Case(mart, "set model = 'guess'", "model is one of")
    yield Case(mart, "set weight = null", "weight is never missing")
    yield Case(mart, "set trait_rank = 3 where trait_rank = 2", "ranks are 1, 2, 3", count=2)
    yield Case(mart, "set weight = 0.5 where model = 'tree' and trait_rank = 2", "one whole", count=1)
    yield Case(mart, "set trait_spread = 0 where trait_rank = 1", "differs between customers", count=1)
    yield Case(mart, f"delete from {mart}", "goes by some trait", count=1)
    yield Case(mart, f"delete from {mart} where model = 'discriminant' and trait_rank = 2",
               "the discriminant goes by each trait that the tree asks", count=1)  # fmt: skip

    mart = "lifecycle_cuts"
    yield Case(mart, "set measure = 'mood'", "measure is one of")
    yield Case(mart, "set chosen_by = 'chance'", "chosen_by is one of")
    yield Case(mart, "set below_count = 9", "customer_count = below_count", count=2)
    for column in ("below_ordered_share", "above_ordered_share", "accuracy"):
        yield Case(mart, f"set {column} = 1.1", f"{column} is from 0 to 1")
    yield Case(mart, "set above_ordered_share = 0 where above_count = 0", "exactly where somebody is on it", count=1)

    mart = "segment_models"
    yield Case(mart, "set model = 'guess'", "model is one of")
    for column in ("is_in_use", "verdict"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing")
    yield Case(mart, "set silhouette = 1.1", "silhouette is from -1 to 1")
    for column in ("base_rate", "accuracy"):
        yield Case(mart, f"set {column} = 1.1", f"{column} is from 0 to 1")
    yield Case(mart, "set accuracy_gain = 0.2 where model = 'lifecycle rules'", "accuracy_gain = accuracy", count=1)
    yield Case(mart, "set verdict = 'better than …' where model = 'premium tree'", "says so", count=1)
    yield Case(mart, "set is_in_use = true", "go by models that are better", count=1, is_critical=False)

    mart = "hot_products"
    yield Case(mart, "set week = date '2026-01-06' where product_id = 'p1'", "week is a Monday", count=1)
    for column in ("units", "favourite_count", "view_count"):
        yield Case(mart, f"set {column} = -1 where product_id = 'p1'", f"{column} is at least 0", column)
    yield Case(mart, "set first_visit_share = 1.1 where product_id = 'p1'", "first_visit_share is from 0 to 1")
    yield Case(mart, "set is_hot = null", "is_hot is never missing")
    yield Case(mart, "set has_views = false where product_id = 'p2'", "a test has a result exactly", count=1)
    yield Case(mart, "set is_hot = true where product_id = 'p3'", "hot is exactly what has failed", count=1)

    mart = "product_pairs"
    for column in ("basket_count", "support", "confidence", "lift"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    yield Case(mart, "set basket_count = 0", "basket_count is at least 1")
    for column in ("support", "confidence"):
        yield Case(mart, f"set {column} = 1.1", f"{column} is from 0 to 1", column)
    yield Case(mart, "set lift = -1", "lift is at least 0")
    yield Case(mart, "set other_product_id = 'p1' where product_id = 'p1'", "paired with itself", count=1)
    yield Case(mart, "set lift = 3 where product_id = 'p1'", "a pair is told from either side", count=2)
    yield Case(mart, f"delete from {mart} where product_id = 'p1'", "a pair is told from either side", count=1)

    mart = "recommendation_validation"
    yield Case(mart, "set method = 'guessed' where hit_customers = 1", "method is one of")
    yield Case(mart, "set hit_rate = 0.9 where hit_customers = 1", "hit_rate = hit_customers", count=1)
    yield Case(mart, "set hit_rate = 1.5", "hit_rate is from 0 to 1")
    yield Case(mart, "set precision_share = 1.5", "precision_share is from 0 to 1")
    yield Case(mart, "set is_in_use = not is_in_use", "one method is in use", count=1)
    yield Case(mart, "set is_in_use = true", "one method is in use", count=1)
    yield Case(mart, "set customer_count = 5 where hit_customers = 1", "judged by the same customers", count=1)

    mart = "product_recommendations"
    yield Case(mart, "set product_id = null", "product_id is never missing")
    yield Case(mart, "set method = 'guessed'", "method is one of")
    yield Case(mart, "set customer_id = 'stranger'", "only customers are offered", count=2)
    yield Case(mart, "set offer_rank = 3 where offer_rank = 2", "ranks are 1, 2, 3", count=1)
    yield Case(mart, "set product_id = 'p1'", "ranks are 1, 2, 3", count=1)
    yield Case(mart, "set score = null where offer_rank = 1", "what is bought together has a score", count=1)
    yield Case(mart, "set because_product_id = 'p9'", "what is bought together has a score", count=1)

    mart = "customer_abc"
    yield Case(mart, "set abc_tier = 'best'", "abc_tier is one of", "abc_tier", count=3)
    yield Case(mart, "set abc_tier = null", "abc_tier is never missing")
    yield Case(mart, "set contribution_2_last_12_months = null", "contribution_2_last_12_months is never")
    yield Case(mart, "set abc_tier = 'C' where customer_id = 'c2'", "abc_tier is loss exactly", count=1)
    yield Case(mart, "set abc_tier = 'loss' where customer_id = 'c1'", "abc_tier is loss exactly", count=1)
    yield Case(mart, "set abc_tier = 'B' where customer_id = 'c3'", "abc_tier is loss exactly", count=1)
    yield Case(mart, f"insert into {mart} by name select 'c4' as customer_id, 'B' as abc_tier, "
               "60 as contribution_2_last_12_months", "a better tier holds", count=1)  # fmt: skip

    mart = "customer_pyramid"
    for column in ("pyramid_tier", "member_tier"):
        yield Case(mart, f"set {column} = 'best'", f"{column} is one of", column, count=3)

    mart = "customer_segments"
    for owner in ("customer_rfm", "customer_abc", "customer_pyramid", "customer_lifecycle", "customer_habits",
                  "customer_clusters", "customer_premium", "customer_value_score", "customer_loyalty"):  # fmt: skip
        for column in judge.LEAVING[mart].OWNERS[owner]:
            # Of the first customer no part is missing.
            customer = "c2" if column == "missing_parts" else "c1"
            yield Case(mart, f"set {column} = null where customer_id = '{customer}'", f"the same as in {owner}",
                       count=1, detail=customer)  # fmt: skip

    mart = "customers"
    for column in ("is_inferred", "order_count"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    yield Case(mart, "set order_count = -1", "order_count is at least 0")
    yield Case(mart, "set acquisition_channel = null", "who has ordered was won by some", count=2)
    for column in ("net_sales", "contribution_1", "contribution_2", "net_profit", "adjusted_profit", "order_count"):
        yield Case(mart, f"set {column} = {column} + 1 where customer_id = 'c1'",
                   "the same as in customer_profit", count=1, detail="c1")  # fmt: skip
    yield Case(mart, "set abc_tier = null where customer_id = 'c1'", "the same as in customer_segments")
    yield Case(mart, "set why_unprofitable = null", "the same as in customer_profit_reasons", count=1, detail="c2")
    yield Case(mart, "set spend_band = null where customer_id = 'c1'", "the same as in customer_habits", count=1)
    yield Case(mart, "set formula_value = 1 where customer_id = 'c1'",
               "the same as in customer_lifetime_value", count=1, detail="c1")  # fmt: skip
    for column in (*PREDICTED, "net_customer_equity"):
        yield Case(mart, f"set {column} = null where customer_id = 'c2'",
                   "the same as in customer_lifetime_value", count=1, detail="c2")  # fmt: skip

    mart = "cost_pool_usage"
    yield Case(mart, "set month = date '2026-01-02'", "first day of a month")
    yield Case(mart, "set cost_basis = 'guessed'", "cost_basis is one of")
    yield Case(mart, "set statement_line = 'net_sales'", "statement_line is one of")
    for column in ("cost_basis", "statement_line"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    for column in ("assigned", "unassigned", "capacity_used"):
        yield Case(mart, f"set {column} = -1", f"{column} is at least 0", column)
    yield Case(mart, "set idle = idle + 0.01", "amount = assigned", count=2)
    yield Case(mart, "set used_share = 0.5 where pool = 'desk'", "used_share = capacity_used", count=1)
    yield Case(mart, "set used_share = 0 where pool = 'rent'", "used_share = capacity_used", count=1)
    yield Case(mart, "set cost_basis = 'standard'", "a pool costs what the ledger says", count=1)
    yield Case(mart, "set ledger_amount = 8 where pool = 'desk'", "a pool costs what the ledger says", count=1)
    yield Case(mart, "set idle = 4 where pool = 'desk'", "what is idle is what", count=1, detail="service")

    mart = "referral_profit"
    for column in ("referrer_id", "amount"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    yield Case(mart, "set generation = 0", "generation is at least 1")
    yield Case(mart, "set referrer_id = 'c1'", "nobody's profit moves to themselves", count=1)
    yield Case(mart, "set amount = 7", "what moved to and from each customer", count=2)
    yield Case(mart, f"delete from {mart}", "what moved to and from each customer", count=2)

    mart = "order_profit"
    yield Case(mart, "set month = date '2026-01-02'", "first day of a month")
    for column in ("ordered_at", "ordered_on"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    yield Case(mart, "set gross_sales = gross_sales + 1 where order_id = 'o2'", "each customer has as many", count=1)
    yield Case(mart, "set customer_id = 'c1' where order_id = 'o4'", "each customer has as many", count=1)
    yield Case(mart, f"delete from {mart} where order_id = 'o2'", "each customer has as many", count=1, detail="c1")

    mart = "product_profit"
    yield Case(mart, "set month = date '2026-01-02'", "first day of a month")
    yield Case(mart, "set order_count = null", "order_count is never missing")
    for column in ("order_count", "units_sold", "units_returned"):
        yield Case(mart, f"set {column} = -1", f"{column} is at least 0", column)
    yield Case(mart, "set assumed_cost_share = 1.1", "assumed_cost_share is from 0 to 1")
    yield Case(mart, "set net_sales = net_sales + 0.01", "net_sales = gross_sales", count=2)
    yield Case(mart, "set cogs = cogs + 0.01", "contribution_1 = net_sales", count=2)
    yield Case(mart, "set gross_sales = 1 where product_id is null", "only refunds may name no product", count=1)

    mart = "segment_profit"
    for column in ("customer_count", "is_hidden"):
        yield Case(mart, f"set {column} = null", f"{column} is never missing", column)
    yield Case(mart, "set customer_count = 0", "customer_count is at least 1")
    yield Case(mart, "set customer_share = 1.1", "customer_share is from 0 to 1")
    yield Case(mart, "set customer_count = 2 where segment = 'AT'", "each dimension has every customer", count=1)
    yield Case(mart, "set cogs = 1 where segment = 'AT'", "money is missing exactly", count=1)
    yield Case(mart, "set service = null where segment = 'DE'", "money is missing exactly", count=1)
    yield Case(mart, "set overhead = overhead + 1 where segment = 'DE'", "the statement of a segment", count=1)
    yield Case(mart, "set net_profit = net_profit + 1", "where no segment of a dimension is hidden", count=1)

    mart = "customer_profit_reasons"
    yield Case(mart, "set largest_cost = -1", "largest_cost is at least 0")
    yield Case(mart, "set why_unprofitable = null", "exactly who loses money", count=1)
    yield Case(mart, "set why_unprofitable = 'so' where customer_id = 'c3'", "exactly who loses money", count=1)
    yield Case(mart, "set loss_reason = 'bad luck' where customer_id = 'c2'", "loss_reason is one of no sale, ")
    yield Case(mart, "set loss_reason = null", "a reason, the line it is about", count=1)
    yield Case(mart, "set loss_line = 'refunds' where customer_id = 'c1'", "a reason, the line it is about", count=1)
    yield Case(mart, "set loss_line_amount = 0 where customer_id = 'c3'", "a reason, the line it is about", count=1)
    yield Case(mart, "set loss_line_share = 0.41", "the amount of a line is its share of the customer", detail="c2")
    yield Case(mart, "set loss_line_share = null", "the amount of a line is its share of the customer", count=1)
    yield Case(mart, "set largest_cost_driver = null where customer_id = 'c1'", "the largest cost has a name", count=1)

    mart = "customer_habits"
    yield Case(mart, "set region = 'elsewhere' where customer_id = 'c1'", "the same as in customers", count=1)
    yield Case(mart, "set channel_habit = 'dreaming'", "channel_habit is one of")
    yield Case(mart, "set frequency_band = null", "frequency_band is never missing")
    yield Case(mart, "set spend_band = null where customer_id = 'c1'", "exactly who has ordered", count=1)
    yield Case(mart, "set spend_band = 'nothing' where customer_id = 'c3'", "exactly who has ordered", count=1)

    mart = "input_fates"
    yield Case(mart, "set table_name = 'invoices'", "table_name is one of", count=4)
    yield Case(mart, "set fate = 'lost'", "fate is one of")
    yield Case(mart, "set row_count = null", "row_count is never missing")
    yield Case(mart, "set row_count = -1", "row_count is at least 0")
    yield Case(mart, "set row_count = 10 where load_id = 1 and fate = 'quarantined'",
               "no table has more rows refused", count=1, detail="orders")  # fmt: skip
    first = "example_file: jan.csv, example_row: 3, rows_of_it: 6, most_frequent_reason: ordered_at: no value"
    yield Case(mart, "set row_count = 11 where load_id = 1 and fate = 'quarantined'",
               "no table has more rows refused", count=1, detail=first)  # fmt: skip
    yield Case(mart, "set row_count = 1 where load_id = 2 and fate = 'accepted'", "the last load of each", detail=first)


Prove = Callable[[Case], list[CheckResult]]


@pytest.fixture(scope="module")
def proving_ground(tmp_path_factory: pytest.TempPathFactory, sound_warehouse: Path) -> Prove:
    """Judge the claims that a case is about after its change, and take the change back.

    Whole suites on a copy of the file for each case would prove no more and take minutes.
    """
    connection = on_duckdb.in_memory(tmp_path_factory.mktemp("spill"))
    connection.execute(f"attach '{sound_warehouse}' as sound (read_only)")

    def restore(table: str) -> None:
        connection.execute(f"create or replace table {table} as select * from sound.{schema_of(table)}.{table}")

    for table in MARTS:
        restore(table)
    connection.execute("create table quarantine_summary as select * from sound.metadata.quarantine_summary")
    source = on_duckdb.datasource(connection)

    def prove(case: Case) -> list[CheckResult]:
        for part in case.change.split("; "):
            connection.execute(f"update {case.suite} {part}" if part.startswith("set ") else part)
        module = judge.LEAVING[case.suite]
        claims = [*module.MART.standing_claims(on_duckdb.columns(connection, case.suite)), *module.claims()]
        claims = [claim for claim in claims if case.sentence in claim.description]
        batch = on_duckdb.batch(source, case.suite)
        suite = catalogue.Suite("leaving", case.suite)
        found = judge.judge(suite, batch, claims, module.MART.key, shows_values=True)
        restore(case.suite)
        return found

    return prove


@pytest.mark.parametrize("case", list(leaving_cases()), ids=str)
def test_a_spoilt_mart_turns_its_claim_red(case: Case, proving_ground: Prove) -> None:
    check(case, proving_ground(case))


def check(case: Case, found: list[CheckResult]) -> None:
    """The case's sentence is red, with the count and the detail it must have."""
    named = [result for result in red(found, case.suite) if case.sentence in result.expectation]
    named = [result for result in named if case.column in (None, result.column)]
    assert named, f"held, but must not; red are {[result.sentence() for result in red(found)]}"
    assert all(result.is_critical is case.is_critical for result in named)
    assert all("could not be judged" not in (result.detail or "") for result in named), named
    if case.count is not None:
        assert [result.unexpected_count for result in named] == [case.count]
    if case.detail is not None:
        assert all(case.detail in result.detail for result in named), named


def test_every_claim_on_a_mart_is_proved_by_a_case(sound: Judged) -> None:
    cases = list(leaving_cases())
    unproved = [
        f"{result.suite}: {result.expectation}"
        for result in sound.found
        if not any(
            case.suite == result.suite and case.sentence in result.expectation and case.column in (None, result.column)
            for case in cases
        )
    ]
    assert unproved == []


def test_a_mart_that_is_not_there_is_one_critical_sentence(shop: Home) -> None:
    keep_only(shop, STANDS_ALONE)

    found = judge.judge_leaving(shop, silent)

    assert red(found) == [
        CheckResult("leaving", mart, "the table has been built", None, True, False, None,
                    f"{schema_of(mart)}.{mart} is not in the warehouse")
        for mart in sorted(MARTS) if mart != STANDS_ALONE
    ]  # fmt: skip
    # Whose table is there is judged as ever.
    assert {result.suite for result in found if result.passed} == {STANDS_ALONE}


def test_the_warehouse_is_not_written_and_no_file_is_left(sound: Judged) -> None:
    assert sound.home.warehouse.read_bytes() == sound.before
    assert [file for file in sound.home.root.rglob("*") if file.is_file()] == [sound.home.warehouse]


def test_personal_columns_of_the_contract_are_direct_identifiers() -> None:
    assert {"email", "full_name", "birth_date", "city"} <= set(direct_identifiers())


# --- an exception is a failure -------------------------------------------------------------------------------------


def test_a_claim_that_raises_has_not_held(tmp_path: Path) -> None:
    connection = on_duckdb.in_memory(tmp_path)
    connection.execute("create table few as select 1 as one")
    batch = on_duckdb.batch(on_duckdb.datasource(connection), "few")
    claims = [
        no_row("nothing is amiss", "select nowhere from {batch}", column="nowhere"),
        no_row("one is one", "select one from {batch} where one <> 1"),
    ]

    found = judge.judge(catalogue.Suite("leaving", "few"), batch, claims, ("one",), shows_values=True)

    failed, held = sorted(found, key=lambda result: result.passed)
    assert held.passed and held.detail is None
    assert (failed.passed, failed.is_critical, failed.unexpected_count, failed.column) == (False, True, None, "nowhere")
    assert failed.detail.startswith("could not be judged: ") and "nowhere" in failed.detail
    assert "\n" not in failed.detail


def test_what_a_claim_raises_shows_no_value_of_what_arrived(tmp_path: Path) -> None:
    connection = on_duckdb.in_memory(tmp_path)
    connection.execute("create table few as select 'anna@shop.example' as one")
    batch = on_duckdb.batch(on_duckdb.datasource(connection), "few")
    claim = no_row("all are numbers", "select one from {batch} where cast(one as int) < 0")

    (failed,) = judge.judge(catalogue.Suite("arriving", "few"), batch, [claim], ("one",), shows_values=False)

    assert "Could not convert string '…'" in failed.detail
    assert "anna" not in failed.detail


def test_what_does_not_fit_in_memory_is_spilled_below_the_home(tmp_path: Path) -> None:
    connection = on_duckdb.in_memory(tmp_path / "private" / "spill" / "leaving")
    connection.execute("set memory_limit = '50MB'")

    connection.execute("create table much as select i, md5(i::varchar) as text from range(1500000) numbers(i)")

    assert list((tmp_path / "private" / "spill" / "leaving").iterdir())


# --- what arrives --------------------------------------------------------------------------------------------------

GOOD_VALUES = {
    "string": "'text ' || i",
    "bigint": "(i + 1)::bigint",
    "int": "(i + 1)::int",
    "date": "date '2026-01-05'",
    "timestamp": "timestamp '2026-01-05 10:00:00'",
    "boolean": "false",
}
ROWS = 1000
"""Rows of each landed table: at the default tolerance of 0.01, ten may be refused."""


def good_value(column: contract.Column) -> str:
    """SQL: a value of row i that the contract accepts."""
    if column.allowed:
        return f"'{column.allowed[0]}'"
    if column.maximum is not None:
        return f"{column.maximum}::{column.data_type}"
    return GOOD_VALUES.get(column.data_type) or f"(i + 1)::{column.data_type}"


def land(home: Home, connection: duckdb.DuckDBPyConnection, table: contract.Table) -> None:
    """Land a table of good rows, and its empty schema."""
    folder = home.landed / table.name
    folder.mkdir(parents=True)
    columns = ", ".join(f"{good_value(column)} as {column.name}" for column in table.columns)
    rows = (
        f"select {columns}, 1::bigint as load_id, '{table.name}.csv' as source_file, i + 1 as source_row, "
        f"null::varchar as unreadable, null::varchar as payload from range({ROWS}) numbers(i)"
    )
    connection.execute(f"copy ({rows}) to '{folder / 'load-000001.parquet'}' (format parquet)")
    connection.execute(f"copy (select * from ({rows}) limit 0) to '{folder / 'schema.parquet'}' (format parquet)")


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which every input has landed as it must."""
    home = Home(tmp_path_factory.mktemp("landed"))
    (home.landed / "loads").mkdir(parents=True)
    (home.landed / "shop.json").write_text(json.dumps({"shop": "tiny", "shop_opened_on": "2000-01-01"}))
    with closing(duckdb.connect()) as connection:
        for table in contract.tables().values():
            land(home, connection, table)
        manifest = " union all ".join(
            f"select 1::bigint as load_id, timestamp '2026-01-06' as loaded_at, '{table}' as table_name, "
            f"'{table}.csv' as source_file, 'x' as content_sha256, 1::bigint as file_bytes, "
            f"{ROWS}::bigint as rows_read, 0::bigint as rows_unreadable, 'landed' as outcome"
            for table in (*contract.tables(), "some_connector")
        )
        connection.execute(f"copy ({manifest}) to '{home.landed / 'loads' / 'load-000001.parquet'}' (format parquet)")
    return home


def test_everything_holds_of_sound_landed_tables(landed: Home) -> None:
    said: list[str] = []
    found = judge.judge_arriving(landed, said.append)

    assert red(found) == []
    assert {result.suite for result in found} == set(contract.tables())
    assert len(said) == len(contract.tables())
    assert said[0].startswith("arriving orders: ")


@pytest.mark.parametrize(("zone", "is_refused"), [("Asia/Tokyo", False), ("Europe/London", True)])
def test_a_shop_opens_when_its_day_begins_there(landed: Home, tmp_path: Path, zone: str, is_refused: bool) -> None:
    home = Home(shutil.copytree(landed.root, tmp_path / "home"))
    (home.landed / "shop.json").write_text(
        json.dumps({"shop": "tiny", "shop_opened_on": "2000-01-01", "reporting_time_zone": zone})
    )
    file = home.landed / "orders" / "load-000001.parquet"
    with closing(duckdb.connect()) as connection:
        connection.execute(f"create table orders as from '{file}'")
        connection.execute("update orders set ordered_at = timestamp '1999-12-31 15:00:00'")
        connection.execute(f"copy orders to '{file}' (format parquet)")
    sentences = {result.expectation for result in red(judge.judge_arriving(home, lambda line: None))}
    assert any("ordered_at is before the shop opened" in sentence for sentence in sentences) == is_refused


@pytest.fixture(scope="module")
def arriving_ground(landed: Home) -> Iterator[Prove]:
    """Judge the claims that a case is about, of a landed table that was copied and changed, under its own name."""
    connection = arriving.connect(landed)
    source = on_duckdb.datasource(connection)
    tolerated = arriving.all_tolerances()

    def prove(case: Case) -> list[CheckResult]:
        table = contract.tables()[case.suite]
        connection.execute(f"drop view if exists {table.name}; drop table if exists spoilt")
        assert arriving.see(connection, landed, table.name) is None
        connection.execute(f"create table spoilt as select * from {table.name}")
        for part in filter(None, case.change.split("; ")):
            connection.execute(part)
        connection.execute(f"create or replace view {table.name} as select * from spoilt")
        arrived = arriving.count(connection, table)
        includes_tax = "prices include tax" in case.sentence
        claims = arriving.suite(
            table,
            tolerated[table.name],
            arrived,
            "2000-01-01",
            opened_at=datetime(2000, 1, 1),
            includes_tax=includes_tax,
        )
        claims = [claim for claim in claims if case.sentence in claim.description]
        suite = catalogue.Suite("arriving", table.name)
        return judge.judge(suite, on_duckdb.batch(source, table.name), claims, arriving.POINTER, shows_values=False)

    yield prove
    connection.close()


def ways_to_break(column: contract.Column) -> Iterator[tuple[str, str]]:
    """The ways to break the rules of a column: the value as SQL, and a part of the sentence that must turn red."""
    if column.required:
        yield "null", f"of the rows lack {column.name}"
    if column.allowed:
        yield "'maybe'", f"{column.name} is none of"
    if column.minimum is not None:
        yield f"{column.minimum:.8f}::decimal(20,8) - 1", f"{column.name} is below"
    if column.maximum is not None:
        yield f"{column.maximum:.8f}::decimal(20,8) + 1", f"{column.name} is above"
    if column.event:
        yield "timestamp '1999-12-31'", f"{column.name} is before the shop opened"
        yield "timestamp '2026-01-07'", f"{column.name} is after the load"


def break_every_rule(table: contract.Table, rows_each: int) -> tuple[list[tuple[str, str, int]], str]:
    """Break each rule of each column in so many rows, no two rules in one row.

    Yields column, sentence and first row of each, and the statements.
    """
    statements: list[str] = []
    sentences: list[tuple[str, str, int]] = []
    for column in table.columns:
        for value, sentence in ways_to_break(column):
            first = 1 + len(sentences) * rows_each
            rows = f"source_row between {first} and {first + rows_each - 1}"
            statements.append(f"update spoilt set {column.name} = {value} where {rows}")
            sentences.append((column.name, sentence, first))
    return sentences, "; ".join(statements)


@pytest.mark.parametrize("table", contract.tables().values(), ids=lambda table: table.name)
def test_more_broken_rows_than_tolerated_are_red(table: contract.Table, arriving_ground: Prove) -> None:
    """Each rule of the contract is broken in eleven rows of a thousand: each is red, and nothing else is."""
    sentences, statements = break_every_rule(table, 11)
    assert sentences

    found = red(arriving_ground(Case(table.name, statements, "")))

    for column, sentence, first in sentences:
        named = [result for result in found if result.column == column and sentence in result.expectation]
        assert [(result.is_critical, result.unexpected_count) for result in named] == [(True, 11)], sentence
        pointer = named[0].detail.replace(":", "")
        assert f"source_file {table.name}.csv, source_row {first}" in pointer
        found.remove(named[0])
    # The same bad value in a key of one column makes eleven rows of one key.
    assert [result.expectation for result in found if "stands for different rows" not in result.expectation] == []


@pytest.mark.parametrize("table", contract.tables().values(), ids=lambda table: table.name)
def test_as_many_broken_rows_as_tolerated_are_not(table: contract.Table, arriving_ground: Prove) -> None:
    _, statements = break_every_rule(table, 10)

    assert red(arriving_ground(Case(table.name, statements, ""))) == []


@pytest.mark.parametrize("table", contract.tables().values(), ids=lambda table: table.name)
def test_a_rare_value_is_judged_by_the_rows_of_the_table(table: contract.Table, arriving_ground: Prove) -> None:
    """One bad value in the only row that has one is one row in a thousand, not all of them."""
    rare = [column for column in table.columns if not column.required and any(ways_to_break(column))]
    statements = "; ".join(
        f"update spoilt set {column.name} = case when source_row = 1 then {next(ways_to_break(column))[0]} end"
        for column in rare
    )

    assert red(arriving_ground(Case(table.name, statements, ""))) == []


def structure_cases() -> Iterator[Case]:
    """What can be wrong with a landed table as a whole."""
    for table in contract.tables().values():
        name = table.name
        unreadable = "update spoilt set unreadable = 'what is this' where"
        yield Case(name, f"{unreadable} source_row <= 11", "of the rows could not be read", "unreadable", count=11)
        yield Case(name, f"{unreadable} source_row <= 501", "rows of the last load could not be read", "unreadable",
                   detail=f"{name}.csv")  # fmt: skip
        yield Case(name, "delete from spoilt where source_row = 5", "as many rows are landed as were read",
                   count=1, detail=f"{name}.csv")  # fmt: skip
        yield Case(name, "insert into spoilt select * from spoilt where source_row = 5", "as many rows are landed as")
        yield Case(name, "delete from spoilt", "as many rows are landed as")
        yield Case(name, "update spoilt set loaded_at = null where source_row = 5", "belongs to a load", "loaded_at",
                   count=1)  # fmt: skip
        gone = table.columns[-1].name
        yield Case(name, f"alter table spoilt drop column {gone}", "every column of the contract", detail=gone)
        yield contradiction(table)
        if table.required:
            yield Case(name, "delete from spoilt", "has rows here", is_critical=False)
        if name in arriving.PRICED:
            yield Case(name, "update spoilt set tax_amount = case when source_row > 11 then 0 end",
                       "prices include tax", "tax_amount", count=11, is_critical=False)  # fmt: skip


def contradiction(table: contract.Table) -> Case:
    """Twelve rows of six keys, each key with two contents: one key more than is tolerated."""
    copied = ", ".join(f"twin.{name} as {name}" for name in table.key)
    others = ", ".join(f"spoilt.{column.name}" for column in table.columns if column.name not in table.key)
    return Case(
        table.name,
        f"insert into spoilt by name select {copied}, {others}, 1 as load_id, 'b.csv' as source_file, "
        "spoilt.source_row, spoilt.loaded_at from spoilt inner join spoilt as twin "
        "on spoilt.source_row = twin.source_row + 500 where twin.source_row <= 6"
        "; update spoilt set is_deleted = true where source_file = 'b.csv'",
        "stands for different rows",
        count=12,
    )


@pytest.mark.parametrize("case", list(structure_cases()), ids=str)
def test_a_table_that_is_wrong_as_a_whole_is_red(case: Case, arriving_ground: Prove) -> None:
    check(case, arriving_ground(case))


def test_rows_of_a_file_that_a_connector_mapped_are_not_counted(arriving_ground: Prove) -> None:
    sentence = "as many rows are landed as were read"
    for file, load, is_red in (
        ("some_connector.csv", 1, False),
        # a product that was named by an early file, and is named otherwise since a later one came
        ("some_connector.csv", 2, False),
        ("nobody_read_this.csv", 1, True),
        ("payments.csv", 1, True),
    ):
        replaced = f"'{file}' as source_file, {load} as load_id"
        statement = f"insert into spoilt select * replace ({replaced}) from spoilt where source_row <= 3"
        found = red(arriving_ground(Case("orders", statement, sentence)))
        assert [file in result.detail for result in found] == [True] * is_red


def test_a_copy_a_later_version_and_a_later_load_are_no_contradiction(arriving_ground: Prove) -> None:
    copies = ""
    later = "replace (timestamp '2026-01-05 11:00' as updated_at, true as is_deleted)"
    corrected = "replace (2 as load_id, true as is_deleted)"
    for version in (copies, later, corrected):
        statement = f"insert into spoilt select * {version} from spoilt"
        found = red(arriving_ground(Case("refunds", statement, "")))
        assert [result.expectation for result in found if "stands for different rows" in result.expectation] == []


def test_a_small_load_may_have_a_bad_row_but_an_old_bad_load_is_history(arriving_ground: Prove) -> None:
    one_of_four = (
        "insert into spoilt select * replace (2 as load_id, "
        "case when source_row = 1 then 'what is this' end as unreadable) from spoilt where source_row <= 4"
    )
    bad_then_good = (
        "insert into spoilt select * replace (2 as load_id, 'what is this' as unreadable) from spoilt "
        "where source_row <= 4; "
        "insert into spoilt select * replace (3 as load_id, null as unreadable) from spoilt where source_row <= 4"
    )
    for statement in (one_of_four, bad_then_good):
        found = red(arriving_ground(Case("orders", statement, "")))
        assert [result.expectation for result in found if "last load" in result.expectation] == []


def test_columns_that_could_not_be_read_are_named_and_their_values_are_not(arriving_ground: Prove) -> None:
    value = "''anna@shop.example''"
    statements = [
        f"update spoilt set unreadable = 'ordered_at: {value} is no time' || chr(59) || ' shipping_charged: {value} is "
        "no decimal' where source_row between 3 and 9",
        "update spoilt set unreadable = 'row: 2 fields where the header has 3' where source_row between 10 and 12",
    ]
    as_many_as_tolerated = Case("orders", "; ".join(statements), "of the rows could not be read")
    assert red(arriving_ground(as_many_as_tolerated)) == []
    statements.append(f"update spoilt set unreadable = 'InvoiceDate: {value} is no time' where source_row = 1")
    (found,) = red(arriving_ground(Case("orders", "; ".join(statements), "of the rows could not be read")))
    assert (found.unexpected_count, found.detail) == (
        11,
        "11 rows, for example source_file: orders.csv, source_row: 3, row_count: 7, "
        "unreadable_columns: ordered_at and shipping_charged, all_rows: 11",
    )
    statements.append(f"update spoilt set unreadable = 'status: {value}' where source_row > 12")
    (found,) = red(arriving_ground(Case("orders", "; ".join(statements), "rows of the last load could not be read")))
    assert found.detail.endswith(
        "unreadable_columns: InvoiceDate, number of fields, ordered_at and shipping_charged, status"
    )


def test_no_value_of_a_landed_row_is_ever_shown(arriving_ground: Prove) -> None:
    secret = "anna@shop.example"
    statement = f"update spoilt set status = '{secret}', order_id = '{secret}'"

    found = red(arriving_ground(Case("orders", statement, "")))

    assert len(found) >= 2
    assert secret not in json.dumps([result.detail for result in found])


def copy_of(landed: Home, folder: Path) -> Home:
    """A home of one's own to spoil."""
    shutil.copytree(landed.root, folder, dirs_exist_ok=True)
    return Home(folder)


def test_an_input_that_was_not_landed_or_cannot_be_read_is_one_critical_sentence(landed: Home, tmp_path: Path) -> None:
    home = copy_of(landed, tmp_path)
    shutil.rmtree(home.landed / "refunds")
    (home.landed / "surveys" / "load-000001.parquet").write_text("not Parquet at all")

    found = red(judge.judge_arriving(home, silent))

    assert [(result.suite, result.is_critical) for result in found] == [("refunds", True), ("surveys", True)]
    assert "refunds has not been landed" in found[0].detail
    assert "surveys cannot be read" in found[1].detail
    assert str(tmp_path) not in found[1].detail


def test_an_empty_shop_is_a_warning_and_no_more(landed: Home, tmp_path: Path) -> None:
    home = copy_of(landed, tmp_path)
    for table in contract.tables():
        (home.landed / table / "load-000001.parquet").unlink()
    (home.landed / "loads" / "load-000001.parquet").rename(home.landed / "loads" / "schema.parquet")
    manifest = home.landed / "loads" / "schema.parquet"
    duckdb.sql(f"copy (select * from '{manifest}' limit 0) to '{manifest}.empty' (format parquet)")
    shutil.move(f"{manifest}.empty", manifest)

    found = red(judge.judge_arriving(home, silent))

    assert [(result.suite, result.is_critical) for result in found] == [("orders", False), ("order_lines", False)]


# --- catalogue, settings, results ----------------------------------------------------------------------------------


def test_the_catalogue_needs_no_great_expectations() -> None:
    code = (
        "import sys, expectations, expectations.catalogue as c, expectations.results; c.suites('arriving'); "
        "c.suites('leaving'); print('great_expectations' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_every_mart_has_a_suite() -> None:
    models = {file.stem for file in (PROJECT / "models" / "marts").rglob("*.sql")}
    assert models <= {suite.name for suite in catalogue.suites("leaving")}


def test_there_is_a_suite_for_each_input_and_each_module() -> None:
    assert [suite.name for suite in catalogue.suites("arriving")] == list(contract.tables())
    assert {suite.name for suite in catalogue.suites("leaving")} == set(judge.LEAVING)
    with pytest.raises(ValueError, match="There is no stage 'standing'"):
        catalogue.suites("standing")


def test_the_settings_name_each_input_once() -> None:
    assert list(tolerances(contract.tables())) == list(contract.tables())
    with FILE.open(newline="") as lines:
        assert [row["table_name"] for row in csv.DictReader(lines)] == list(contract.tables())


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["orders,0.01,0.5,35", "orders,0.02,0.5,35"], "orders is named twice"),
        (["orders,1.5,0.5,35"], "tolerated_refused_share of orders is '1.5'; expected a share from 0 to 1"),
        (["orders,little,0.5,35"], "tolerated_refused_share of orders is 'little'"),
        (["orders,0.01,,35"], "tolerated_refused_share_of_last_load of orders is ''"),
        (["orders,0.01,0.5,0"], "silent_after_days of orders is '0'; expected a whole number of days above 0"),
        (["orders,0.01,0.5,-7"], "silent_after_days of orders is '-7'"),
        (["orders,0.01,0.5,2.5"], "silent_after_days of orders is '2.5'"),
        (["orders,0.01,0.5"], "silent_after_days of orders is None"),
        (["refunds,0.01,0.5,35"], "no line for orders"),
    ],
)
def test_unusable_tolerances_are_one_sentence(lines: list[str], sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "input_tolerances.csv"
    header = "table_name,tolerated_refused_share,tolerated_refused_share_of_last_load,silent_after_days"
    file.write_text("\n".join([header, *lines]) + "\n")
    with pytest.raises(ToleranceError, match=sentence):
        tolerances(["orders"], file)


def test_results_are_there_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    result = CheckResult("leaving", "customers", "holds", None, True, True, 0, None)
    results.write_at_once(file, [result])

    with pytest.raises(TypeError):
        results.write_at_once(file, [CheckResult("leaving", "customers", "holds", None, True, True, {1}, None)])  # type: ignore[arg-type]

    assert read(file) == [result]
    assert list(tmp_path.iterdir()) == [file]


# --- the process ---------------------------------------------------------------------------------------------------


def start(stage: str, home: Home, file: Path, *more: str) -> subprocess.Popen[str]:
    """The process of one audit, its pipes open."""
    return subprocess.Popen(
        [sys.executable, "-m", "expectations", stage, "--home", str(home.root), "--results", str(file), *more],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def is_ready(process: subprocess.Popen[str], stage: str) -> bool:
    """Waits until it says so. What it imports may warn before: pyspark, where it is installed, does."""
    return any(line.startswith(f"{stage}: ready after ") for line in iter(process.stderr.readline, ""))


def test_who_waits_imports_first_and_begins_at_go(shop: Home, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    waits = start("leaving", shop, file, "--wait")

    assert is_ready(waits, "leaving")
    # While it waits the warehouse is not its own: whoever builds can still write it.
    change(shop, "update customer_profit set margin = 0.5 where customer_id = 'c1'")
    assert not file.exists()
    said, told = waits.communicate("go\n", timeout=60)

    assert (waits.returncode, said) == (0, "")
    assert [result.column for result in red(read(file))] == ["margin"]
    assert "leaving customers: " in told and "1 critical ones do not" in told


def test_who_is_never_told_to_go_leaves(
    landed: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "never.json"
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    assert main(["arriving", "--home", str(landed.root), "--results", str(file), "--wait"]) == 0

    said, told = capsys.readouterr()
    assert said == "" and re.fullmatch(r"arriving: ready after [0-9.]+ s\n", told)
    assert not file.exists()


def test_who_cannot_judge_says_why_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "results.json"
    for stage, sentence in (("leaving", "There is no warehouse at"), ("arriving", "Nothing has been landed in")):
        assert main([stage, "--home", str(tmp_path), "--results", str(file)]) == 1
        assert sentence in capsys.readouterr().err
    assert not file.exists()


def test_a_warehouse_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.private.mkdir()
    home.warehouse.write_text("not a database")
    with pytest.raises(leaving.NoWarehouse, match="cannot be read"):
        leaving.connect(home)


def test_results_have_the_shape_that_the_refresh_reads(sound: Judged) -> None:
    assert sound.code == 0

    entries = json.loads(sound.file.read_text())
    assert {tuple(entry) for entry in entries} == {
        ("stage", "suite", "expectation", "column", "is_critical", "passed", "unexpected_count", "detail")
    }
    assert all(type(entry["passed"]) is bool and type(entry["is_critical"]) is bool for entry in entries)
    found = sound.found
    assert found == sorted(found, key=lambda result: (result.suite, result.column or "", result.expectation))
    assert "0 critical ones do not" in sound.told


def test_another_day_is_judged_in_its_own_warehouse(shop: Home) -> None:
    day = Home(shop.root, date(2026, 1, 31).isoformat())
    with pytest.raises(leaving.NoWarehouse, match="2026-01-31"):
        judge.judge_leaving(day, silent)
    day.private.mkdir(parents=True)
    shop.warehouse.rename(day.warehouse)
    keep_only(day, STANDS_ALONE)
    found = judge.judge_leaving(day, silent)
    # The others are missing there, and nothing is red of what is not.
    assert {result.suite for result in found} == set(MARTS)
    assert {result.suite for result in red(found)} == set(MARTS) - {STANDS_ALONE}
