"""What must hold of `customer_lifecycle`: customer, by where they are in their life with the shop."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row, one_of, same_customers

STAGES = ["prospect", "new", "growing", "mature", "declining", "dormant", "lost", "returned"]

MART = Mart(
    key=("customer_id",),
    columns=("customer_id", "rhythm_days", "quiet_gaps", "pause_gaps", "pace", "lifecycle_stage"),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        complete("lifecycle_stage"),
        one_of("lifecycle_stage", STAGES),
        between("rhythm_days", 1),
        *(between(measure, 0) for measure in ("quiet_gaps", "pause_gaps", "pace")),
        no_row(
            "exactly who has not ordered is a prospect and has no rhythm",
            "select judged.customer_id, judged.lifecycle_stage, judged.rhythm_days, profit.order_count "
            "from {batch} as judged inner join customer_profit as profit on judged.customer_id = profit.customer_id "
            "where (judged.lifecycle_stage = 'prospect') <> (profit.order_count = 0) "
            "or (judged.rhythm_days is null) <> (profit.order_count = 0) "
            "or (judged.quiet_gaps is null) <> (profit.order_count = 0)",
            column="lifecycle_stage",
        ),
    ]
