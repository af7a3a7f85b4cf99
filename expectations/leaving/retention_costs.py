"""What must hold of `retention_costs`: month and channel."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, adds_up, between, complete, first_of_month, no_row, quotient

SPENT = ("retention_spend", "reactivation_spend", "retention_discounts", "reactivation_discounts")
CARE = ("loyalty", "service")
"""Lines of the statement: below 0 where what service was charged (charge_codes) is more than what it cost."""
COSTS = (*SPENT, *CARE)
HALF_A_CENT = 0.0051

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
        *(between(column, 0) for column in (*SPENT, "active_customers", "retained_customers")),
        adds_up("retention_cost", "retention_spend + reactivation_spend + loyalty + service", shows=MART.key),
        adds_up("retained_profit", "retained_contribution - retention_cost", shows=MART.key),
        quotient("return_on_retention_cost", "retained_profit", "greatest(retention_cost, 0)", shows=MART.key),
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
            quotient(cost, "retention_cost", customers, shows=MART.key, within=HALF_A_CENT)
            for cost, customers in (
                ("cost_per_retained_customer", "retained_customers"),
                ("cost_per_active_customer", "active_customers"),
            )
        ),
        *(
            no_row(
                f"{line} over channels is that of customers in customer_profit_monthly",
                f"select coalesce(here.month, known.month) as month, here.amount, known.amount as known from ("
                f"select month, sum({line}) as amount from {{batch}} as judged group by month) as here "
                f"full outer join (select month, sum({line}) as amount from customer_profit_monthly "
                "where profit_owner = 'customer' group by month) as known on here.month = known.month "
                "where coalesce(here.amount, 0) <> coalesce(known.amount, 0)",
                column=line,
            )
            for line in CARE
        ),
    ]
