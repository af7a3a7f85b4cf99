"""The profit statement as the audit knows it: its lines and how they add up.

Written here once more, on purpose: an audit that read the settings the statement was computed from would follow them
into a mistake.
"""

from __future__ import annotations

from collections.abc import Sequence

from great_expectations.expectations.expectation import Expectation

from expectations.claims import adds_up

LINES = (
    "gross_sales",
    "discounts",
    "refunds",
    "net_sales",
    "cogs",
    "contribution_1",
    "fulfilment",
    "payment_fees",
    "bad_debt",
    "contribution_2",
    "service",
    "loyalty",
    "retention_marketing",
    "acquisition_marketing",
    "contribution_3",
    "overhead",
    "currency_difference",
    "net_profit",
)

SUBTOTALS = {
    "net_sales": "gross_sales - discounts - refunds",
    "contribution_1": "net_sales - cogs",
    "contribution_2": "contribution_1 - fulfilment - payment_fees - bad_debt",
    "contribution_3": "contribution_2 - service - loyalty - retention_marketing - acquisition_marketing",
    "net_profit": "contribution_3 - overhead - currency_difference",
}


def statement_adds_up(shows: Sequence[str]) -> list[Expectation]:
    """The chain from gross sales to net profit, link by link; `shows` are the columns that name a row."""
    return [adds_up(subtotal, parts, shows=shows) for subtotal, parts in SUBTOTALS.items()]


def unpivoted(relation: str, keys: Sequence[str], alias: str) -> str:
    """SQL: a relation with one row per line of the statement (`statement_line`, `amount`) beside its keys.

    The lines are summed over everything but the keys.
    """
    sums = ", ".join(f"sum({line}) as {line}" for line in LINES)
    return (
        f"(unpivot (select {', '.join(keys)}, {sums} from {relation} group by {', '.join(keys)}) "
        f"on {', '.join(LINES)} into name statement_line value amount) as {alias}"
    )
