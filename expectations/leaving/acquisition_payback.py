"""What must hold of `acquisition_payback`: cohort month, channel and months since."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, first_of_month, no_row, quotient

MART = Mart(
    key=("cohort_month", "channel", "months_since"),
    columns=(
        "cohort_month",
        "channel",
        "months_since",
        "month",
        "cohort_customers",
        "acquisition_cost",
        "acquisition_cost_per_customer",
        "cumulative_contribution",
        "cumulative_contribution_per_customer",
        "recovered_share",
        "paid_back_customers",
        "is_over",
        "is_complete",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        first_of_month("cohort_month"),
        *(complete(column) for column in ("cohort_customers", "cumulative_contribution", "is_over", "is_complete")),
        between("months_since", 0),
        between("cohort_customers", 1),
        between("acquisition_cost", 0),
        quotient("recovered_share", "cumulative_contribution", "acquisition_cost", shows=MART.key),
        no_row(
            "what a customer cost and brought is the cohort's by its customers",
            "select cohort_month, channel, months_since, acquisition_cost_per_customer, "
            "cumulative_contribution_per_customer from {batch} "
            "where (acquisition_cost is null) <> (acquisition_cost_per_customer is null) "
            "or abs(acquisition_cost_per_customer - acquisition_cost / cohort_customers) > 0.0051 "
            "or abs(cumulative_contribution_per_customer - cumulative_contribution / cohort_customers) > 0.0051",
            column="cumulative_contribution_per_customer",
        ),
        no_row(
            "a cohort and channel has no gap between its own month and its last, and one size and one cost",
            "select cohort_month, channel, count(*) as cells from {batch} group by cohort_month, channel "
            "having count(*) <> max(months_since) + 1 or min(cohort_customers) <> max(cohort_customers) "
            "or min(acquisition_cost) <> max(acquisition_cost) "
            "or count(acquisition_cost) not in (0, count(*))",
            column="months_since",
        ),
        no_row(
            "customers who have paid back stay so, and are of the cohort",
            "select cohort_month, channel, months_since, paid_back_customers, before from (select *, "
            "lag(paid_back_customers) over (partition by cohort_month, channel order by months_since) as before "
            "from {batch}) as followed where paid_back_customers < before "
            "or paid_back_customers > cohort_customers or (paid_back_customers is null) <> (acquisition_cost is null)",
            column="paid_back_customers",
        ),
        no_row(
            "a month that is complete is over",
            "select cohort_month, channel, months_since from {batch} where is_complete and not is_over",
            column="is_complete",
        ),
    ]
