"""What must hold of `customer_habits`: customer, and how they buy."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, complete, no_row, one_of, same_as, same_customers

BY_DAY = ("channel_habit", "frequency_band", "spend_band")
"""Habits that are known of past days, too."""

PEOPLE = ("country", "region", "age_band", "gender", "income_band", "education")
"""Where customers live and who they are, as the shop was told."""

MART = Mart(key=("customer_id",), columns=("customer_id", *BY_DAY, *PEOPLE))


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        same_as("customers", PEOPLE),
        one_of("channel_habit", ["online", "offline", "both"]),
        complete("frequency_band"),
        no_row(
            "exactly who has ordered has a spend band",
            "select judged.customer_id, judged.spend_band, owner.order_count from {batch} as judged "
            "inner join customer_profit as owner on judged.customer_id = owner.customer_id "
            "where (judged.spend_band is null) <> (owner.order_count = 0)",
            column="spend_band",
        ),
    ]
