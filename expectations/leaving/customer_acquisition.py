"""What must hold of `customer_acquisition`: customer, and what it cost to win them."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row, same_customers

COSTS = ("acquisition_cost", "first_touch_cost", "last_touch_cost", "linear_touch_cost")

MART = Mart(
    key=("customer_id",),
    columns=(
        "customer_id",
        "acquired_on",
        "acquired_month",
        "acquisition_channel",
        "first_touch_channel",
        "last_touch_channel",
        "linear_touch_channels",
        "touch_count",
        *COSTS,
        "first_order_contribution",
        "is_paid_back_by_first_order",
        "contribution_so_far",
        "payback_month",
        "payback_months",
        "is_payback_censored",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        complete("contribution_so_far"),
        *(between(column, 0) for column in (*COSTS, "touch_count", "payback_months")),
        between("linear_touch_channels", 1),
        no_row(
            "exactly who has ordered has been won by some channel, under each rule",
            "select customer_id, acquired_on, acquisition_channel, first_touch_channel from {batch} "
            "where (acquired_on is null) <> (acquisition_channel is null) "
            "or (acquired_on is null) <> (first_touch_channel is null) "
            "or (acquired_on is null) <> (last_touch_channel is null) "
            "or (acquired_on is null) <> (linear_touch_channels is null)",
            column="acquisition_channel",
        ),
        no_row(
            "payback is known or censored exactly where the cost is known",
            "select customer_id, acquisition_cost, payback_month, is_payback_censored from {batch} "
            "where (acquisition_cost is null) <> (is_payback_censored is null) "
            "or (payback_month is not null) is distinct from coalesce(not is_payback_censored, false)",
            column="payback_month",
        ),
        no_row(
            "nobody is paid back before they came, and payback_months are the months between",
            "select customer_id, acquired_month, payback_month, payback_months from {batch} "
            "where payback_months is distinct from datediff('month', acquired_month, payback_month)",
            column="payback_months",
        ),
        no_row(
            "whose first order pays the cost at once has been paid back",
            "select customer_id, acquisition_cost, first_order_contribution, is_paid_back_by_first_order from {batch} "
            "where is_paid_back_by_first_order is distinct from (first_order_contribution >= acquisition_cost)",
            column="is_paid_back_by_first_order",
        ),
        no_row(
            "what customers have brought so far is their contribution_2 in customer_profit",
            "select judged.customer_id, judged.contribution_so_far, profits.contribution_2 from {batch} as judged "
            "inner join customer_profit as profits on judged.customer_id = profits.customer_id "
            "where judged.contribution_so_far <> profits.contribution_2",
            column="contribution_so_far",
        ),
    ]
