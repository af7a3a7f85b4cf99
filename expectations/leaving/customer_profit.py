"""What must hold of `customer_profit`: customer, over their whole life with the shop."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, adds_up, between, complete, no_row, quotient, same_customers
from expectations.statement import LINES, statement_adds_up

WINDOWED = ("net_sales", "contribution_1", "contribution_2", "net_profit")

MART = Mart(
    key=("customer_id",),
    columns=(
        "customer_id",
        "order_count",
        "first_order_on",
        "last_order_on",
        *LINES,
        *(f"{line}_last_12_months" for line in WINDOWED),
        *(f"{line}_previous_12_months" for line in WINDOWED),
        "margin",
        "contribution_share",
        "indirect_profit",
        "profit_to_referrers",
        "adjusted_profit",
        "adjusted_share",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    differences = " or ".join(f"life.{line} is distinct from coalesce(months.{line}, 0)" for line in LINES)
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        complete("order_count"),
        between("order_count", 0),
        *statement_adds_up(MART.key),
        quotient("margin", "net_profit", "greatest(net_sales, 0)", shows=MART.key),
        no_row(
            "the first order is not after the last, and both are known exactly where there are orders",
            "select customer_id, order_count, first_order_on, last_order_on from {batch} "
            "where first_order_on > last_order_on or (first_order_on is null) <> (order_count = 0) "
            "or (last_order_on is null) <> (order_count = 0)",
            column="first_order_on",
        ),
        no_row(
            "each line of a life is the sum of its months, to the cent",
            "select life.customer_id, life.net_sales, months.net_sales as net_sales_of_months, "
            "life.net_profit, months.net_profit as net_profit_of_months from {batch} as life left join ("
            f"select customer_id, {', '.join(f'sum({line}) as {line}' for line in LINES)} "
            "from customer_profit_monthly where profit_owner = 'customer' group by customer_id"
            f") as months on life.customer_id = months.customer_id where {differences}",
        ),
        adds_up("adjusted_profit", "net_profit + indirect_profit - profit_to_referrers", shows=MART.key),
        no_row(
            "moving profit to referrers leaves the total unchanged",
            "select sum(net_profit) as net_profit, sum(adjusted_profit) as adjusted_profit from {batch} "
            "having sum(net_profit) <> sum(adjusted_profit)",
            column="adjusted_profit",
        ),
        no_row(
            "contribution_share is given for all customers or, where the company makes no profit, for none",
            "select count(contribution_share) as given, count(*) as customers from {batch} "
            "having count(contribution_share) not in (0, count(*))",
            column="contribution_share",
        ),
    ]
