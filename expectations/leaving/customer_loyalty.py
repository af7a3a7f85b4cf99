"""What must hold of `customer_loyalty`: customer, by what they show of loyalty and manner of buying."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row, one_of, same_customers

SHARES = ("repeat_share", "discount_share", "forgiven_share", "early_bird_share")
COUNTS = ("repeat_order_count", "consideration_hours", "incident_count", "referred_customer_count", "visit_count")
COLUMNS = (
    "repeat_order_count",
    "repeat_share",
    "category_count",
    "discount_share",
    "consideration_hours",
    "incident_count",
    "forgiven_share",
    "satisfaction",
    "nps",
    "referred_customer_count",
    "referred_profit",
    "visit_count",
    "visit_minutes",
    "days_since_last_visit",
    "early_bird_share",
    "is_early_bird",
    "purchase_style",
    "motive",
    "attitude",
    "lifestyle",
)

MART = Mart(key=("customer_id",), columns=("customer_id", *COLUMNS))


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        complete("incident_count"),
        complete("referred_customer_count"),
        *(between(share, 0, 1) for share in SHARES),
        *(between(count, 0) for count in COUNTS),
        between("satisfaction", 1, 5),
        between("nps", 0, 10),
        one_of("purchase_style", ["impulse", "planner", "in between"]),
        no_row(
            "repeat orders are all orders but the first, and missing exactly for who has not ordered",
            "select judged.customer_id, judged.repeat_order_count, profit.order_count from {batch} as judged "
            "inner join customer_profit as profit on judged.customer_id = profit.customer_id "
            "where judged.repeat_order_count is distinct from "
            "case when profit.order_count > 0 then profit.order_count - 1 end",
            column="repeat_order_count",
        ),
        no_row(
            "who referred nobody has no profit of referred customers, and who did has",
            "select customer_id, referred_customer_count, referred_profit from {batch} "
            "where (referred_customer_count = 0) <> (referred_profit is null)",
            column="referred_profit",
        ),
    ]
