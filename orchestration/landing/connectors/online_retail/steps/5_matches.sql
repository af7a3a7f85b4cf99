-- One row per cancelled line for which a purchase was found: the latest one bought at or before it, by the same
-- customer, of the same product, at the same unit price, of which as many are left as are cancelled.
-- Cancellations take their turn in the order of time, and each lessens what is left for the next; so no line is ever
-- refunded beyond what was bought. A round of the recursion is one turn, in all trades at once (9 rounds on the whole
-- of the data).

with recursive rounds as (
    select
        trade,
        age,
        invoiced_at,
        quantity as quantity_left,
        cast(0 as bigint) as turn,
        false as is_taken
    from purchases

    union all

    select
        trade,
        age,
        invoiced_at,
        case when is_taken then quantity_left - wanted else quantity_left end as quantity_left,
        turn,
        is_taken
    from (
        select
            rounds.trade,
            rounds.age,
            rounds.invoiced_at,
            rounds.quantity_left,
            cancellations.turn,
            cancellations.quantity as wanted,
            rounds.invoiced_at <= cancellations.invoiced_at
            and rounds.quantity_left >= cancellations.quantity
            and rounds.age = max(rounds.age) filter (
                where rounds.invoiced_at <= cancellations.invoiced_at
                and rounds.quantity_left >= cancellations.quantity
            ) over (partition by rounds.trade) as is_taken
        from rounds
        inner join cancellations
            on rounds.trade = cancellations.trade and rounds.turn + 1 = cancellations.turn
    ) as turns
)

select
    cancellations.source_file,
    cancellations.source_row,
    purchases.invoice_number as order_id,
    purchases.line_number
from rounds
inner join cancellations on rounds.trade = cancellations.trade and rounds.turn = cancellations.turn
inner join purchases on rounds.trade = purchases.trade and rounds.age = purchases.age
where rounds.is_taken
