"""Where the warehouse and the oracle say different things about a shop, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from oracle.statement import ENTERED, SUBTOTALS, Answer
from oracle.warehouse import Ask

LINES = (*ENTERED, *SUBTOTALS)
COLUMNS = ", ".join(LINES)


def differences(expected: Answer, ask: Ask) -> list[str]:
    """All of them; none where both agree to the cent."""
    return [
        *_rows(
            "customer_profit_monthly",
            {place: lines for place, lines in expected.monthly.items() if any(lines.values())},
            {
                (owner, customer, month): amounts
                for owner, customer, month, *amounts in ask(
                    f"select profit_owner, customer_id, month, {COLUMNS} from marts.customer_profit_monthly"
                )
                if any(amounts)
            },
        ),
        *_rows(
            "company_profit_monthly",
            {month: lines for month, lines in expected.company.items() if any(lines.values())},
            {
                month: amounts
                for month, *amounts in ask(f"select month, {COLUMNS} from marts.company_profit_monthly")
                if any(amounts)
            },
        ),
        *_rows(
            "order_profit",
            expected.orders,
            {order: amounts for order, *amounts in ask(f"select order_id, {COLUMNS} from marts.order_profit")},
        ),
        *(
            f"profit_reconciliation: {month} {line} differs by {difference}"
            for month, line, difference in ask(
                "select month, statement_line, difference from marts.profit_reconciliation where difference <> 0"
            )
        ),
        *_orders(expected, ask),
        *_customers(expected, ask),
        *_pools(expected, ask),
    ]


def _rows(mart: str, expected: dict, found: dict[object, list[Decimal]]) -> Iterator[str]:
    for place in sorted({*expected, *found}, key=str):
        lines = expected.get(place) or dict.fromkeys(LINES, Fraction(0))
        amounts = found.get(place) or [Decimal(0)] * len(LINES)
        for line, amount in zip(LINES, amounts, strict=True):
            if Fraction(amount) != lines[line]:
                yield f"{mart}: {place} {line} is {amount}, expected {float(lines[line]):.2f}"


def _orders(expected: Answer, ask: Ask) -> Iterator[str]:
    found = {
        (owner, customer, month): count
        for owner, customer, month, count in ask(
            "select profit_owner, customer_id, month, order_count from marts.customer_profit_monthly "
            "where order_count > 0"
        )
    }
    for place in sorted({*expected.order_counts, *found}, key=str):
        wanted = expected.order_counts.get(place)
        if wanted != found.get(place):
            yield f"customer_profit_monthly: {place} has {found.get(place)} orders, not {wanted}"


def _customers(expected: Answer, ask: Ask) -> Iterator[str]:
    found = {
        customer: (indirect, given, adjusted)
        for customer, indirect, given, adjusted in ask(
            "select customer_id, indirect_profit, profit_to_referrers, adjusted_profit from marts.customer_profit"
        )
    }
    for customer in sorted({*expected.customers, *found}):
        if (customer in expected.customers) != (customer in found):
            yield f"customer_profit: {customer} is {'missing' if customer in expected.customers else 'nobody'}"
            continue
        indirect = expected.indirect_profit.get(customer, Fraction(0))
        given = expected.profit_to_referrers.get(customer, Fraction(0))
        wanted = (indirect, given, expected.net_profit.get(customer, Fraction(0)) + indirect - given)
        if tuple(Fraction(amount) for amount in found[customer]) != wanted:
            yield f"customer_profit: {customer} has {found[customer]}, expected {[float(one) for one in wanted]}"


def _pools(expected: Answer, ask: Ask) -> Iterator[str]:
    wanted = {
        place: (pool.statement_line, pool.basis, pool.amount, pool.assigned, pool.idle, pool.unassigned)
        for place, pool in expected.pools.items()
        # A pool that the ledger does not name and that costs nothing at standard rates is no row.
        if pool.ledger is not None or any(pool.by_customer.values())
    }
    found = {
        (month, pool): (line, basis, *(Fraction(amount) for amount in amounts))
        for month, pool, line, basis, *amounts in ask(
            "select month, pool, statement_line, cost_basis, amount, assigned, idle, unassigned "
            "from marts.cost_pool_usage where ledger_amount is not null or amount <> 0"
        )
    }
    for place in sorted({*wanted, *found}):
        if wanted.get(place) != found.get(place):
            yield f"cost_pool_usage: {place} is {found.get(place)}, expected {wanted.get(place)}"
