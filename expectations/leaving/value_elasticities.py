"""What must hold of `value_elasticities`: lever."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row

MEASURED = ("active_customers", "new_customers", "retention_rate", "margin_per_customer", "company_value")

MART = Mart(
    key=("lever",),
    columns=(
        "lever",
        "measured_from",
        "measured_until",
        *MEASURED,
        "acquisition_cost",
        "new_customer_value",
        "company_value_effect",
        "new_customer_value_effect",
        "next_year_contribution_effect",
        "published_low",
        "published_high",
        "published_by",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        *(complete(column) for column in ("published_low", "published_high", "published_by")),
        between("retention_rate", 0, 1),
        between("acquisition_cost", 0),
        no_row(
            "all levers are moved from the same company",
            "select count(distinct measured_from) as times, count(distinct company_value) as companies from {batch} "
            "having count(distinct measured_from) > 1 or count(distinct company_value) > 1 "
            "or count(measured_from) not in (0, count(*))",
            column="company_value",
        ),
        no_row(
            "effects are missing where there is no value above 0 to change",
            "select lever, company_value, company_value_effect, new_customer_value_effect from {batch} "
            "where (coalesce(company_value, 0) <= 0 and company_value_effect is not null) "
            "or (coalesce(new_customer_value, 0) <= 0 and new_customer_value_effect is not null)",
            column="company_value_effect",
        ),
        no_row(
            "better retention or margin does not harm a company that earns by its customers",
            "select lever, margin_per_customer, company_value_effect from {batch} "
            "where margin_per_customer > 0 and company_value_effect < 0",
            column="company_value_effect",
        ),
    ]
