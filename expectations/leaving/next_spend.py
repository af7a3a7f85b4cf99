"""What must hold of `next_spend`: channel."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row

MART = Mart(
    key=("channel",),
    columns=(
        "channel",
        "place",
        "spend",
        "new_customers",
        "average_cost",
        "months_counted",
        "marginal_cost",
        "lifetime_value_per_customer",
        "value_of_next_unit",
        "value_of_next_unit_low",
        "value_of_next_unit_high",
        "reading",
        "assumptions",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        *(
            complete(column)
            for column in ("place", "spend", "new_customers", "months_counted", "reading", "assumptions")
        ),
        *(between(column, 0) for column in ("spend", "new_customers", "months_counted", "marginal_cost")),
        no_row(
            "places count from 1 without a gap, the most valuable first and what is not known last",
            "select channel, place, value_of_next_unit from (select *, row_number() over "
            "(order by value_of_next_unit desc nulls last, channel) as by_value from {batch}) as placed "
            "where place <> by_value",
            column="place",
        ),
        no_row(
            "the value of the next unit lies between its bounds",
            "select channel, value_of_next_unit_low, value_of_next_unit, value_of_next_unit_high from {batch} "
            "where value_of_next_unit_low > value_of_next_unit or value_of_next_unit > value_of_next_unit_high "
            "or (value_of_next_unit is null and value_of_next_unit_low is not null)",
            column="value_of_next_unit",
        ),
        no_row(
            "average_cost is spend / new_customers, and missing exactly where either is nothing",
            "select channel, spend, new_customers, average_cost from {batch} "
            "where (average_cost is null) <> (new_customers = 0 or spend = 0) "
            "or abs(average_cost - spend / nullif(new_customers, 0)) > 0.0051",
            column="average_cost",
        ),
    ]
