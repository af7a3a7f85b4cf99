"""What must hold of `customer_profit_reasons`: customer, and why they lose money."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, no_row, one_of, same_customers

MART = Mart(
    key=("customer_id",),
    columns=(
        *("customer_id", "largest_cost_driver", "largest_cost", "loss_reason", "loss_line", "loss_line_amount"),
        *("loss_line_share", "segment_line_share", "why_unprofitable", "compared_with"),
    ),
)

REASONS = ("no sale", "all given back", "like the segment", "segment has none", "beyond the segment")


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        between("largest_cost", 0),
        no_row(
            "exactly who loses money has a reason",
            "select judged.customer_id, owner.net_profit, judged.why_unprofitable from {batch} as judged "
            "inner join customer_profit as owner on judged.customer_id = owner.customer_id "
            "where (owner.net_profit < 0) <> (judged.why_unprofitable is not null)",
            column="why_unprofitable",
        ),
        one_of("loss_reason", REASONS),
        no_row(
            "a reason, the line it is about and the sentence that says so come together",
            "select customer_id, loss_reason, loss_line, loss_line_amount from {batch} "
            "where (loss_reason is null) <> (why_unprofitable is null) or (loss_reason is null) <> (loss_line is null) "
            "or (loss_reason is null) <> (loss_line_amount is null)",
            column="loss_reason",
        ),
        no_row(
            "the amount of a line is its share of the customer's net sales",
            "select judged.customer_id, loss_line_amount, loss_line_share, owner.net_sales from {batch} as judged "
            "inner join customer_profit as owner on judged.customer_id = owner.customer_id "
            "where abs(loss_line_share * owner.net_sales - loss_line_amount) > 0.005 "
            "or (loss_line_share is null and owner.net_sales <> 0 and loss_line is not null)",
            column="loss_line_share",
        ),
        no_row(
            "the largest cost has a name, and a name has a cost",
            "select customer_id, largest_cost_driver, largest_cost from {batch} "
            "where (largest_cost_driver is null) <> (largest_cost is null)",
            column="largest_cost_driver",
        ),
    ]
