"""What must hold of `retention_costs`: month and channel."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, adds_up, between, complete, first_of_month, no_row, quotient

COSTS = ("retention_spend", "reactivation_spend", "retention_discounts", "reactivation_discounts", "loyalty", "service")

MART = Mart(
    key=("month", "channel"),
    columns=(
        "month",
        "channel",
        *COSTS,
        "retention_cost",
        "active_customers",
        "retained_customers",
        "cost_per_retained_customer",
        "cost_per_active_customer",
        "retained_contribution",
        "retained_profit",
        "return_on_retention_cost",
        "is_complete",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        first_of_month("month"),
        *(complete(column) for column in (*COSTS, "active_customers", "retained_customers", "is_complete")),
        *(between(column, 0) for column in (*COSTS, "active_customers", "retained_customers")),
        between("cost_per_retained_customer", 0),
        between("cost_per_active_customer", 0),
        adds_up("retention_cost", "retention_spend + reactivation_spend + loyalty + service", shows=MART.key),
        adds_up("retained_profit", "retained_contribution - retention_cost", shows=MART.key),
        quotient("return_on_retention_cost", "retained_profit", "retention_cost", shows=MART.key),
        no_row(
            "only who is retained brings a retained contribution",
            "select month, channel, retained_customers, retained_contribution from {batch} "
            "where retained_customers = 0 and retained_contribution <> 0",
            column="retained_contribution",
        ),
        no_row(
            "who is retained is active",
            "select month, channel, retained_customers, active_customers from {batch} "
            "where retained_customers > active_customers",
            column="retained_customers",
        ),
        *(
            no_row(
                f"{cost} is missing exactly where there are no {customers}",
                f"select month, channel, {customers}, {cost} from {{batch}} "
                f"where ({cost} is null) <> ({customers} = 0)",
                column=cost,
            )
            for cost, customers in (
                ("cost_per_retained_customer", "retained_customers"),
                ("cost_per_active_customer", "active_customers"),
            )
        ),
    ]
