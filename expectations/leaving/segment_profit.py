"""What must hold of `segment_profit`: dimension and segment."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row
from expectations.statement import LINES, SUBTOTALS

MART = Mart(
    key=("dimension", "segment"),
    optional_in_key=("segment",),
    columns=("dimension", "segment", "customer_count", "is_hidden", *LINES, "customer_share", "profit_share"),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    money_missing = " or ".join(f"({line} is null) <> is_hidden" for line in LINES)
    unequal = " or ".join(f"{subtotal} <> {parts}" for subtotal, parts in SUBTOTALS.items())
    return [
        complete("customer_count"),
        complete("is_hidden"),
        between("customer_count", 1),
        between("customer_share", 0, 1),
        no_row(
            "each dimension has every customer once",
            "select dimension, sum(customer_count) as customers_here from {batch} group by dimension "
            "having sum(customer_count) <> (select count(*) from customers)",
            column="customer_count",
        ),
        no_row(
            "money is missing exactly where a segment is hidden",
            f"select dimension, segment, is_hidden, net_profit from {{batch}} where {money_missing}",
            column="is_hidden",
        ),
        no_row(
            "the statement of a segment adds up, link by link",
            f"select dimension, segment, net_sales, net_profit from {{batch}} where {unequal}",
        ),
        no_row(
            "where no segment of a dimension is hidden, its profit is that of all customers",
            "select dimension, sum(net_profit) as net_profit from {batch} group by dimension "
            "having not bool_or(is_hidden) and sum(net_profit) <> (select sum(net_profit) from customer_profit)",
            column="net_profit",
        ),
    ]
