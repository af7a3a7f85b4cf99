"""What must hold of `channel_efficiency`: month and channel."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, first_of_month, no_row, one_of

READINGS = (
    "the month is not over",
    "nothing to compare with",
    "spend hardly moved",
    "spend moved, customers did not",
    "customers followed spend",
    "customers went against spend",
)

MART = Mart(
    key=("month", "channel"),
    columns=(
        "month",
        "channel",
        "spend",
        "new_customers",
        "average_cost",
        "spend_change",
        "new_customers_change",
        "spend_change_share",
        "is_counted",
        "marginal_cost",
        "reading",
        "is_complete",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        first_of_month("month"),
        *(complete(column) for column in ("spend", "new_customers", "is_counted", "reading", "is_complete")),
        *(between(column, 0) for column in ("spend", "new_customers", "average_cost", "marginal_cost")),
        one_of("reading", READINGS),
        no_row(
            "average_cost is spend / new_customers, and missing exactly where either is nothing",
            "select month, channel, spend, new_customers, average_cost from {batch} "
            "where (average_cost is null) <> (new_customers = 0 or spend = 0) "
            "or abs(average_cost - spend / nullif(new_customers, 0)) > 0.0051",
            column="average_cost",
        ),
        no_row(
            "each channel has every month from the first in which it was paid to the last",
            "select paid.channel, months.month from (select channel, min(month) as since, max(month) as until from "
            "(select channel, month from acquisition_costs group by channel, month having sum(spend) > 0) "
            "group by channel) as paid inner join months on months.month between paid.since and paid.until "
            "left join {batch} as judged on judged.channel = paid.channel and judged.month = months.month "
            "where judged.month is null",
            column="month",
        ),
        no_row(
            "changes are those from the row before, one month earlier, and missing in a channel's first row",
            "select month, channel, spend_change, new_customers_change from ("
            "select *, lag(struct_pack(spend := spend, customers := new_customers, month := month)) "
            "over (partition by channel order by month) as before from {batch}) as followed "
            "where spend_change is distinct from spend - before.spend "
            "or new_customers_change is distinct from new_customers - before.customers "
            "or datediff('month', before.month, month) <> 1",
            column="spend_change",
        ),
        no_row(
            "marginal_cost is spend_change / new_customers_change, where customers followed spend",
            "select month, channel, spend_change, new_customers_change, marginal_cost from {batch} "
            "where abs(marginal_cost - spend_change / nullif(new_customers_change, 0)) > 0.0051 "
            "or (marginal_cost is not null and coalesce(spend_change * new_customers_change, 0) <= 0)",
            column="marginal_cost",
        ),
        no_row(
            "only a month that is over counts",
            "select month, channel, is_counted, is_complete from {batch} where is_counted and not is_complete",
            column="is_counted",
        ),
    ]
