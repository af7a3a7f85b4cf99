"""What must hold of `company_profit_monthly`: month, computed from facts and not from customers."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, first_of_month, no_row
from expectations.statement import LINES, statement_adds_up

MART = Mart(key=("month",), columns=("month", "order_count", "customer_count", *LINES))


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        first_of_month("month"),
        complete("order_count"),
        between("order_count", 0),
        complete("customer_count"),
        between("customer_count", 0),
        *statement_adds_up(MART.key),
        no_row(
            "no month has more customers than orders",
            "select month, customer_count, order_count from {batch} where customer_count > order_count",
            column="customer_count",
        ),
        no_row(
            "the orders and active customers of a month are those of customer_profit_monthly",
            "select coalesce(company.month, owners.month) as month, company.order_count, "
            "owners.order_count as order_count_of_owners, company.customer_count, "
            "owners.customer_count as customer_count_of_owners from {batch} as company full outer join ("
            "select month, sum(order_count) as order_count, "
            "count(*) filter (where profit_owner = 'customer' and order_count > 0) as customer_count "
            "from customer_profit_monthly group by month"
            ") as owners on company.month = owners.month "
            "where coalesce(company.order_count, 0) <> coalesce(owners.order_count, 0) "
            "or coalesce(company.customer_count, 0) <> coalesce(owners.customer_count, 0)",
            column="order_count",
        ),
    ]
