"""What must hold of `customer_segments`: customer, as of the day. What a segment is judged by stands with its mart."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, same_as, same_customers
from expectations.leaving import customer_habits, customer_loyalty, customer_premium, customer_value_score

RULES = {
    "customer_rfm": (
        "recency_days",
        "order_count",
        "net_sales",
        "contribution_2",
        "recency_score",
        "frequency_score",
        "monetary_score",
        "profit_score",
        "rfm_cell",
        "rfm_segment",
        "profit_rfm_cell",
        "profit_rfm_segment",
    ),
    "customer_abc": ("abc_tier", "contribution_2_last_12_months"),
    "customer_pyramid": ("pyramid_tier", "member_tier"),
    "customer_lifecycle": ("rhythm_days", "quiet_gaps", "pause_gaps", "pace", "lifecycle_stage"),
    "customer_habits": customer_habits.BY_DAY,
    "customer_clusters": ("behaviour_cluster",),
}
"""Columns that rules decide, or fits of a quarter end, by the mart that owns them: known of past month ends too."""

OWNERS = RULES | {
    "customer_habits": (*customer_habits.BY_DAY, *customer_habits.PEOPLE),
    "customer_premium": customer_premium.COLUMNS,
    "customer_value_score": ("value_score", *customer_value_score.PARTS, "missing_parts", "known_weight"),
    "customer_loyalty": customer_loyalty.COLUMNS,
}
"""Columns joined here, by the mart that owns them."""

MART = Mart(
    key=("customer_id",),
    columns=("customer_id", *(column for columns in OWNERS.values() for column in columns)),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        *(same_as(mart, columns) for mart, columns in OWNERS.items()),
    ]
