"""What must hold of `order_profit`: order."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, complete, first_of_month, no_row
from expectations.statement import LINES, statement_adds_up

MART = Mart(
    key=("order_id",),
    columns=("order_id", "customer_id", "ordered_at", "ordered_on", "month", *LINES),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        first_of_month("month"),
        complete("ordered_at"),
        complete("ordered_on"),
        *statement_adds_up(MART.key),
        no_row(
            "each customer has as many orders here, and as much sold, as in customer_profit",
            "select customers.customer_id, customers.order_count, orders.order_count as orders_here, "
            "customers.gross_sales, orders.gross_sales as gross_sales_here from customer_profit as customers "
            "full outer join (select customer_id, count(*) as order_count, sum(gross_sales) as gross_sales "
            "from {batch} where customer_id is not null group by customer_id) as orders "
            "on customers.customer_id = orders.customer_id "
            "where coalesce(customers.order_count, -1) <> coalesce(orders.order_count, 0) "
            "or coalesce(customers.gross_sales, -1) <> coalesce(orders.gross_sales, 0)",
            column="customer_id",
        ),
    ]
