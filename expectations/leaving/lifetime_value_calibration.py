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
            "select judged.cut_on, judged.candidate from {batch} as judged "
            "inner join lifetime_value_validation as whole on judged.cut_on = whole.cut_on "
            "and judged.candidate = whole.candidate and whole.target = 'value' "
            "group by judged.cut_on, judged.candidate, whole.customer_count, whole.predicted_total, whole.actual_total "
            "having sum(judged.customer_count) <> whole.customer_count "
            "or abs(sum(judged.predicted_value) - whole.predicted_total) > 0.1 "
            "or abs(sum(judged.actual_value) - whole.actual_total) > 0.1",
        ),
    ]
