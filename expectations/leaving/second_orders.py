"""What must hold of `second_orders`: customer."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row, same_as, same_customers

WINDOWS = (30, 60, 90, 180, 365)

MART = Mart(
    key=("customer_id",),
    columns=(
        "customer_id",
        "first_order_on",
        "cohort_month",
        "days_observed",
        "order_count",
        "second_order_on",
        "days_to_second_order",
        *(f"has_{kept}second_order_in_{days}_days" for days in WINDOWS for kept in ("", "kept_")),
        "mean_days_between_orders",
        "median_days_between_orders",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        complete("order_count"),
        *(
            between(column, 0)
            for column in (
                "order_count",
                "days_observed",
                "days_to_second_order",
                "mean_days_between_orders",
                "median_days_between_orders",
            )
        ),
        same_as("customer_profit", ("order_count", "first_order_on")),
        no_row(
            "exactly who has ordered twice has a second order and days between orders",
            "select customer_id, order_count, second_order_on, mean_days_between_orders from {batch} "
            "where (order_count >= 2) <> (second_order_on is not null) "
            "or (order_count >= 2) <> (mean_days_between_orders is not null) "
            "or (order_count >= 2) <> (median_days_between_orders is not null) "
            "or days_to_second_order is distinct from datediff('day', first_order_on, second_order_on)",
            column="second_order_on",
        ),
        *(
            no_row(
                f"a second order in {days} days is one, none, or not known while they run",
                f"select customer_id, days_observed, days_to_second_order, {flag}, {kept} from {{batch}} "
                f"where {flag} is distinct from case when days_to_second_order <= {days} then true "
                f"when days_observed >= {days} then false end "
                f"or ({kept} is null) <> coalesce(days_observed < {days}, true) or ({kept} and not {flag})",
                column=flag,
            )
            for days in WINDOWS
            for flag, kept in ((f"has_second_order_in_{days}_days", f"has_kept_second_order_in_{days}_days"),)
        ),
    ]
