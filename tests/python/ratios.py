"""Every ratio in the marts, with what it is divided by: where that is nothing, the ratio must be null, never 0.

A column that looks like a ratio, or that a model divides by what may be nothing, and is in neither list fails the test:
whoever adds one says what it is divided by. Divisors that no mart has are read below the wall.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import sqlglot
from sqlglot import exp

from orchestration.compiled import ENGINE, Project

Ask = Callable[[str], list[tuple]]
"""Rows of a query on the private warehouse."""

LOOKS_LIKE_A_RATIO = re.compile(
    r"_share(_|$)|_rate$|_ratio|_per_|margin|^average_|^mean_|^median_|^clv_to_|^return_on_|^share_of_|_cost$|lapse"
)
"""Doubles, and decimals of other places than money has, look like ratios, whatever they are called."""

MONEY = re.compile(r"decimal\(\d+,2\)", re.IGNORECASE)


def of_customer(column: str, table: str) -> str:
    """What a table says of the customer of a row."""
    return f"(select {column} from {table} as one where one.customer_id = judged.customer_id)"


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
ALL_COSTS = (
    "(select sum(abs(amount)) from core.fct_profit_entries as one where one.cost_basis is not null "
    "and one.profit_owner = judged.profit_owner and one.customer_id is not distinct from judged.customer_id "
    "and one.month = judged.month)"
)
ORDERS = of_customer("order_count", "marts.customers")
ORDERED_TWICE = "case when order_count >= 2 then order_count - 1 end"
PROFIT = "(select greatest(sum(net_profit), 0) from marts.company_profit_monthly)"
COUNTED_CHANGES = (
    "(select sum({}) from marts.channel_efficiency as one cross join core.dim_as_of as tonight "
    "where one.channel = judged.channel and one.is_counted and datediff('month', one.month, tonight.as_of_month) < "
    "(select rule_value from settings.marketing_rules where rule = 'efficiency_months'))"
)
SPEND_SQUARES = COUNTED_CHANGES.format("spend_change * spend_change")
BASKETS = (
    "(select {} from segmentation.basket_products as one where one.product_id = judged.{} "
    "and one.cut_on = (select cut_on from segmentation.basket_cuts where is_tonight))"
)
LOYALTY = {
    "repeat_share": ORDERS,
    "discount_share": of_customer(
        "sum(gross_sales)", "(select * from core.fct_order_lines where not is_charge and gross_sales > 0)"
    ),
    "early_bird_share": of_customer("count(days_after_launch)", "segmentation.considerations"),
    "forgiven_share": of_customer("judged_count", "segmentation.loyalty_incidents"),
    "satisfaction": of_customer(
        "count(satisfaction)",
        "(select customer_id, satisfaction from core.fct_surveys "
        "union all select customer_id, satisfaction from core.fct_service_contacts)",
    ),
}
SCORES = {
    "value_score": of_customer("known_weight", "marts.customer_value_score"),
    **{
        f"{part}_score": of_customer(
            "count(percentile)", f"(select * from segmentation.value_measures where part = '{part}')"
        )
        for part in ("current", "future", "credit", "loyalty", "growth")
    },
}


def rhythm(day: str) -> dict[str, str]:
    """Gaps are measured by the rhythm that a customer is taken to have; the pace by their own gaps alone."""
    return {
        "quiet_gaps": "rhythm_days",
        "pause_gaps": "rhythm_days",
        "pace": of_customer("own_gap_days", f"(select * from segmentation.customer_day_measures where {day})"),
    }


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
        "average_cost": "new_customers * spend",
        "marginal_cost": "new_customers_change",
        "spend_change_share": "spend - spend_change",
    },
    "next_spend": {
        "average_cost": "new_customers * spend",
        "marginal_cost": COUNTED_CHANGES.format("spend_change * new_customers_change"),
        "value_of_next_unit": SPEND_SQUARES,
        "value_of_next_unit_low": f"(months_counted - 1) * {SPEND_SQUARES}",
        "value_of_next_unit_high": f"(months_counted - 1) * {SPEND_SQUARES}",
        "lifetime_value_per_customer": "(select count(*) from marts.customer_acquisition as won "
        "where won.acquisition_channel = judged.channel)",
    },
    "value_elasticities": {
        "retention_rate": "(select count(*) from core.fct_customer_months as one where one.month >= "
        "judged.measured_from and one.month <= judged.measured_until - interval 1 year)",
        "margin_per_customer": "active_customers",
        "acquisition_cost": "new_customers",
        "company_value_effect": "greatest(company_value, 0)",
        "new_customer_value_effect": "greatest(new_customer_value, 0)",
    },
    "retention_costs": {
        "cost_per_retained_customer": "retained_customers",
        "cost_per_active_customer": "active_customers",
        "return_on_retention_cost": "greatest(retention_cost, 0)",
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
        "margin": "greatest(net_sales, 0)",
        "contribution_share": PROFIT,
        "adjusted_share": PROFIT,
    },
    "customers": {"margin": "greatest(net_sales, 0)", "value_score": SCORES["value_score"]},
    "customer_profit_monthly": dict.fromkeys(COSTS, ALL_COSTS),
    "customer_lifetime_value": {
        "average_order_value": ORDERS,
        "keeping_cost_per_order": ORDERS,
        "purchase_frequency": "greatest((select as_of_date from core.dim_as_of) - "
        f"{of_customer('first_order_on', 'marts.customer_profit')}, "
        f"(select sum(last_order_on - first_order_on) from marts.customer_profit)) * {ORDERS}",
        "lifespan_years": f"(select sum(order_count - 1) from marts.customers where order_count > 0) * {ORDERS}",
    },
    "cost_pool_usage": {
        "used_share": "practical_capacity",
        "unit_cost": "case (select way from core.fct_pool_months as one where one.month = judged.month "
        "and one.pool = judged.pool) when 'by capacity' then practical_capacity else capacity_used end",
    },
    "product_profit": {
        "assumed_cost_share": "(select sum(abs(cogs)) from core.fct_order_lines as one where not one.is_charge "
        "and one.product_id is not distinct from judged.product_id and one.month = judged.month)"
    },
    "profit_curve": {
        "share_of_total": "(select greatest(sum(net_profit), 0) from marts.customer_profit)",
        "share_of_peak": "greatest(max(cumulative_profit) over (partition by 1), 0)",
    },
    "segment_profit": {
        "customer_share": "(select count(*) from marts.customer_profit)",
        "profit_share": "(select greatest(sum(net_profit), 0) from marts.customer_profit)",
    },
    "customer_loyalty": LOYALTY,
    "customer_lifecycle": rhythm("is_tonight"),
    "customer_segments": LOYALTY | SCORES | rhythm("is_tonight"),
    "customer_segments_monthly": rhythm("as_of_date = judged.month_end"),
    "customer_value_score": SCORES,
    "cluster_centroids": {"member_share": "sum(member_count) over (partition by fit_on)"},
    "lifecycle_cuts": {
        "below_ordered_share": "below_count",
        "above_ordered_share": "above_count",
        "accuracy": "customer_count",
    },
    "segment_models": {
        **dict.fromkeys(("base_rate", "accuracy", "accuracy_gain"), "holdout_count"),
        # How near to its own a customer is, against the next: of one cluster there is no next.
        "silhouette": "cluster_count - 1",
    },
    "hot_products": {
        "first_visit_share": "(select count(is_first_visit) from segmentation.first_visits as one "
        "inner join core.fct_orders as orders using (order_id) where one.product_id = judged.product_id "
        "and date_trunc('week', orders.ordered_on) = judged.week)"
    },
    "product_pairs": {
        "support": BASKETS.format("all_baskets", "product_id"),
        "confidence": BASKETS.format("basket_count", "product_id"),
        "lift": " * ".join(BASKETS.format("basket_count", side) for side in ("product_id", "other_product_id")),
    },
    "recommendation_validation": {"hit_rate": "customer_count", "precision_share": "offer_count"},
    "retention_effect": {
        "treated_ordered_share": "treated_customers",
        "held_out_ordered_share": "held_out_customers",
        "treated_contribution": "treated_customers",
        "held_out_contribution": "held_out_customers",
        "difference": "treated_customers * held_out_customers",
        # How far means are off is told by how customers differ: not by one alone.
        "difference_low": "greatest(treated_customers - 1, 0) * greatest(held_out_customers - 1, 0)",
        "difference_high": "greatest(treated_customers - 1, 0) * greatest(held_out_customers - 1, 0)",
    },
    "retention_list": {"value_if_alive": of_customer("probability_alive", "marts.customer_lifetime_value")},
    "lifetime_value_validation": {
        "total_bias": "actual_total",
        "mean_absolute_error": "customer_count",
        # Of one alone there is no order to be right about.
        "rank_correlation": "customer_count - 1",
        "normalised_gini": "customer_count - 1",
        "interval_coverage": "case when target = 'value' then (select count(value_low) from predictions.past_scores "
        "as one where one.cut_on = judged.cut_on and one.candidate = judged.candidate) end",
    },
}

ARE_NONE: dict[str, tuple[str, ...]] = {
    # Amounts and counts.
    "acquisition_payback": ("acquisition_cost",),
    "cost_pool_usage": ("practical_capacity", "capacity_used"),
    "customer_acquisition": ("acquisition_cost", "first_touch_cost", "last_touch_cost", "linear_touch_cost"),
    "customer_profit_reasons": ("largest_cost",),
    "hot_products": ("units",),
    "product_profit": ("units_sold", "units_returned"),
    "retention_costs": ("retention_cost",),
    "segment_profit": ("loyalty",),
    "lifetime_value_calibration": ("predicted_orders",),
    "lifetime_value_tracking": ("predicted_orders",),
    # What settings say, or add up to.
    "lifecycle_cuts": ("cut",),
    "value_elasticities": ("published_low", "published_high"),
    "customer_value_score": ("known_weight",),
    # A mean that has the shop's gaps where somebody has none of their own; minutes; what models expect of somebody.
    "customer_lifecycle": ("rhythm_days",),
    "customer_segments_monthly": ("rhythm_days",),
    "customer_loyalty": ("visit_minutes",),
    "customer_segments": ("rhythm_days", "visit_minutes", "premium_chance", "known_weight"),
    "customer_premium": ("premium_chance",),
    "customer_lifetime_value": ("probability_alive", "expected_orders_90d", "expected_orders_365d"),
    "customers": ("probability_alive", "expected_orders_365d"),
    "retention_list": ("chance_gone",),
    "product_recommendations": ("score",),
    # What a fit is made of.
    "premium_traits": ("weight", "trait_mean", "trait_spread"),
    "cluster_centroids": (
        *(f"typical_{measure}" for measure in ("recency_days", "purchases", "tenure_days")),
        *(
            f"{measure}_{what}"
            for measure in ("recency", "frequency", "order_value", "tenure")
            for what in ("mean", "spread", "centre")
        ),
    ),
    "lifetime_value_models": (
        "log_likelihood",
        "newcomer_expectation",
        "newcomer_expectation_error",
        *(
            f"{parameter}{what}"
            for parameter in ("r", "alpha", "a", "b", "s", "beta", "p", "q", "gamma")
            for what in ("", "_error")
        ),
    ),
}
"""What no denominator can be missing of."""


def undeclared(columns: Mapping[tuple[str, str], str], project: Project) -> list[str]:
    """Of these columns of marts, with their types, those that look like ratios, or are some, and are in no list."""
    made = divided(project)
    return sorted(
        f"{mart}.{column}"
        for (mart, column), data_type in columns.items()
        if data_type.lower().startswith(("double", "decimal"))
        and (not MONEY.fullmatch(data_type.replace(" ", "")) or LOOKS_LIKE_A_RATIO.search(column)
             or column in made.get(mart, ()))
        and column not in RATIOS.get(mart, {})
        and column not in ARE_NONE.get(mart, ())
    )  # fmt: skip


def divided(project: Project) -> dict[str, set[str]]:
    """By model, the names that it, or a model that it reads, gives to a quotient whose divisor may be nothing."""
    made: dict[str, set[str]] = {}
    for name, node in project.nodes.items():
        made[name] = {column for parent in node.parents for column in made.get(parent, ())}
        if node.kind != "model" or node.is_python or not (made[name] or "nullif" in node.sql.lower()):
            continue
        named = [
            one
            for select in sqlglot.parse_one(node.sql, read=ENGINE).find_all(exp.Select)
            for one in select.expressions
            if isinstance(one, exp.Alias)
        ]
        while more := {one.alias for one in named if is_quotient(one.this, made[name])} - made[name]:
            made[name] |= more
    return made


def is_quotient(expression: exp.Expression, names: set[str]) -> bool:
    """Whether its value is a quotient, or what is named so, however it is cast, rounded or chosen."""
    match expression:
        case exp.Div():
            return expression.expression.find(exp.Nullif) is not None
        case exp.Column():
            return expression.name in names
        case exp.Paren() | exp.Cast() | exp.TryCast() | exp.Round() | exp.Max() | exp.Min():
            values = [expression.this]
        case exp.Case():
            values = [*(branch.args["true"] for branch in expression.args["ifs"]), expression.args.get("default")]
        case exp.Coalesce() | exp.Greatest() | exp.Least():
            values = [expression.this, *expression.expressions]
        case exp.Add() | exp.Sub() | exp.Mul():
            sides = expression.this, expression.expression
            values = sides if any(isinstance(side, exp.Literal) for side in sides) else ()
        case _:
            values = ()
    return any(value is not None and is_quotient(value, names) for value in values)


def without_denominator(ask: Ask) -> list[str]:
    """Ratios that are there although there is nothing to divide by, or that are not finite; with how many rows."""
    windows = " window months as (partition by month), channels as (partition by month, channel)"
    queries = (
        f"select '{mart}.{column}' as ratio, count(*) as wrong from ("
        f"select {column} as ratio, {divisor} as divisor from marts.{mart} as judged"
        f"{windows if ' over months' in divisor or ' over channels' in divisor else ''}) as divided "
        "where ratio is not null and (coalesce(divisor, 0) = 0 or not isfinite(cast(ratio as double)))"
        for mart, divisors in RATIOS.items()
        for column, divisor in divisors.items()
    )
    # In one query, since a warehouse takes a while to open.
    return [
        f"{ratio}: {wrong} rows"
        for ratio, wrong in ask(f"from ({' union all '.join(queries)}) where wrong > 0 order by ratio")
    ]
