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
            "what is counted since the beginning never falls from one week to the next",
            "select week_end_on from (select *, lag(actual_orders) over (order by week_end_on) as actual_before, "
            "lag(predicted_orders) over (order by week_end_on) as predicted_before from {batch}) "
            "where actual_orders < actual_before or predicted_orders < predicted_before",
        ),
    ]
