"""What must hold of `retention_monthly`: month."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, adds_up, between, complete, first_of_month, no_row, quotient

COUNTS = (
    "active_before",
    "new_customers",
    "returned_customers",
    "lapsed_customers",
    "active_customers",
    "retained_customers",
    "kept_active_customers",
    "repeat_customers",
    "order_count",
    "repeat_orders",
)
RATES = {
    "retention_rate": ("retained_customers", "active_before"),
    "lapse_rate": ("lapsed_customers", "active_before"),
    "repeat_share": ("repeat_customers", "active_customers"),
    "repeat_order_share": ("repeat_orders", "order_count"),
}

MART = Mart(key=("month",), columns=("month", *COUNTS, *RATES, "is_complete"))


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        first_of_month("month"),
        *(complete(column) for column in (*COUNTS, "is_complete")),
        *(between(column, 0) for column in COUNTS),
        adds_up(
            "active_customers", "active_before + new_customers + returned_customers - lapsed_customers", shows=MART.key
        ),
        adds_up("active_before", "retained_customers + lapsed_customers", shows=MART.key),
        *(quotient(rate, *parts, shows=MART.key) for rate, parts in RATES.items()),
        no_row(
            "active_before is active_customers of the month before, and no month is missing",
            "select month, active_before from (select *, lag(active_customers) over (order by month) as before, "
            "datediff('month', lag(month) over (order by month), month) as months_on from {batch}) as followed "
            "where active_before <> coalesce(before, 0) or months_on <> 1",
            column="active_before",
        ),
        no_row(
            "who keeps or repeats an order is active",
            "select month, active_customers, kept_active_customers, repeat_customers from {batch} "
            "where kept_active_customers > active_customers or repeat_customers > active_customers "
            "or repeat_orders > order_count",
            column="active_customers",
        ),
        no_row(
            "the new customers of a month are those whose first order was in it",
            "select judged.month, judged.new_customers, known.customers from {batch} as judged left join ("
            "select cast(date_trunc('month', first_order_on) as date) as month, count(*) as customers "
            "from customers where first_order_on is not null group by all) as known on judged.month = known.month "
            "where judged.new_customers <> coalesce(known.customers, 0)",
            column="new_customers",
        ),
    ]
