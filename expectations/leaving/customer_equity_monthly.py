"""What must hold of `customer_equity_monthly`: month."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, adds_up, between, first_of_month, no_row

MART = Mart(
    key=("month",),
    columns=(
        "month",
        "customer_count",
        "won_customers",
        "past_value",
        "predicted_value",
        "customer_equity",
        "opening_predicted_value",
        "won_value",
        "grown_value",
        "lost_value",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        first_of_month("month"),
        adds_up("customer_equity", "past_value + predicted_value", shows=("month",)),
        adds_up("predicted_value", "opening_predicted_value + won_value + grown_value - lost_value", shows=("month",)),
        between("won_value", 0),
        no_row(
            "a month opens with what the month before closed with",
            "select month, opening_predicted_value, closed from (select *, lag(predicted_value) over (order by month) "
            "as closed from {batch}) where opening_predicted_value <> closed",
            column="opening_predicted_value",
        ),
        no_row(
            "customers are those of the month before and those won",
            "select month, customer_count, won_customers from (select *, lag(customer_count) over (order by month) as "
            "before from {batch}) where customer_count <> before + won_customers",
            column="customer_count",
        ),
    ]
