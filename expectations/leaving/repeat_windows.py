"""What must hold of `repeat_windows`: cohort month and window."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, first_of_month, no_row, one_of, quotient
from expectations.leaving.second_orders import WINDOWS

COUNTS = ("cohort_customers", "observed_customers", "repeat_customers", "kept_repeat_customers")

MART = Mart(
    key=("cohort_month", "window_days"),
    columns=(
        "cohort_month",
        "window_days",
        *COUNTS,
        "repeat_share",
        "kept_repeat_share",
        "sales_per_customer",
        "net_sales_per_customer",
        "is_complete",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        first_of_month("cohort_month"),
        one_of("window_days", WINDOWS),
        *(complete(column) for column in (*COUNTS, "is_complete")),
        *(between(column, 0) for column in COUNTS),
        quotient("repeat_share", "repeat_customers", "observed_customers", shows=MART.key),
        quotient("kept_repeat_share", "kept_repeat_customers", "observed_customers", shows=MART.key),
        no_row(
            "who kept a second order had one, and who had one is observed, and who is observed is of the cohort",
            "select cohort_month, window_days, cohort_customers, observed_customers, repeat_customers, "
            "kept_repeat_customers from {batch} where kept_repeat_customers > repeat_customers "
            "or repeat_customers > observed_customers or observed_customers > cohort_customers",
            column="repeat_customers",
        ),
        no_row(
            "in a complete window everybody is observed",
            "select cohort_month, window_days, cohort_customers, observed_customers from {batch} "
            "where is_complete and observed_customers <> cohort_customers",
            column="is_complete",
        ),
        no_row(
            "sales are missing exactly where nobody is observed",
            "select cohort_month, window_days, observed_customers, sales_per_customer, net_sales_per_customer "
            "from {batch} where (observed_customers = 0) <> (sales_per_customer is null) "
            "or (observed_customers = 0) <> (net_sales_per_customer is null)",
            column="sales_per_customer",
        ),
        no_row(
            "every cohort of second_orders has each window",
            "select count(*) as cells from {batch} "
            f"having count(*) <> {len(WINDOWS)} * (select count(distinct cohort_month) from second_orders)",
            column="window_days",
        ),
        no_row(
            "the customers of a cohort are those of second_orders",
            "select judged.cohort_month, judged.window_days, judged.cohort_customers, known.customers "
            "from {batch} as judged left join (select cohort_month, count(*) as customers from second_orders "
            "group by cohort_month) as known on judged.cohort_month = known.cohort_month "
            "where judged.cohort_customers is distinct from known.customers",
            column="cohort_customers",
        ),
    ]
