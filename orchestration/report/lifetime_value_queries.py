"""The SQL of the section on lifetime value, over the schema marts alone."""

from __future__ import annotations

EDGES = [f"{digit}e{power}" for power in range(10) for digit in (1, 2, 5)]
"""Where bands of expected value begin: 1, 2, 5 and so on by tens, so that any currency has a handful of them."""

WEEKS_SHOWN = 156
"""Three years of weeks are what a line on the page can show."""

QUERIES: dict[str, str] = {
    "lifetime": """select
    max(prediction_model) as prediction_model,
    count(*) as customers,
    sum(predicted_value_365d) as value,
    sqrt(sum(cast(predicted_value_365d_deviation as double) * cast(predicted_value_365d_deviation as double)))
        as deviation,
    (select count(distinct cut_on) from marts.lifetime_value_validation where not is_rival) as cuts
from marts.customer_lifetime_value
where predicted_value_365d is not null""",
    "lifetime_calibration": """select
    decile,
    sum(customer_count) as customers,
    sum(predicted_value) as predicted,
    sum(actual_value) as actual
from marts.lifetime_value_calibration
where candidate = (select max(prediction_model) from marts.customer_lifetime_value)
group by decile
order by decile""",
    "lifetime_tracking": f"""select week_end_on, cut_on, is_holdout, actual_orders, predicted_orders
from (
    select *, row_number() over (order by week_end_on desc) as place
    from marts.lifetime_value_tracking
) as weeks
where place <= {WEEKS_SHOWN}
order by week_end_on""",
    "lifetime_alive": """select
    segments.recency_score,
    segments.frequency_score,
    count(*) as customers,
    sum(customers.probability_alive) as alive
from marts.customers as customers
inner join marts.customer_segments as segments on customers.customer_id = segments.customer_id
where customers.order_count > 0 and customers.probability_alive is not null
group by segments.recency_score, segments.frequency_score
order by segments.recency_score, segments.frequency_score""",
    "lifetime_values": f"""with edges as (
    select cast(edge as decimal(18, 2)) as edge, lead(cast(edge as decimal(18, 2))) over (order by edge) as next_edge
    from (values {", ".join(f"({edge})" for edge in ["0", *EDGES])}) as listed (edge)
)

select
    edges.edge,
    edges.next_edge,
    count(*) as customers,
    (
        select median(predicted_value_365d)
        from marts.customers
        where order_count > 0 and predicted_value_365d is not null
    ) as median
from marts.customers as customers
inner join edges
    on customers.predicted_value_365d >= edges.edge
    and (edges.next_edge is null or customers.predicted_value_365d < edges.next_edge)
where customers.order_count > 0
group by edges.edge, edges.next_edge
order by edges.edge""",
    "lifetime_equity": """select month, past_value, predicted_value, customer_equity, won_value, grown_value, lost_value
from marts.customer_equity_monthly
order by month""",
}
