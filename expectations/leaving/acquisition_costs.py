"""What must hold of `acquisition_costs`: month, channel and campaign."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, first_of_month, no_row

AMOUNTS = ("spend", "common_costs", "acquisition_discounts")
COSTS = {
    "paid_acquisition_cost": ("spend", "month, channel, campaign"),
    "channel_acquisition_cost": ("spend", "month, channel"),
    "blended_acquisition_cost": ("spend", "month"),
    "fully_loaded_cost": ("spend + common_costs", "month, channel, campaign"),
    "blended_fully_loaded_cost": ("spend + common_costs", "month"),
}
"""Each cost of a new customer: what it counts, and over which rows."""

MART = Mart(
    key=("month", "channel", "campaign"),
    optional_in_key=("campaign",),
    columns=(
        "month",
        "channel",
        "campaign",
        *AMOUNTS,
        "new_customers",
        *COSTS,
        "first_order_contribution_per_customer",
        "contribution_so_far_per_customer",
        "lifetime_value_per_customer",
        "clv_to_acquisition_cost",
        "clv_to_fully_loaded_cost",
        "is_complete",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        first_of_month("month"),
        *(complete(column) for column in (*AMOUNTS, "new_customers", "is_complete")),
        *(between(column, 0) for column in (*AMOUNTS, "new_customers")),
        *(
            no_row(
                f"{cost} is ({amount}) / new_customers by {rows}, and missing where either is nothing",
                f"select month, channel, campaign, {cost}, amount, customers from (select *, "
                f"sum({amount}) over (partition by {rows}) as amount, "
                f"sum(new_customers) over (partition by {rows}) as customers from {{batch}}) as summed "
                f"where ({cost} is null) <> (amount = 0 or customers = 0) "
                f"or abs({cost} - amount / nullif(customers, 0)) > 0.0051",
                column=cost,
            )
            for cost, (amount, rows) in COSTS.items()
        ),
        *(
            no_row(
                f"{column} is missing where nobody was won",
                f"select month, channel, campaign, new_customers, {column} from {{batch}} "
                f"where new_customers = 0 and {column} is not null",
                column=column,
            )
            for column in ("lifetime_value_per_customer",)
        ),
        *(
            no_row(
                f"{column} is missing exactly where nobody was won",
                f"select month, channel, campaign, new_customers, {column} from {{batch}} "
                f"where (new_customers = 0) <> ({column} is null)",
                column=column,
            )
            for column in ("first_order_contribution_per_customer", "contribution_so_far_per_customer")
        ),
        *(
            no_row(
                f"{ratio} = lifetime_value_per_customer / {cost}, and is missing exactly where either is",
                f"select month, channel, campaign, {ratio}, lifetime_value_per_customer, {cost} from {{batch}} "
                f"where ({ratio} is null) <> (lifetime_value_per_customer is null or coalesce({cost}, 0) = 0) "
                f"or abs({ratio} - lifetime_value_per_customer / nullif({cost}, 0)) > 0.000002",
                column=ratio,
            )
            for ratio, cost in (
                ("clv_to_acquisition_cost", "paid_acquisition_cost"),
                ("clv_to_fully_loaded_cost", "fully_loaded_cost"),
            )
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
