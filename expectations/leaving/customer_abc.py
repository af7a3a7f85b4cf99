"""What must hold of `customer_abc`: customer, by their share of contribution."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, complete, no_row, one_of, same_customers

MART = Mart(key=("customer_id",), columns=("customer_id", "contribution_2_last_12_months", "abc_tier"))


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        complete("contribution_2_last_12_months"),
        complete("abc_tier"),
        one_of("abc_tier", ["A", "B", "C", "loss"]),
        no_row(
            "abc_tier is loss exactly for customers who lose money, and C for those who make none",
            "select customer_id, abc_tier, contribution_2_last_12_months from {batch} "
            "where (abc_tier = 'loss') <> (contribution_2_last_12_months < 0) "
            "or (contribution_2_last_12_months = 0 and abc_tier <> 'C')",
            column="abc_tier",
        ),
        no_row(
            "a better tier holds no customer who contributed less than one of a worse tier",
            "select abc_tier, min(contribution_2_last_12_months) as least, max(contribution_2_last_12_months) as most, "
            "max(max(contribution_2_last_12_months)) over (order by abc_tier desc "
            "rows between unbounded preceding and 1 preceding) as most_below "
            "from {batch} where abc_tier in ('A', 'B', 'C') group by abc_tier qualify least < most_below",
            column="abc_tier",
        ),
    ]
