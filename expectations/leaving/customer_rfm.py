"""What must hold of `customer_rfm`: customer, scored by recency, frequency and monetary value."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row, same_customers

SCORES = {
    "recency_score": "recency_days",
    "frequency_score": "order_count",
    "monetary_score": "net_sales",
    "profit_score": "contribution_2",
}
"""Score, and what it scores."""

MART = Mart(
    key=("customer_id",),
    columns=(
        "customer_id",
        *SCORES.values(),
        *SCORES,
        "rfm_cell",
        "rfm_segment",
        "profit_rfm_cell",
        "profit_rfm_segment",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        complete("order_count"),
        between("order_count", 0),
        between("recency_days", 0),
        *(between(score, 1, 5) for score in SCORES),
        no_row(
            "who has ordered has all four scores and their segments, and who has not has no score",
            "select customer_id, order_count, recency_score, frequency_score, monetary_score, profit_score, "
            "rfm_segment, profit_rfm_segment from {batch} "
            "where (order_count > 0 and (recency_score is null or frequency_score is null or monetary_score is null "
            "or profit_score is null or rfm_segment is null or profit_rfm_segment is null)) or (order_count = 0 "
            "and coalesce(recency_score, frequency_score, monetary_score, profit_score) is not null)",
            column="rfm_segment",
        ),
        *(_cell(cell, last) for cell, last in (("rfm_cell", "monetary_score"), ("profit_rfm_cell", "profit_score"))),
        *(_the_better_the_higher(score, measure) for score, measure in SCORES.items()),
    ]


def _cell(cell: str, last: str) -> Expectation:
    return no_row(
        f"{cell} is recency_score, frequency_score and {last}, one after the other",
        f"select customer_id, {cell}, recency_score, frequency_score, {last} from {{batch}} "
        f"where {cell} is distinct from cast(recency_score as varchar) || cast(frequency_score as varchar) "
        f"|| cast({last} as varchar)",
        column=cell,
    )


def _the_better_the_higher(score: str, measure: str) -> Expectation:
    # The fewer days since the last order, the better.
    good = f"-{measure}" if score == "recency_score" else measure
    return no_row(
        f"the better {score} never goes to the worse {measure}, and equal {measure} score the same",
        f"with scored as (select {score} as score, min({good}) as least, max({good}) as most "
        f"from {{batch}} as judged where {score} is not null group by {score}) "
        "select worse.score as worse_score, worse.most as its_best, better.score as better_score, "
        "better.least as its_worst from scored as worse inner join scored as better "
        "on worse.score < better.score and worse.most >= better.least",
        column=score,
    )
