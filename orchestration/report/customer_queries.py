"""The SQL of the sheet of one customer, over the published marts alone; each query names the customer."""

from __future__ import annotations

from orchestration.report.queries import LINES
from orchestration.sql_text import literal

MONTHS_LISTED = 24

SPANS = ("", "_last_12_months", "_previous_12_months")
_STATEMENT = ",\n    ".join(f"profit.{line}{span}" for span in SPANS for line in LINES)


def customer_queries(customer_id: str) -> dict[str, str]:
    """What the sheet asks, by name."""
    who = literal(customer_id)
    return {
        "as_of": "select as_of_date, shop, reporting_currency\nfrom metadata.as_of",
        "customer": f"""select
    profit.customer_id,
    profit.order_count,
    profit.first_order_on,
    profit.last_order_on,
    {_STATEMENT},
    profit.adjusted_profit,
    customers.marketing_consent,
    customers.acquisition_channel,
    customers.largest_cost_driver,
    reasons.loss_reason,
    reasons.loss_line,
    reasons.loss_line_amount,
    reasons.loss_line_share,
    reasons.segment_line_share,
    segments.lifecycle_stage,
    segments.recency_days,
    segments.rhythm_days,
    segments.quiet_gaps,
    segments.rfm_segment,
    segments.rfm_cell,
    segments.abc_tier,
    segments.pyramid_tier,
    segments.value_score,
    segments.current_score,
    segments.future_score,
    segments.credit_score,
    segments.loyalty_score,
    segments.growth_score,
    lifetime.historic_value,
    lifetime.probability_alive,
    lifetime.expected_orders_365d,
    lifetime.predicted_value_365d,
    lifetime.predicted_value_365d_low,
    lifetime.predicted_value_365d_high,
    lifetime.expected_next_order_on,
    lifetime.customer_equity,
    acquisition.acquisition_cost,
    acquisition.payback_month,
    list.list_rank,
    list.reason,
    list.action,
    list.is_held_out,
    list.chance_gone,
    list.value_at_risk,
    list.most_worth_spending
from marts.customer_profit as profit
left join marts.customers as customers using (customer_id)
left join marts.customer_profit_reasons as reasons using (customer_id)
left join marts.customer_segments as segments using (customer_id)
left join marts.customer_lifetime_value as lifetime using (customer_id)
left join marts.customer_acquisition as acquisition using (customer_id)
left join marts.retention_list as list using (customer_id)
where profit.customer_id = {who}""",
        "orders": f"""select
    order_id,
    ordered_on,
    days_since_previous_order,
    gross_sales,
    refunds,
    net_sales,
    contribution_2
from marts.order_profit
where customer_id = {who}
order by order_number, order_id""",
        "months": f"""select
    month_end,
    lifecycle_stage,
    rfm_segment,
    abc_tier,
    pyramid_tier,
    order_count,
    contribution_2_last_12_months
from marts.customer_segments_monthly
where customer_id = {who}
order by month_end desc
limit {MONTHS_LISTED}""",
    }


def similar_query(customer_id: str) -> str:
    """Customers whose number is the same but for zeros in front, case and blanks, or begins like it; five at most."""
    who = literal(customer_id.strip())
    return f"""select customer_id
from marts.customers
where
    ltrim(lower(customer_id), '0') = ltrim(lower({who}), '0')
    or starts_with(lower(customer_id), lower({who}))
order by customer_id
limit 5"""
