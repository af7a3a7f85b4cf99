"""What must hold of `days`: day, with its week and its month."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row

MART = Mart(key=("day",), columns=("day", "week", "month", "weekday"))


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        *(complete(column) for column in MART.columns[1:]),
        between("weekday", 1, 7),
        no_row(
            "week and weekday are those of the day",
            "select day, week, weekday from {batch} "
            "where weekday <> isodow(day) or week <> cast(date_trunc('week', day) as date)",
            column="week",
        ),
        no_row(
            "month is that of the day",
            "select day, month from {batch} where month <> cast(date_trunc('month', day) as date)",
            column="month",
        ),
        no_row(
            "days follow each other without a gap",
            "select day from {batch} qualify day <> lag(day) over (order by day) + 1",
            column="day",
        ),
        no_row(
            "the months of the days are those of company_profit_monthly",
            "select coalesce(here.month, company.month) as month from (select distinct month from {batch}) as here "
            "full outer join company_profit_monthly as company on here.month = company.month "
            "where here.month is null or company.month is null",
            column="month",
        ),
    ]
