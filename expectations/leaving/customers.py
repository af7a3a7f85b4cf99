"""What must hold of `customers`: one wide row per customer."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row, same_as

OWNERS = {
    "customer_profit": (
        "order_count",
        "first_order_on",
        "last_order_on",
        "net_sales",
        "contribution_1",
        "contribution_2",
        "net_profit",
        "adjusted_profit",
    ),
    "customer_profit_reasons": ("largest_cost_driver", "why_unprofitable"),
    "customer_habits": ("channel_habit", "frequency_band", "spend_band"),
    "customer_segments": ("rfm_segment", "abc_tier", "pyramid_tier", "behaviour_cluster", "premium_group"),
    "customer_lifetime_value": (
        "formula_value",
        "probability_alive",
        "expected_orders_365d",
        "predicted_value_365d",
        "predicted_value_horizon",
        "customer_equity",
        "net_customer_equity",
        "expected_next_order_on",
    ),
}
"""Columns shown here for convenience, by the mart that owns them."""

MART = Mart(
    key=("customer_id",),
    columns=(
        "customer_id",
        "country",
        "region",
        "age_band",
        "gender",
        "income_band",
        "education",
        "acquisition_channel",
        "is_inferred",
        *(column for columns in OWNERS.values() for column in columns),
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        complete("is_inferred"),
        complete("order_count"),
        between("order_count", 0),
        no_row(
            "who has ordered was won by some channel",
            "select customer_id, order_count from {batch} where order_count > 0 and acquisition_channel is null",
            column="acquisition_channel",
        ),
        *(same_as(mart, columns) for mart, columns in OWNERS.items()),
    ]
