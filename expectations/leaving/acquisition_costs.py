"""What must hold of `acquisition_costs`: month, channel and campaign."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, first_of_month, no_row

MART = Mart(
    key=("month", "channel", "campaign"),
    optional_in_key=("campaign",),
    columns=(
        "month",
        "channel",
        "campaign",
        "spend",
        "new_customers",
        "paid_acquisition_cost",
        "blended_acquisition_cost",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        first_of_month("month"),
        complete("spend"),
        between("spend", 0),
        complete("new_customers"),
        between("new_customers", 0),
        between("paid_acquisition_cost", 0),
        between("blended_acquisition_cost", 0),
        no_row(
            "a cost per new customer is missing where the channel won nobody in the month",
            "select month, channel, sum(new_customers) as new_customers, "
            "max(paid_acquisition_cost) as paid_acquisition_cost from {batch} group by month, channel "
            "having sum(new_customers) = 0 and count(paid_acquisition_cost) > 0",
            column="paid_acquisition_cost",
        ),
        no_row(
            "the blended cost is the same in all rows of a month, and missing where nobody was won",
            "select month, min(blended_acquisition_cost) as least, max(blended_acquisition_cost) as most, "
            "sum(new_customers) as new_customers from {batch} group by month "
            "having min(blended_acquisition_cost) <> max(blended_acquisition_cost) "
            "or (sum(new_customers) = 0 and count(blended_acquisition_cost) > 0)",
            column="blended_acquisition_cost",
        ),
        no_row(
            "every customer is new once, in the month of their first order",
            "select coalesce(won.month, first_orders.month) as month, won.new_customers, "
            "first_orders.new_customers as customers_with_first_order from ("
            "select month, sum(new_customers) as new_customers from {batch} as judged group by month"
            ") as won full outer join ("
            "select cast(date_trunc('month', first_order_on) as date) as month, count(*) as new_customers "
            "from customers where first_order_on is not null group by all"
            ") as first_orders on won.month = first_orders.month "
            "where coalesce(won.new_customers, 0) <> coalesce(first_orders.new_customers, 0)",
            column="new_customers",
        ),
    ]
