"""What must hold of `retention_list`: customer who is worth keeping and may be going."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row, one_of

COLUMNS = (
    "customer_id",
    "listed_on",
    "list_rank",
    "lifecycle_stage",
    "chance_gone",
    "value_if_alive",
    "value_at_risk",
    "most_worth_spending",
    "reason",
    "reason_in_words",
    "action",
    "is_held_out",
)

MART = Mart(key=("customer_id",), columns=COLUMNS)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        *(complete(column) for column in COLUMNS[1:]),
        between("chance_gone", 0, 1),
        between("most_worth_spending", 0),
        one_of("reason", ["trouble", "bought once", "comes for the price", "late"]),
        no_row(
            "nobody is listed who has refused to be written to",
            "select judged.customer_id, customers.marketing_consent from {batch} as judged "
            "left join customers on judged.customer_id = customers.customer_id "
            "where customers.customer_id is null or not customers.marketing_consent",
            column="customer_id",
        ),
        no_row(
            "value at risk is the value if alive times the chance of having gone",
            "select customer_id, value_at_risk, value_if_alive, chance_gone from {batch} "
            "where abs(value_at_risk - value_if_alive * cast(chance_gone as decimal(19, 6))) > 0.0051",
            column="value_at_risk",
        ),
        no_row(
            "nobody is worth spending more on than is at risk",
            "select customer_id, most_worth_spending, value_at_risk from {batch} "
            "where most_worth_spending > value_at_risk",
            column="most_worth_spending",
        ),
        no_row(
            "ranks are 1, 2, 3 …, the most at risk first",
            "select customer_id, list_rank, value_at_risk from (select customer_id, list_rank, value_at_risk, "
            "row_number() over (order by value_at_risk desc, customer_id) as place from {batch}) as placed "
            "where list_rank <> place",
            column="list_rank",
        ),
    ]
