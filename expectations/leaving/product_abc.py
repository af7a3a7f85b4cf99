"""What must hold of `product_abc`: product, by its share of contribution."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, complete, no_row, one_of

MART = Mart(key=("product_id",), columns=("product_id", "contribution_1_last_12_months", "abc_tier"))


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        complete("contribution_1_last_12_months"),
        complete("abc_tier"),
        one_of("abc_tier", ["A", "B", "C", "loss"]),
        no_row(
            "abc_tier is loss exactly for products that lose money, and C for those that make none",
            "select product_id, abc_tier, contribution_1_last_12_months from {batch} "
            "where (abc_tier = 'loss') <> (contribution_1_last_12_months < 0) "
            "or (contribution_1_last_12_months = 0 and abc_tier <> 'C')",
            column="abc_tier",
        ),
        no_row(
            "a better tier holds no product that contributed less than one of a worse tier",
            "select abc_tier, min(contribution_1_last_12_months) as least, "
            "max(max(contribution_1_last_12_months)) over (order by abc_tier desc "
            "rows between unbounded preceding and 1 preceding) as most_below "
            "from {batch} where abc_tier in ('A', 'B', 'C') group by abc_tier qualify least < most_below",
            column="abc_tier",
        ),
    ]
