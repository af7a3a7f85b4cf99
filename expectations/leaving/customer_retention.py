"""What must hold of `customer_retention`: cohort month and months since."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, first_of_month, no_row, quotient

COUNTS = ("cohort_customers", "active_customers", "kept_active_customers", "retained_customers")

MART = Mart(
    key=("cohort_month", "months_since"),
    columns=(
        "cohort_month",
        "months_since",
        *COUNTS,
        "retention_rate",
        "kept_retention_rate",
        "repeat_share",
        "cumulative_sales_per_customer",
        "cumulative_net_sales_per_customer",
        "cumulative_profit_per_customer",
        "is_complete",
        "is_profit_complete",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        first_of_month("cohort_month"),
        between("months_since", 0),
        *(complete(column) for column in (*COUNTS, "is_complete", "is_profit_complete")),
        *(between(column, 0) for column in COUNTS),
        between("retention_rate", 0, 1),
        between("repeat_share", 0, 1),
        quotient("kept_retention_rate", "kept_active_customers", "cohort_customers", shows=MART.key),
        quotient("retention_rate", "active_customers", "cohort_customers", shows=MART.key),
        no_row(
            "nobody is active who is not of the cohort, and nobody retained, or with an order kept, who is not active",
            "select cohort_month, months_since, cohort_customers, active_customers, kept_active_customers, "
            "retained_customers from {batch} where active_customers > cohort_customers "
            "or retained_customers > active_customers or kept_active_customers > active_customers",
            column="active_customers",
        ),
        no_row(
            "a month whose profit is complete is complete",
            "select cohort_month, months_since from {batch} where is_profit_complete and not is_complete",
            column="is_profit_complete",
        ),
        no_row(
            "the whole cohort is active in its own month",
            "select cohort_month, active_customers, cohort_customers from {batch} "
            "where months_since = 0 and active_customers <> cohort_customers",
            column="active_customers",
        ),
        no_row(
            "a cohort is as large in every month after as in its own",
            "select cohort_month, min(cohort_customers) as least, max(cohort_customers) as most from {batch} "
            "group by cohort_month having min(cohort_customers) <> max(cohort_customers)",
            column="cohort_customers",
        ),
        no_row(
            "a cohort has no gap between its own month and its last",
            "select cohort_month, count(*) as months, max(months_since) as last_month from {batch} "
            "group by cohort_month having count(*) <> max(months_since) + 1",
            column="months_since",
        ),
        no_row(
            "the cohorts together are the customers who ever ordered",
            "select sum(cohort_customers) as in_cohorts, "
            "(select count(*) from customers where first_order_on is not null) as ordered from {batch} "
            "where months_since = 0 having coalesce(sum(cohort_customers), 0) "
            "<> (select count(*) from customers where first_order_on is not null)",
            column="cohort_customers",
        ),
    ]
