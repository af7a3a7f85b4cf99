"""What must hold of `lifetime_value_validation`: past cut, candidate or simple rule, orders or value."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, no_row, one_of

MART = Mart(
    key=("cut_on", "candidate", "target"),
    columns=(
        "cut_on",
        "holdout_until",
        "candidate",
        "is_rival",
        "target",
        "customer_count",
        "predicted_total",
        "actual_total",
        "total_bias",
        "mean_absolute_error",
        "rank_correlation",
        "normalised_gini",
        "interval_coverage",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        one_of("target", ("orders", "value")),
        between("mean_absolute_error", 0),
        between("rank_correlation", -1.000_001, 1.000_001),
        between("normalised_gini", -1.000_001, 1.000_001),
        between("interval_coverage", 0, 1),
        no_row(
            "total_bias = predicted_total / actual_total - 1, and is missing exactly where nothing happened",
            "select cut_on, candidate, target, predicted_total, actual_total, total_bias from {batch} "
            "where (total_bias is null) <> (actual_total = 0) "
            "or abs((total_bias + 1) * cast(actual_total as double) - cast(predicted_total as double)) "
            "> 0.02 * (2 + abs(total_bias)) + 0.000001 * abs(cast(actual_total as double))",
            column="total_bias",
        ),
        no_row(
            "all candidates and rules of a cut are judged by what happened to the same customers",
            "select cut_on, target, min(customer_count) as least, max(customer_count) as most from {batch} "
            "where candidate <> 'formula' group by cut_on, target "
            "having min(customer_count) <> max(customer_count) or min(actual_total) <> max(actual_total)",
        ),
    ]
