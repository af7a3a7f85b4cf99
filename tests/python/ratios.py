"""Every ratio in the marts, with what it is divided by: where that is nothing, the ratio must be null, never 0.

A column that looks like a ratio and is in neither list fails the test: whoever adds one says what it is divided by.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Ask = Callable[[str], list[tuple]]

LOOKS_LIKE_A_RATIO = re.compile(
    r"_share(_|$)|_rate$|_ratio|_per_|margin|^average_|^mean_|^median_|^clv_to_|^return_on_|^share_of_|_cost$|lapse"
)
"""Doubles look like ratios, whatever they are called."""

PER_COHORT = dict.fromkeys(
    (
        "retention_rate",
        "kept_retention_rate",
        "repeat_share",
        "cumulative_sales_per_customer",
        "cumulative_net_sales_per_customer",
        "cumulative_profit_per_customer",
    ),
    "cohort_customers",
)
COSTS = "actual_cost_share", "standard_cost_share", "assumed_cost_share"
ORDERS = "(select order_count from marts.customers as one where one.customer_id = judged.customer_id)"
ORDERED_TWICE = "case when order_count >= 2 then order_count - 1 end"

RATIOS: dict[str, dict[str, str]] = {
    "acquisition_costs": {
        "paid_acquisition_cost": "new_customers * spend",
        "channel_acquisition_cost": "sum(new_customers) over channels * sum(spend) over channels",
        "blended_acquisition_cost": "sum(new_customers) over months * sum(spend) over months",
        "fully_loaded_cost": "new_customers * (spend + common_costs)",
        "blended_fully_loaded_cost": "sum(new_customers) over months * sum(spend + common_costs) over months",
        "first_order_contribution_per_customer": "new_customers",
        "contribution_so_far_per_customer": "new_customers",
        "lifetime_value_per_customer": "new_customers",
        "clv_to_acquisition_cost": "paid_acquisition_cost",
        "clv_to_fully_loaded_cost": "fully_loaded_cost",
    },
    "acquisition_payback": {
        "acquisition_cost_per_customer": "case when acquisition_cost is not null then cohort_customers end",
        "cumulative_contribution_per_customer": "cohort_customers",
        "recovered_share": "acquisition_cost",
    },
    "customer_profit_reasons": {
        "loss_line_share": "(select net_sales from marts.customer_profit as one "
        "where one.customer_id = judged.customer_id)",
        "segment_line_share": "(select sum(profits.net_sales) from marts.customer_profit as profits "
        "join marts.customer_rfm as one using (customer_id) where one.rfm_segment = judged.compared_with)",
    },
    "channel_efficiency": {
        "average_cost": "new_customers",
        "marginal_cost": "new_customers_change",
        "spend_change_share": "spend - spend_change",
    },
    "next_spend": {
        "average_cost": "new_customers",
        "marginal_cost": "months_counted",
        "lifetime_value_per_customer": "(select count(*) from marts.customer_acquisition as won "
        "where won.acquisition_channel = judged.channel)",
    },
    "value_elasticities": {
        "retention_rate": "active_customers",
        "margin_per_customer": "active_customers",
        "acquisition_cost": "new_customers",
    },
    "retention_costs": {
        "cost_per_retained_customer": "retained_customers",
        "cost_per_active_customer": "active_customers",
        "return_on_retention_cost": "retention_cost",
    },
    "customer_retention": PER_COHORT,
    "repeat_windows": dict.fromkeys(
        ("repeat_share", "kept_repeat_share", "sales_per_customer", "net_sales_per_customer"), "observed_customers"
    ),
    "retention_monthly": {
        "retention_rate": "active_before",
        "lapse_rate": "active_before",
        "repeat_share": "active_customers",
        "repeat_order_share": "order_count",
    },
    "second_orders": {"mean_days_between_orders": ORDERED_TWICE, "median_days_between_orders": ORDERED_TWICE},
    "customer_profit": {
        "margin": "net_sales",
        "contribution_share": "(select nullif(greatest(sum(net_profit), 0), 0) from marts.company_profit_monthly)",
        "adjusted_share": "(select nullif(greatest(sum(net_profit), 0), 0) from marts.company_profit_monthly)",
    },
    "customers": {"margin": "net_sales"},
    "customer_profit_monthly": dict.fromkeys(COSTS, "order_count + 1"),
    "customer_lifetime_value": {
        "average_order_value": ORDERS,
        "keeping_cost_per_order": ORDERS,
        "purchase_frequency": ORDERS,
        "lifespan_years": ORDERS,
    },
    "cost_pool_usage": {"used_share": "practical_capacity", "unit_cost": "capacity_used"},
    "product_profit": {"assumed_cost_share": "case when cogs <> 0 or order_count > 0 or units_returned > 0 then 1 end"},
    "profit_curve": {
        "share_of_total": "(select sum(net_profit) from marts.customer_profit)",
        "share_of_peak": "max(cumulative_profit) over (partition by 1)",
    },
    "segment_profit": {
        "customer_share": "customer_count",
        "profit_share": "(select nullif(sum(net_profit), 0) from marts.customer_profit)",
    },
    **{
        mart: {
            "repeat_share": ORDERS,
            "discount_share": ORDERS,
            "early_bird_share": ORDERS,
        }
        for mart in ("customer_loyalty", "customer_segments")
    },
    "cluster_centroids": {"member_share": "member_count"},
    "lifecycle_cuts": {"below_ordered_share": "below_count", "above_ordered_share": "above_count"},
    "segment_models": {"base_rate": "holdout_count"},
    "hot_products": {"first_visit_share": "order_count"},
    "recommendation_validation": {"hit_rate": "customer_count", "precision_share": "offer_count"},
    "retention_effect": {
        "treated_ordered_share": "treated_customers",
        "held_out_ordered_share": "held_out_customers",
    },
}
RATIOS["customer_loyalty"]["forgiven_share"] = "incident_count"

ARE_NONE = {
    ("acquisition_payback", "acquisition_cost"),
    ("customer_acquisition", "acquisition_cost"),
    ("customer_acquisition", "first_touch_cost"),
    ("customer_acquisition", "last_touch_cost"),
    ("customer_acquisition", "linear_touch_cost"),
    ("retention_costs", "retention_cost"),
    ("customer_profit_reasons", "largest_cost"),
    ("value_elasticities", "published_low"),
    ("value_elasticities", "published_high"),
    ("customer_segments", "forgiven_share"),
    *(
        ("lifetime_value_validation", measure)
        for measure in (
            *("total_bias", "mean_absolute_error", "rank_correlation", "normalised_gini", "interval_coverage"),
        )
    ),
}
"""Amounts; what settings say; copies of a column of another mart; measures of fit, which have tests of their own."""


def undeclared(ask: Ask) -> list[str]:
    """Columns of the marts that look like ratios and are in no list."""
    columns = ask("select table_name, column_name, data_type from duckdb_columns() where schema_name = 'marts'")
    return sorted(
        f"{mart}.{column}"
        for mart, column, data_type in columns
        if (data_type == "DOUBLE" or (LOOKS_LIKE_A_RATIO.search(column) and data_type.startswith("DECIMAL")))
        and column not in RATIOS.get(mart, {})
        and (mart, column) not in ARE_NONE
    )


def without_denominator(ask: Ask) -> list[str]:
    """Ratios that are there although there is nothing to divide by, or that are not finite; with how many rows."""
    found = []
    for mart, divisors in RATIOS.items():
        for column, divisor in divisors.items():
            windows = ", months as (partition by month), channels as (partition by month, channel)"
            ((wrong,),) = ask(
                f"select count(*) from (select {column} as ratio, {divisor} as divisor from marts.{mart} as judged "
                f"{f'window {windows[2:]}' if ' over ' in divisor and '(partition' not in divisor else ''}) as divided "
                "where ratio is not null and (coalesce(divisor, 0) = 0 or not isfinite(cast(ratio as double)))"
            )
            if wrong:
                found.append(f"{mart}.{column}: {wrong} rows")
    return found
