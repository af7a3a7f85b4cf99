"""What must hold of `customer_pyramid`: customer, by tier of the customer pyramid and member tier."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, one_of, same_customers

MART = Mart(key=("customer_id",), columns=("customer_id", "pyramid_tier", "member_tier"))


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        one_of("pyramid_tier", ["platinum", "gold", "iron", "lead"]),
        one_of("member_tier", ["gold", "silver", "ordinary"]),
    ]
