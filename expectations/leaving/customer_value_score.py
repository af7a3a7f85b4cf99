"""What must hold of `customer_value_score`: customer, on a scale of 0 to 100."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row, same_customers

PARTS = ("current_score", "future_score", "credit_score", "loyalty_score", "growth_score")

MART = Mart(key=("customer_id",), columns=("customer_id", "value_score", *PARTS, "missing_parts", "known_weight"))


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        complete("known_weight"),
        between("known_weight", 0, 1),
        *(between(score, 0, 100) for score in ("value_score", *PARTS)),
        no_row(
            "the score lies between the least and the greatest of its parts",
            f"select customer_id, value_score, {', '.join(PARTS)} from {{batch}} "
            f"where value_score < least({', '.join(PARTS)}) - 0.01 "
            f"or value_score > greatest({', '.join(PARTS)}) + 0.01",
            column="value_score",
        ),
        no_row(
            "who has ordered is missing exactly the parts that are named, and who has not has no score",
            "select judged.customer_id, judged.value_score, judged.missing_parts from {batch} as judged "
            "inner join customer_profit as profit on judged.customer_id = profit.customer_id "
            "where (profit.order_count > 0 and ("
            + " or ".join(
                f"(judged.{part} is null) <> coalesce(contains(judged.missing_parts, '{part.removesuffix('_score')}'), "
                "false)"
                for part in PARTS
            )
            + ")) or (profit.order_count = 0 and judged.value_score is not null)",
            column="missing_parts",
        ),
    ]
