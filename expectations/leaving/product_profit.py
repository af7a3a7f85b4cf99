"""What must hold of `product_profit`: product and month."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, adds_up, between, complete, first_of_month, no_row

MART = Mart(
    key=("product_id", "month"),
    optional_in_key=("product_id",),
    columns=(
        "product_id",
        "month",
        "order_count",
        "units_sold",
        "units_returned",
        "gross_sales",
        "discounts",
        "refunds",
        "net_sales",
        "cogs",
        "contribution_1",
        "assumed_cost_share",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        first_of_month("month"),
        complete("order_count"),
        between("order_count", 0),
        between("units_sold", 0),
        between("units_returned", 0),
        between("assumed_cost_share", 0, 1),
        adds_up("net_sales", "gross_sales - discounts - refunds", shows=MART.key),
        adds_up("contribution_1", "net_sales - cogs", shows=MART.key),
        no_row(
            "only refunds may name no product",
            "select month, gross_sales, discounts from {batch} "
            "where product_id is null and (gross_sales <> 0 or discounts <> 0)",
            column="product_id",
        ),
    ]
