"""What must hold of `profit_curve`: the whale curve, one row per percentile of customers."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row

MART = Mart(
    key=("customer_percentile",),
    columns=(
        "customer_percentile",
        "customer_count",
        "cumulative_profit",
        "share_of_total",
        "share_of_peak",
        "is_peak",
        "profit_lost_past_peak",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        between("customer_percentile", 0, 100),
        complete("customer_count"),
        complete("cumulative_profit"),
        complete("is_peak"),
        between("share_of_peak", None, 1.000_001, "no point of the curve is above its peak"),
        no_row(
            "the curve has 101 points, or none in a shop without customers",
            "select count(*) as points from {batch} having count(*) <> case when exists "
            "(select 1 from customer_profit where order_count > 0 or net_profit <> 0) then 101 else 0 end",
            column="customer_percentile",
        ),
        no_row(
            "the count of customers never falls along the curve",
            "select * from (select customer_percentile, customer_count, "
            "lag(customer_count) over (order by customer_percentile) as customer_count_before from {batch}) "
            "where customer_count < customer_count_before",
            column="customer_count",
        ),
        no_row(
            "the curve has one peak, where the cumulative profit is highest",
            "select count(*) filter (where is_peak) as peaks, max(cumulative_profit) as highest, "
            "max(cumulative_profit) filter (where is_peak) as at_the_peak from {batch} "
            "having count(*) > 0 and (count(*) filter (where is_peak) <> 1 "
            "or max(cumulative_profit) is distinct from max(cumulative_profit) filter (where is_peak))",
            column="is_peak",
        ),
        no_row(
            "profit_lost_past_peak is said at the peak and nowhere else: what customers lose, to the cent",
            "select customer_percentile, profit_lost_past_peak from {batch} "
            "where profit_lost_past_peak is distinct from case when is_peak then "
            "(select coalesce(-sum(net_profit), 0) from customer_profit where net_profit < 0) end",
            column="profit_lost_past_peak",
        ),
        no_row(
            "the curve ends at the profit of all customers, to the cent",
            "select cumulative_profit, (select sum(net_profit) from customer_profit) as profit_of_customers "
            "from {batch} where customer_percentile = 100 "
            "and cumulative_profit is distinct from (select coalesce(sum(net_profit), 0) from customer_profit)",
            column="cumulative_profit",
        ),
        no_row(
            "share_of_total is missing everywhere or nowhere, and ends at 1",
            "select count(share_of_total) as given, count(*) as points, "
            "max(share_of_total) filter (where customer_percentile = 100) as at_the_end from {batch} "
            "having count(share_of_total) not in (0, count(*)) "
            "or abs(max(share_of_total) filter (where customer_percentile = 100) - 1) > 0.000002",
            column="share_of_total",
        ),
    ]
