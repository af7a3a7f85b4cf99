"""What must hold of `customer_lifetime_value`: customer."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, no_row, same_customers

MART = Mart(
    key=("customer_id",),
    columns=(
        "customer_id",
        "first_order_value",
        "historic_value",
        "average_order_value",
        "purchase_frequency",
        "lifespan_years",
        "formula_value",
    ),
)

ROUNDING = 0.0051
"""Money is rounded to the cent, so each amount may be half a cent off, and a hair for the last bit of a double."""


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    product = "cast(average_order_value as double) * purchase_frequency * lifespan_years"
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        between("purchase_frequency", 0),
        between("lifespan_years", 0),
        no_row(
            "formula_value is average_order_value times purchase_frequency times lifespan_years",
            "select customer_id, formula_value, average_order_value, purchase_frequency, lifespan_years from {batch} "
            f"where abs(formula_value - {product}) > {ROUNDING} * (1 + abs(purchase_frequency * lifespan_years))",
            column="formula_value",
        ),
        no_row(
            "formula_value is missing exactly where one of its factors is",
            "select customer_id, formula_value, average_order_value, purchase_frequency, lifespan_years from {batch} "
            f"where (formula_value is null) <> ({product} is null)",
            column="formula_value",
        ),
        no_row(
            "who never ordered has no first order and no average order",
            "select judged.customer_id, judged.first_order_value, judged.average_order_value from {batch} as judged "
            "inner join customers on judged.customer_id = customers.customer_id where customers.order_count = 0 "
            "and (judged.first_order_value is not null or judged.average_order_value is not null)",
            column="average_order_value",
        ),
    ]
