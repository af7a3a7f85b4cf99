"""What must hold of `lifetime_value_tracking`: week."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, no_row

MART = Mart(
    key=("week_end_on",),
    columns=("week_end_on", "cut_on", "model", "is_holdout", "customer_count", "actual_orders", "predicted_orders"),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        between("predicted_orders", 0),
        no_row(
            "each week from the first order until tonight is here, once a past cut was fitted",
            "select weeks.week_end_on from (select cast(unnest(generate_series(models.tonight, orders.first_order_on, "
            "interval (-7) day)) as date) as week_end_on "
            "from (select max(cut_on) filter (where is_tonight) as tonight from lifetime_value_models "
            "having not bool_and(is_tonight)) as models "
            "cross join (select min(first_order_on) as first_order_on from customer_profit) as orders) as weeks "
            "left join {batch} as judged on weeks.week_end_on = judged.week_end_on where judged.week_end_on is null",
            column="week_end_on",
        ),
        no_row(
            "what is counted since the beginning never falls from one week to the next",
            "select week_end_on from (select *, lag(actual_orders) over (order by week_end_on) as actual_before, "
            "lag(predicted_orders) over (order by week_end_on) as predicted_before from {batch}) "
            "where actual_orders < actual_before or predicted_orders < predicted_before",
        ),
    ]
