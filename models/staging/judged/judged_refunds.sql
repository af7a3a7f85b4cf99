with

versions as (
    {{ versions_of('refunds') }}
),

orders as (
    select
        order_id,
        coalesce(currency, '{{ var("reporting_currency") }}') as order_currency
    from {{ ref('judged_orders') }}
    where fate = 'accepted'
),

lines as (
    select
        order_id,
        line_number,
        quantity as bought,
        net_amount + line_tax as paid
    from {{ ref('stg_order_line_amounts') }}
),

whole_orders as (
    select
        order_id,
        sum(net_amount) + max(order_tax) as paid
    from {{ ref('stg_order_line_amounts') }}
    group by order_id
),

daily_rates as (
    select * from {{ ref('stg_daily_rates') }}
),

named as (
    select
        versions.*,
        {{ amount_with_tax('versions.refund_amount', 'versions.tax_amount') }} as given_back,
        lines.bought,
        lines.paid as line_paid,
        whole_orders.paid as order_paid,
        case
            when versions.order_id is not null and orders.order_id is null then 'its order has not been seen'
            when versions.line_number is not null and lines.line_number is null then 'its line has not been seen'
        end as orphaned,
        case
            when versions.currency <> orders.order_currency then 'its currency is not that of its order'
        end as in_other_currency,
        case
            when
                {{ is_foreign('coalesce(versions.currency, orders.order_currency)') }}
                and daily_rates.rate_to_reporting is null
                then 'no rate of its currency within 7 days'
        end as unrated
    from versions
    left join orders on versions.order_id = orders.order_id
    left join lines
        on versions.order_id = lines.order_id
        and versions.line_number = lines.line_number
    left join whole_orders on versions.order_id = whole_orders.order_id
    left join daily_rates
        on coalesce(versions.currency, orders.order_currency) = daily_rates.currency
        and {{ local_date('versions.refunded_at') }} = daily_rates.rate_on
),

-- A refund that is refused whatever came before it, or is too large by itself, must not make the honest ones after it
-- look too large.
plausible as (
    select
        *,
        standing = 'current'
        and coalesce(broken, orphaned, in_other_currency, unrated) is null
        and given_back <= coalesce(line_paid, order_paid, given_back)
        and coalesce(quantity <= bought, true) as is_plausible
    from named
),

cumulated as (
    select
        *,
        sum(given_back) over (
            partition by order_id, is_plausible
            order by refunded_at, refund_id, load_id, source_file, source_row
            rows between unbounded preceding and current row
        ) as order_given_back,
        sum(given_back) over (
            partition by order_id, line_number, is_plausible
            order by refunded_at, refund_id, load_id, source_file, source_row
            rows between unbounded preceding and current row
        ) as line_given_back,
        sum(quantity) over (
            partition by order_id, line_number, is_plausible
            order by refunded_at, refund_id, load_id, source_file, source_row
            rows between unbounded preceding and current row
        ) as line_returned
    from plausible
),

checked as (
    select
        *,
        case
            when
                given_back > coalesce(line_paid, order_paid)
                or (is_plausible and order_given_back > order_paid)
                or (is_plausible and line_given_back > line_paid)
                then 'with the earlier ones it gives back more than was paid'
        end as excessive,
        case
            when
                quantity > bought
                or (is_plausible and line_returned > bought)
                then 'with the earlier ones it returns more than was bought'
        end as too_many
    from cumulated
)

{{ fates_of('refunds', 'checked', ['orphaned', 'in_other_currency', 'unrated', 'excessive', 'too_many']) }}
