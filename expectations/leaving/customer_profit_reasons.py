"""What must hold of `customer_profit_reasons`: customer, and why they lose money."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, no_row, same_customers

MART = Mart(
    key=("customer_id",),
    columns=("customer_id", "largest_cost_driver", "largest_cost", "why_unprofitable", "compared_with"),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        between("largest_cost", 0),
        no_row(
            "exactly who loses money has a reason",
            "select judged.customer_id, owner.net_profit, judged.why_unprofitable from {batch} as judged "
            "inner join customer_profit as owner on judged.customer_id = owner.customer_id "
            "where (owner.net_profit < 0) <> (judged.why_unprofitable is not null)",
            column="why_unprofitable",
        ),
        no_row(
            "the largest cost has a name, and a name has a cost",
            "select customer_id, largest_cost_driver, largest_cost from {batch} "
            "where (largest_cost_driver is null) <> (largest_cost is null)",
            column="largest_cost_driver",
        ),
    ]
