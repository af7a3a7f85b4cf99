"""Where the warehouse and the oracle say different things about a shop, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

from oracle.products import AMOUNTS, ProductMonth
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
        *years(expected, ask),
        *_cost_shares(expected, ask),
        *_products(expected, ask),
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


def _is(share: float | None, amount: Fraction, whole: Fraction) -> bool:
    """Whether a share is this part of the whole; of nothing there is none."""
    if whole == 0:
        return share is None
    return share is not None and abs(share - float(amount / whole)) < 1e-9


def years(expected: Answer, ask: Ask) -> Iterator[str]:
    """Of each customer: the last 12 months, those before, and what is a share of sales or of the company's profit."""
    nothing = dict.fromkeys(LINES, Fraction(0))
    this = date(expected.as_of.year, expected.as_of.month, 1)
    lasts, befores = ({_earlier(this, months) for months in span} for span in (range(12), range(12, 24)))
    company = max(sum((lines["net_profit"] for lines in expected.company.values()), Fraction(0)), Fraction(0))
    by_customer: dict[str, dict[date, dict[str, Fraction]]] = {customer: {} for customer in expected.customers}
    for (owner, customer, month), lines in expected.monthly.items():
        if owner == "customer":
            by_customer[customer][month] = lines
    columns = [f"{line}_{year}_12_months" for year in ("last", "previous") for line in LINES]
    for customer, margin, share, adjusted_share, *amounts in ask(
        f"select customer_id, margin, contribution_share, adjusted_share, {COLUMNS}, {', '.join(columns)} "
        "from marts.customer_profit"
    ):
        months = by_customer.get(customer, {})
        spans = (set(months), lasts, befores)
        wanted = [
            sum((months.get(month, nothing)[line] for month in span), Fraction(0)) for span in spans for line in LINES
        ]
        for name, amount, right in zip((*LINES, *columns), amounts, wanted, strict=True):
            if Fraction(amount) != right:
                yield f"customer_profit: {customer} {name} is {amount}, expected {float(right):.2f}"
        life = dict(zip(LINES, wanted, strict=False))
        adjusted = life["net_profit"] + expected.indirect_profit.get(customer, Fraction(0))
        adjusted -= expected.profit_to_referrers.get(customer, Fraction(0))
        for name, found, part, whole in (
            ("margin", margin, life["net_profit"], max(life["net_sales"], Fraction(0))),
            ("contribution_share", share, life["net_profit"], company),
            ("adjusted_share", adjusted_share, adjusted, company),
        ):
            if not _is(found, part, whole):
                yield f"customer_profit: {customer} {name} is {found}, expected {float(part)} of {float(whole)}"


def _earlier(month: date, months: int) -> date:
    year, place = divmod(month.year * 12 + month.month - 1 - months, 12)
    return date(year, place + 1, 1)


def _cost_shares(expected: Answer, ask: Ask) -> Iterator[str]:
    """How well the costs of each customer and month are known."""
    for owner, customer, month, *shares in ask(
        "select profit_owner, customer_id, month, actual_cost_share, standard_cost_share, assumed_cost_share "
        "from marts.customer_profit_monthly"
    ):
        costs = expected.costs.get((owner, customer, month), {})
        whole = sum(costs.values(), Fraction(0))
        for basis, share in zip(("actual", "standard", "assumed"), shares, strict=True):
            if not _is(share, costs.get(basis, Fraction(0)), whole):
                yield (
                    f"customer_profit_monthly: {(owner, customer, month)} {basis}_cost_share is {share}, expected "
                    f"{float(costs.get(basis, 0))} of {float(whole)}"
                )


def _products(expected: Answer, ask: Ask) -> Iterator[str]:
    found = {
        (product, month): (share, amounts)
        for product, month, share, *amounts in ask(
            f"select product_id, month, assumed_cost_share, {', '.join(AMOUNTS)} from marts.product_profit"
        )
    }
    for place in sorted({*expected.products, *found}, key=str):
        wanted = expected.products.get(place, ProductMonth())
        share, amounts = found.get(place, (None, [Decimal(0)] * len(AMOUNTS)))
        for name, amount, right in zip(AMOUNTS, amounts, wanted.amounts, strict=True):
            if Fraction(amount) != right:
                yield f"product_profit: {place} {name} is {amount}, expected {float(right):.3f}"
        if not _is(share, wanted.assumed_cogs, wanted.cogs_without_sign):
            yield f"product_profit: {place} assumed_cost_share is {share}, expected {float(wanted.assumed_cogs)}"


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
