"""What must hold of `customer_habits`: customer, and how they buy."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, complete, no_row, one_of, same_customers

MART = Mart(key=("customer_id",), columns=("customer_id", "channel_habit", "frequency_band", "spend_band"))


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
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
