"""What must hold of `months`: month, with its place in the calendar and in the fiscal year."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, first_of_month, no_row

MART = Mart(
    key=("month",),
    columns=(
        "month",
        "calendar_year",
        "calendar_quarter",
        "fiscal_year",
        "fiscal_quarter",
        "fiscal_month",
        "is_complete",
    ),
)

SINCE_YEAR_0 = "fiscal_year * 12 + fiscal_month"
"""The place of a month among all fiscal months: the next month has the next number."""


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        first_of_month("month"),
        *(complete(column) for column in MART.columns[1:]),
        between("fiscal_month", 1, 12),
        no_row(
            "calendar_year and calendar_quarter are those of the month",
            "select month, calendar_year, calendar_quarter from {batch} "
            "where calendar_year <> year(month) or calendar_quarter <> quarter(month)",
            column="calendar_year",
        ),
        no_row(
            "three fiscal months make a fiscal quarter",
            "select month, fiscal_quarter, fiscal_month from {batch} where fiscal_quarter <> (fiscal_month + 2) // 3",
            column="fiscal_quarter",
        ),
        no_row(
            "a fiscal year ends in the calendar year that names it",
            "select month, fiscal_year, fiscal_month from {batch} "
            "where fiscal_year <> year(month + to_months(12 - fiscal_month))",
            column="fiscal_year",
        ),
        no_row(
            "months follow each other without a gap, in the calendar and in the fiscal year",
            f"select month, {SINCE_YEAR_0} as fiscal_place from {{batch}} qualify "
            f"month <> lag(month) over (order by month) + interval 1 month "
            f"or {SINCE_YEAR_0} <> lag({SINCE_YEAR_0}) over (order by month) + 1",
            column="month",
        ),
        no_row(
            "only the last month can be unfinished",
            "select month, is_complete from {batch} qualify not is_complete and month < max(month) over ()",
            column="is_complete",
        ),
        no_row(
            "the months are those of company_profit_monthly",
            "select coalesce(here.month, company.month) as month from {batch} as here "
            "full outer join company_profit_monthly as company on here.month = company.month "
            "where here.month is null or company.month is null",
            column="month",
        ),
    ]
