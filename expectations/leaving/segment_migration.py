"""What must hold of `segment_migration`: month, dimension, from and to."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row

MART = Mart(
    key=("month", "dimension", "is_new_customer", "from_segment", "to_segment"),
    optional_in_key=("from_segment", "to_segment"),
    columns=("month", "dimension", "is_new_customer", "from_segment", "to_segment", "customer_count", "net_count"),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        complete("customer_count"),
        between("customer_count", 1),
        no_row(
            "month is the first day of a month",
            "select month from {batch} where month <> date_trunc('month', month)",
            column="month",
        ),
        no_row(
            "who is new comes from no segment",
            "select month, dimension, from_segment from {batch} where is_new_customer and from_segment is not null",
            column="from_segment",
        ),
        no_row(
            "in each month, each dimension has moved the same number of customers",
            "select month, min(moved) as fewest, max(moved) as most from (select month, dimension, "
            "sum(customer_count) as moved from {batch} group by month, dimension) group by month "
            "having min(moved) <> max(moved)",
            column="customer_count",
        ),
        no_row(
            "what goes one way net comes the other way net, and who stays moves nothing",
            "select judged.month, judged.dimension, judged.from_segment, judged.to_segment, judged.net_count "
            "from {batch} as judged left join {batch} as opposite on judged.month = opposite.month "
            "and judged.dimension = opposite.dimension and not opposite.is_new_customer "
            "and judged.from_segment is not distinct from opposite.to_segment "
            "and judged.to_segment is not distinct from opposite.from_segment "
            "where judged.net_count <> judged.customer_count - case when judged.is_new_customer then 0 "
            "else coalesce(opposite.customer_count, 0) end",
            column="net_count",
        ),
    ]
