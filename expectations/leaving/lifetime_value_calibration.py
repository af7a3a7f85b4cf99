"""What must hold of `lifetime_value_calibration`: past cut, candidate or simple rule, tenth of the customers."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, no_row

MART = Mart(
    key=("cut_on", "candidate", "decile"),
    columns=(
        "cut_on",
        "candidate",
        "decile",
        "customer_count",
        "predicted_orders",
        "actual_orders",
        "predicted_value",
        "actual_value",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        between("decile", 1, 10),
        between("customer_count", 1),
        no_row(
            "the deciles together are what lifetime_value_validation judged, to a cent a decile",
            "select whole.cut_on, whole.candidate, whole.customer_count, sum(judged.customer_count) as customers_here "
            "from lifetime_value_validation as whole left join {batch} as judged on whole.cut_on = judged.cut_on "
            "and whole.candidate = judged.candidate where whole.target = 'value' "
            "group by whole.cut_on, whole.candidate, whole.customer_count, whole.predicted_total, whole.actual_total "
            "having coalesce(sum(judged.customer_count), 0) <> whole.customer_count "
            "or abs(sum(judged.predicted_value) - whole.predicted_total) > 0.1 "
            "or abs(sum(judged.actual_value) - whole.actual_total) > 0.1",
        ),
    ]
