"""What must hold of `recommendation_validation`: method."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, no_row, one_of, quotient

MART = Mart(
    key=("method",),
    columns=(
        "method",
        "cut_on",
        "is_in_use",
        "customer_count",
        "hit_customers",
        "hit_rate",
        "offer_count",
        "precision_share",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        one_of("method", ["bought together", "most popular"]),
        quotient("hit_rate", "hit_customers", "customer_count", shows=("method",)),
        between("hit_rate", 0, 1),
        between("precision_share", 0, 1),
        no_row(
            "one method is in use, and none hit more customers",
            "select sum(case when is_in_use then 1 else 0 end) as in_use from {batch} having count(*) > 0 "
            "and (sum(case when is_in_use then 1 else 0 end) <> 1 "
            "or max(hit_customers) > max(case when is_in_use then hit_customers end))",
            column="is_in_use",
        ),
        no_row(
            "methods are judged by the same customers",
            "select min(customer_count) as fewest, max(customer_count) as most from {batch} "
            "having min(customer_count) <> max(customer_count)",
            column="customer_count",
        ),
    ]
