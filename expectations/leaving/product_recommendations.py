"""What must hold of `product_recommendations`: customer and rank."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, complete, no_row, one_of

MART = Mart(
    key=("customer_id", "offer_rank"),
    columns=(
        "customer_id",
        "offer_rank",
        "product_id",
        "product_name",
        "method",
        "score",
        "because_product_id",
        "because_product_name",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        complete("product_id"),
        one_of("method", ["bought together", "most popular"]),
        no_row(
            "only customers are offered anything",
            "select judged.customer_id from {batch} as judged "
            "left join customers on judged.customer_id = customers.customer_id where customers.customer_id is null",
            column="customer_id",
        ),
        no_row(
            "ranks are 1, 2, 3 …, and no product is offered twice",
            "select customer_id, max(offer_rank) as last_rank, count(distinct product_id) as products from {batch} "
            "group by customer_id having min(offer_rank) <> 1 or max(offer_rank) <> count(distinct product_id)",
            column="offer_rank",
        ),
        no_row(
            "what is bought together has a score and a reason, what is popular has none",
            "select customer_id, offer_rank, method, score, because_product_id from {batch} "
            "where (method = 'bought together') <> (score is not null) "
            "or (score is null) <> (because_product_id is null)",
            column="score",
        ),
    ]
