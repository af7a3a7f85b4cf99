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

-- What was paid may be given back rounded to the cent or not: too much is a cent more than either.
lines as (
    select
        order_id,
        line_number,
        quantity as bought,
        cast(net_amount as decimal(20, 2)) + greatest(rounded_off, 0) + line_tax + 0.01 as too_much
    from {{ ref('stg_order_line_amounts') }}
),

whole_orders as (
    select
        order_id,
        sum(cast(net_amount as decimal(20, 2)) + greatest(rounded_off, 0)) + max(order_tax) + 0.01 as too_much
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
        lines.too_much as too_much_of_line,
        whole_orders.too_much as too_much_of_order,
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
        and coalesce(given_back < coalesce(too_much_of_line, too_much_of_order), true)
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
                given_back >= coalesce(too_much_of_line, too_much_of_order)
                or (is_plausible and order_given_back >= too_much_of_order)
                or (is_plausible and line_given_back >= too_much_of_line)
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
