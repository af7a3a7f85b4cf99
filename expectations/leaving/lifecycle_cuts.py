"""What must hold of `lifecycle_cuts`: measure, who chose the cut, and cut."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, adds_up, between, no_row, one_of

MART = Mart(
    key=("measure", "chosen_by", "cut"),
    columns=(
        "measure",
        "chosen_by",
        "cut",
        "fit_on",
        "customer_count",
        "below_count",
        "below_ordered_share",
        "above_count",
        "above_ordered_share",
        "accuracy",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        one_of("measure", ["quiet", "pause", "pace", "purchases"]),
        one_of("chosen_by", ["settings", "tree"]),
        adds_up("customer_count", "below_count + above_count", shows=("measure", "chosen_by", "cut")),
        *(between(share, 0, 1) for share in ("below_ordered_share", "above_ordered_share", "accuracy")),
        no_row(
            "a side has a share exactly where somebody is on it",
            "select measure, chosen_by, cut from {batch} where (below_count = 0) <> (below_ordered_share is null) "
            "or (above_count = 0) <> (above_ordered_share is null)",
        ),
    ]
