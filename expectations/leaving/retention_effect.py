"""What must hold of `retention_effect`: reason for having been on a retention list."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row

MART = Mart(
    key=("reason",),
    columns=(
        "reason",
        "treated_customers",
        "held_out_customers",
        "treated_contribution",
        "held_out_contribution",
        "difference",
        "difference_low",
        "difference_high",
        "treated_ordered_share",
        "held_out_ordered_share",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        *(complete(f"{group}_customers") for group in ("treated", "held_out")),
        *(between(f"{group}_customers", 0) for group in ("treated", "held_out")),
        *(between(f"{group}_ordered_share", 0, 1) for group in ("treated", "held_out")),
        no_row(
            "the reasons together are all (*)",
            "select sum(case when reason = '*' then treated_customers + held_out_customers end) as everybody, "
            "sum(case when reason <> '*' then treated_customers + held_out_customers end) as of_reasons from {batch} "
            "having everybody is distinct from of_reasons",
        ),
        no_row(
            "an effect is told exactly where there is somebody in both groups",
            "select reason, treated_customers, held_out_customers, difference from {batch} "
            "where (difference is null) <> (treated_customers = 0 or held_out_customers = 0)",
            column="difference",
        ),
        no_row(
            "the difference lies in the middle of its interval",
            "select reason, difference, difference_low, difference_high from {batch} "
            "where difference_low > difference or difference_high < difference "
            "or abs(difference_low + difference_high - 2 * difference) > 0.02",
            column="difference",
        ),
    ]
