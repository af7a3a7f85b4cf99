"""What must hold of `customer_profit_monthly`: customer (or guests, those erased, or unassigned) and month."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, first_of_month, no_row, one_of
from expectations.statement import LINES, statement_adds_up

MART = Mart(
    key=("profit_owner", "customer_id", "month"),
    optional_in_key=("customer_id",),
    columns=(
        "profit_owner",
        "customer_id",
        "month",
        "order_count",
        *LINES,
        "actual_cost_share",
        "standard_cost_share",
        "assumed_cost_share",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        one_of("profit_owner", ["customer", "erased", "guests", "idle", "unassigned"]),
        complete("order_count"),
        between("order_count", 0),
        first_of_month("month"),
        no_row(
            "a row names a customer exactly where a customer owns the profit",
            "select profit_owner, customer_id, month from {batch} "
            "where (profit_owner = 'customer') <> (customer_id is not null)",
            column="customer_id",
        ),
        no_row(
            "every customer in it is one of customers",
            "select distinct judged.customer_id from {batch} as judged "
            "anti join customers on judged.customer_id = customers.customer_id "
            "where judged.customer_id is not null",
            column="customer_id",
        ),
        *statement_adds_up(MART.key),
        no_row(
            "costs are actual, standard or assumed, and the three shares are the whole",
            "select profit_owner, customer_id, month, actual_cost_share, standard_cost_share, assumed_cost_share "
            "from {batch} where actual_cost_share is not null "
            "and abs(actual_cost_share + standard_cost_share + assumed_cost_share - 1) > 0.000001",
            column="actual_cost_share",
        ),
        between("gross_sales", 0, sentence="gross sales are never negative", critical=False),
        between("discounts", 0, sentence="discounts are never negative", critical=False),
        between("refunds", 0, sentence="refunds are never negative", critical=False),
    ]
