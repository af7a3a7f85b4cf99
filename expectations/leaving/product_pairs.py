"""What must hold of `product_pairs`: product and other product."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row

MART = Mart(
    key=("product_id", "other_product_id"),
    columns=("product_id", "other_product_id", "basket_count", "support", "confidence", "lift"),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        *(complete(column) for column in ("basket_count", "support", "confidence", "lift")),
        between("basket_count", 1),
        between("support", 0, 1),
        between("confidence", 0, 1),
        between("lift", 0),
        no_row(
            "no product is paired with itself",
            "select product_id from {batch} where product_id = other_product_id",
            column="other_product_id",
        ),
        no_row(
            "a pair is told from either side, with one basket count, support and lift",
            "select judged.product_id, judged.other_product_id, judged.basket_count, other.basket_count as other_count "
            "from {batch} as judged left join {batch} as other on judged.product_id = other.other_product_id "
            "and judged.other_product_id = other.product_id "
            "where other.product_id is null or judged.basket_count <> other.basket_count "
            "or judged.support <> other.support or abs(judged.lift - other.lift) > 0.000001",
        ),
    ]
