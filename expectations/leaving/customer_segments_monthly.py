"""What must hold of `customer_segments_monthly`: customer and month end."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, no_row
from expectations.leaving import customer_segments

RULES = tuple(column for columns in customer_segments.RULES.values() for column in columns)

MART = Mart(key=("customer_id", "month_end"), columns=("customer_id", "month_end", *RULES))


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        no_row(
            "month_end is the last day of a month",
            "select customer_id, month_end from {batch} where month_end <> last_day(month_end)",
            column="month_end",
        ),
        no_row(
            "who is a customer at one month end is one at the next",
            "select earlier.customer_id, earlier.month_end from {batch} as earlier "
            "left join {batch} as later on earlier.customer_id = later.customer_id "
            "and later.month_end = last_day(earlier.month_end + 1) "
            "where later.customer_id is null and earlier.month_end < (select max(ends.month_end) from {batch} as ends)",
        ),
    ]
