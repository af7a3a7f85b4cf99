"""The profit statement of each customer and month, of each order and of the company, by the definitions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from oracle.arithmetic import rounded, shared
from oracle.contract import accepted
from oracle.costing import PoolMonth, pool_months
from oracle.facts import ZERO, Facts, month_of
from oracle.products import Place as ProductPlace
from oracle.products import ProductMonth, product_months
from oracle.shops import Shop

ENTERED = (
    *("gross_sales", "discounts", "refunds", "cogs", "fulfilment", "payment_fees", "bad_debt", "service", "loyalty"),
    *("retention_marketing", "acquisition_marketing", "overhead", "currency_difference"),
)
SUBTOTALS = {
    "net_sales": "refunds",
    "contribution_1": "cogs",
    "contribution_2": "bad_debt",
    "contribution_3": "acquisition_marketing",
    "net_profit": "currency_difference",
}
"""Each subtotal is gross sales less all other lines down to the one named."""

REFERRAL_SHARES = tuple(Fraction(1, 4) / 2**generation for generation in range(5))
"""A quarter to who referred, half as much to each generation above, five generations (DECISIONS.md)."""


@dataclass(frozen=True)
class Entry:
    """An amount on a line of the statement, by the order that it belongs to, if any."""

    owner: str
    customer_id: str | None
    month: date
    line: str
    amount: Fraction
    order_id: str | None = None
    basis: str | None = None
    """How well a cost is known: actual, standard or assumed; None for what is no cost."""


Place = tuple[str, str | None, date]
"""profit_owner, customer_id, month."""

Lines = dict[str, Fraction]


@dataclass(frozen=True)
class Answer:
    """All that the oracle says about a shop."""

    customers: frozenset[str]
    monthly: dict[Place, Lines]
    order_counts: dict[Place, int]
    company: dict[date, Lines]
    orders: dict[str, Lines]
    pools: dict[tuple[date, str], PoolMonth]
    net_profit: dict[str, Fraction]
    indirect_profit: dict[str, Fraction]
    profit_to_referrers: dict[str, Fraction]
    costs: dict[Place, dict[str, Fraction]]
    """By how well they are known, without their signs: what came back is as well known as what was paid."""
    products: dict[ProductPlace, ProductMonth]
    as_of: date


def answer(shop: Shop) -> Answer:
    """The statement of a shop, by the definitions."""
    facts = Facts(shop, accepted(shop))
    pools = pool_months(facts)
    order_entries = [*_order_entries(facts)]
    entries = [*order_entries, *_pool_entries(pools), *_loyalty(facts), *_marketing(facts)]
    monthly: dict[Place, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    company: dict[date, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    costs: dict[Place, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for entry in entries:
        if entry.amount != 0:
            monthly[entry.owner, entry.customer_id, entry.month][entry.line] += entry.amount
            company[entry.month][entry.line] += entry.amount
            if entry.basis is not None:
                costs[entry.owner, entry.customer_id, entry.month][entry.basis] += abs(entry.amount)
    of_orders: dict[str, dict[str, Fraction]] = {order: defaultdict(Fraction) for order in facts.orders}
    for entry in order_entries:
        if entry.order_id is not None:
            of_orders[entry.order_id][entry.line] += entry.amount
    for pool in pools.values():
        for user, share in pool.by_user.items():
            if user.order_id in of_orders:
                of_orders[user.order_id][pool.statement_line] += share
    statements = {place: with_subtotals(lines) for place, lines in monthly.items()}
    counts: dict[Place, int] = defaultdict(int)
    for order in facts.orders.values():
        counts[(*_owner(order.customer_id), order.month)] += 1
    net_profit: dict[str, Fraction] = defaultdict(Fraction)
    for (owner, customer, _), lines in statements.items():
        if owner == "customer":
            net_profit[customer] += lines["net_profit"]
    received, given = _referrals(facts, net_profit)
    return Answer(
        _customers(facts),
        statements,
        dict(counts),
        {month: with_subtotals(lines) for month, lines in company.items()},
        {order: with_subtotals(lines) for order, lines in of_orders.items()},
        pools,
        dict(net_profit),
        received,
        given,
        {place: dict(of_basis) for place, of_basis in costs.items()},
        product_months(facts),
        facts.rows.as_of,
    )


def with_subtotals(lines: dict[str, Fraction]) -> Lines:
    """All lines of the statement from those that are entered."""
    found = {line: lines.get(line, ZERO) for line in ENTERED}
    for subtotal, last in SUBTOTALS.items():
        costs = ENTERED[1 : ENTERED.index(last) + 1]
        found[subtotal] = found["gross_sales"] - sum((found[line] for line in costs), ZERO)
    return found


def _owner(customer_id: str | None) -> tuple[str, str | None]:
    return ("guests" if customer_id is None else "customer", customer_id)


def _charge(line: str, income: Fraction) -> tuple[str, Fraction]:
    """A charge that is sold raises the profit on its line, one that is given back lowers it."""
    return line, income if line == "gross_sales" else -income


def _order_entries(facts: Facts) -> Iterator[Entry]:
    """What orders, their refunds, payments and shipments put on the statement."""
    for order in facts.orders.values():
        where = (*_owner(order.customer_id), order.month)
        for line in order.lines:
            if line.charge_line is not None:
                yield Entry(*where, *_charge(line.charge_line, line.net), order.order_id)
            else:
                yield Entry(*where, "gross_sales", line.gross, order.order_id)
                yield Entry(*where, "discounts", line.discounts, order.order_id)
        # What an order's goods cost is an amount known, and an amount assumed.
        for basis in ("actual", "assumed"):
            cogs = sum((line.cogs for line in order.goods if line.cost_basis == basis), ZERO)
            yield Entry(*where, "cogs", cogs, order.order_id, basis)
        yield Entry(*where, "fulfilment", -order.shipping_charged, order.order_id)
        yield Entry(*where, "payment_fees", order.commission, order.order_id, "actual")
        if not facts.payments:
            amount = order.goods_sales + order.shipping_charged
            fee = facts.standard_fee(order.payment_method, amount, order.day)
            yield Entry(*where, "payment_fees", fee or ZERO, order.order_id, "standard")
    for refund in facts.refunds:
        where = (*_owner(refund.customer_id), refund.month)
        if refund.charge_line in (None, "gross_sales"):
            # What was sold as a sale is refunded as one.
            yield Entry(*where, "refunds", refund.amount, refund.order_id)
        else:
            yield Entry(*where, *_charge(refund.charge_line, -refund.amount), refund.order_id)
        yield Entry(*where, "currency_difference", refund.currency_difference, refund.order_id)
        yield Entry(*where, "fulfilment", refund.shipping, refund.order_id)
        returned, basis = facts.returned_cogs.get(refund.refund_id, (ZERO, None))
        yield Entry(*where, "cogs", -returned, refund.order_id, basis)
    for payment in facts.payments:
        owner = _owner(payment.order.customer_id)
        yield Entry(*owner, payment.order.month, "payment_fees", payment.fee, payment.order.order_id, payment.fee_basis)
        yield Entry(*owner, payment.lost_month, "bad_debt", payment.lost, payment.order.order_id, "actual")
    for row in facts.known("shipments", "shipped_at"):
        if (order := facts.orders.get(row["order_id"])) and row["shipping_cost"] is not None:
            cost = facts.in_reporting_currency(row["shipping_cost"], row["currency"], row["shipped_at"])
            yield Entry(*_owner(order.customer_id), order.month, "fulfilment", cost, order.order_id, "actual")


def _pool_entries(pools: dict[tuple[date, str], PoolMonth]) -> Iterator[Entry]:
    for (month, _), pool in pools.items():
        for customer, share in pool.by_customer.items():
            yield Entry(*_owner(customer), month, pool.statement_line, share, basis=pool.basis)
        yield Entry("idle", None, month, pool.statement_line, pool.idle, basis=pool.basis)
        yield Entry("unassigned", None, month, pool.statement_line, pool.unassigned, basis=pool.basis)


def _loyalty(facts: Facts) -> Iterator[Entry]:
    for row in facts.known("loyalty_events", "occurred_at"):
        cost = facts.in_reporting_currency(row["cost_amount"] or ZERO, row["currency"], row["occurred_at"])
        month = month_of(facts.rows.day(row["occurred_at"]))
        yield Entry("customer", facts.rows.survivor(row["customer_id"]), month, "loyalty", cost, basis="actual")


def _marketing(facts: Facts) -> Iterator[Entry]:
    """Spend in the month in which it was spent, shared among those whom it won or reached."""
    spend: dict[tuple[date, str, str], Fraction] = defaultdict(Fraction)
    for row in facts.rows.tables["marketing_spend"]:
        if row["spend_date"] <= facts.rows.as_of:
            amount = facts.in_reporting_currency(row["amount"], row["currency"], row["spend_date"])
            spend[month_of(row["spend_date"]), row["channel"], row["purpose"]] += amount
    touches: dict[tuple[date, str, str], dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for row in facts.known("marketing_touches", "touched_at"):
        place = (month_of(facts.rows.day(row["touched_at"])), row["channel"], row["purpose"])
        touches[place][facts.rows.survivor(row["customer_id"])] += 1
    for (month, channel, purpose), amount in spend.items():
        if purpose == "brand":
            sharers = {}
        elif purpose == "acquisition":
            sharers = {customer: Fraction(1) for customer, won in facts.won.items() if won == (month, channel)}
        else:
            sharers = touches.get((month, channel, purpose)) or {
                order.customer_id: Fraction(1)
                for order in facts.orders.values()
                if order.customer_id is not None and order.month == month
            }
        line = "acquisition_marketing" if purpose in ("acquisition", "brand") else "retention_marketing"
        for customer, share in shared(amount, {one: sharers[one] for one in sorted(sharers)}).items():
            yield Entry("customer", customer, month, line, share, basis="actual")
        if not sharers:
            yield Entry("unassigned", None, month, line, amount, basis="actual")


def _customers(facts: Facts) -> frozenset[str]:
    """Everyone listed or named anywhere in the accepted rows, merged accounts as one."""
    named = {row["customer_id"] for row in facts.known("customers", "created_at")}
    named |= {row["referred_by_customer_id"] for row in facts.known("customers", "created_at")}
    # A refund says whose it is where no order does.
    named |= {refund.customer_id for refund in facts.refunds}
    for table, column in (
        *(("orders", "ordered_at"), ("marketing_touches", "touched_at")),
        *(("service_contacts", "opened_at"), ("loyalty_events", "occurred_at")),
    ):
        named |= {row["customer_id"] for row in facts.known(table, column)}
    survivors = {facts.rows.survivor(name) for name in named if name is not None}
    return frozenset(survivors - facts.left_out)


def _referrals(facts: Facts, net_profit: dict[str, Fraction]) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """Indirect method: what each customer got of the profit, or loss, of those they brought, and what they gave."""
    received: dict[str, Fraction] = defaultdict(Fraction)
    given: dict[str, Fraction] = defaultdict(Fraction)
    for customer, profit in net_profit.items():
        referrer: str | None = customer
        for share in REFERRAL_SHARES:
            if (referrer := facts.referrers.get(referrer)) is None:
                break
            moved = rounded(profit * share)
            received[referrer] += moved
            given[customer] += moved
    return dict(received), dict(given)
