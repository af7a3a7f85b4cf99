"""What must hold of `hot_products`: product and week."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row

TESTS = {
    "has_units": "units",
    "has_first_visit_share": "first_visit_share",
    "has_favourites": "favourite_count",
    "has_views": "view_count",
}
"""The result of each test, by what it is about."""

MART = Mart(
    key=("product_id", "week"),
    columns=("product_id", "week", "is_complete", "order_count", *TESTS.values(), *TESTS, "is_hot"),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    unequal = " or ".join(f"({result} is null) <> ({value} is null)" for result, value in TESTS.items())
    passed = " and ".join(f"coalesce({result}, true)" for result in TESTS)
    return [
        complete("is_hot"),
        between("units", 0),
        between("first_visit_share", 0, 1),
        between("favourite_count", 0),
        between("view_count", 0),
        no_row(
            "week is a Monday",
            "select product_id, week from {batch} where week <> date_trunc('week', week)",
            column="week",
        ),
        no_row(
            "a test has a result exactly where its value is known",
            f"select product_id, week, {', '.join(TESTS)} from {{batch}} where {unequal}",
        ),
        no_row(
            "hot is exactly what has failed no test",
            f"select product_id, week, is_hot, {', '.join(TESTS)} from {{batch}} where is_hot <> ({passed})",
            column="is_hot",
        ),
    ]
