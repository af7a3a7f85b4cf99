"""How cost pools reach customers and orders: `docs/costing.md`, sentence by sentence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from oracle.arithmetic import rounded, shared
from oracle.contract import Values
from oracle.facts import ZERO, Facts, holds, month_of
from oracle.shops import Row


@dataclass(frozen=True)
class Use:
    """Units of a driver that a customer (None: a guest) caused in a month, by an order where there is one."""

    driver: str
    units: Fraction
    month: date
    customer_id: str | None
    order_id: str | None


@dataclass(frozen=True)
class User:
    """Who used a pool: a customer (None: the guests together), and by which order, if any."""

    customer_id: str | None
    order_id: str | None


@dataclass(frozen=True)
class PoolMonth:
    """A pool in a month: what it cost, and where that went; `by_user` by order, which adds up to `by_customer`."""

    statement_line: str
    basis: str
    ledger: Fraction | None
    amount: Fraction
    assigned: Fraction
    idle: Fraction
    unassigned: Fraction
    capacity: Fraction | None
    capacity_used: Fraction
    by_customer: dict[str | None, Fraction] = field(default_factory=dict)
    by_user: dict[User, Fraction] = field(default_factory=dict)


def uses(facts: Facts) -> list[Use]:
    """What customers caused, by driver."""
    found: list[Use] = []

    def count(driver: str, units: Fraction | int, month: date, customer: str | None, order: str | None) -> None:
        found.append(Use(driver, Fraction(units), month, customer, order))

    hands_in_shipments = bool(facts.rows.tables["shipments"])
    for order in facts.orders.values():
        where = (order.month, order.customer_id, order.order_id)
        count("order", 1, *where)
        count("line", len(order.goods), *where)
        count("unit", sum((line.quantity for line in order.goods), ZERO), *where)
        count("sales", order.goods_sales, *where)
        if not hands_in_shipments:
            count("unshipped_order", 1, *where)
    for shipment in facts.known("shipments", "shipped_at"):
        if order := facts.orders.get(shipment["order_id"]):
            parcels = 1 if shipment["parcels"] is None else shipment["parcels"]
            count("parcel", parcels, order.month, order.customer_id, order.order_id)
    for payment in facts.payments:
        count("payment", 1, payment.order.month, payment.order.customer_id, payment.order.order_id)
    for refund in facts.refunds:
        if refund.charge_line is None and refund.quantity != 0:
            count("return", 1, refund.month, refund.customer_id, refund.order_id)
    for contact in facts.known("service_contacts", "opened_at"):
        where = (
            month_of(facts.rows.day(contact["opened_at"])),
            facts.rows.survivor(contact["customer_id"]),
            _own_order(facts, contact),
        )
        count("contact", 1, *where)
        count("service_minute", contact["handle_minutes"] or 0, *where)
        if contact["channel"] is not None:
            count(f"contact:{contact['channel']}", 1, *where)
            count(f"service_minute:{contact['channel']}", contact["handle_minutes"] or 0, *where)
    return found


def _own_order(facts: Facts, contact: Values) -> str | None:
    """The order that a contact was about, where it is one of the same customer."""
    order = facts.orders.get(contact["order_id"])
    customer = facts.rows.survivor(contact["customer_id"])
    return order.order_id if order is not None and order.customer_id == customer else None


def pool_months(facts: Facts) -> dict[tuple[date, str], PoolMonth]:
    """Each pool and month that the ledger names, or in which somebody used it."""
    by_month: dict[date, list[Use]] = defaultdict(list)
    for use in uses(facts):
        by_month[use.month].append(use)
    rules = facts.settings("pool_rules", "pool")
    rates = facts.settings("cost_rates", "activity")
    ledger = {
        (row["month"], row["pool"]): (rounded(row["amount"] * rate), row["practical_capacity"])
        for row in facts.rows.tables["cost_pools"]
        if row["month"] <= facts.rows.as_of
        and (rate := facts.rows.rates.of_month(row["currency"], row["month"], facts.rows.as_of)) is not None
    }
    places = set(ledger) | {(month, rule["pool"]) for month in by_month for rule in rules}
    found = {}
    for month, pool in sorted(places):
        rule = next((row for row in rules if row["pool"] == pool and holds(row, month)), None)
        amount, capacity = ledger.get((month, pool), (None, None))
        if rule is None:
            if amount is not None:
                found[month, pool] = PoolMonth("overhead", "actual", amount, amount, ZERO, ZERO, amount, capacity, ZERO)
            continue
        activities = [row for row in rates if row["pool"] == pool and holds(row, month)]
        if capacity is None and rule["practical_capacity"] is not None:
            capacity = Fraction(rule["practical_capacity"])
        found[month, pool] = _pool_month(rule, activities, by_month[month], amount, capacity)
    return found


def _pool_month(
    rule: Row, activities: list[Row], used: list[Use], ledger: Fraction | None, capacity: Fraction | None
) -> PoolMonth:
    line, follows_activities = rule["statement_line"], rule["driver"] == "activities"
    standard = _weights(
        (use, use.units * _minutes(activity) * Fraction(activity["rate"]))
        for activity in activities
        for use in used
        if use.driver == activity["driver"]
    )
    if follows_activities:
        capacities = _weights(
            (use, use.units * _minutes(activity))
            for activity in activities
            for use in used
            if use.driver == activity["driver"]
        )
    else:
        capacities = _weights((use, use.units) for use in used if use.driver == rule["driver"])
    capacity_used = sum(capacities.values(), ZERO)

    if ledger is None:
        cost = rounded(sum(standard.values(), ZERO))
        return PoolMonth(
            line, "standard", None, cost, cost, ZERO, ZERO, capacity, capacity_used, *_shares(cost, standard)
        )
    if capacity is not None:
        assigned, weights = rounded(ledger * capacity_used / capacity), capacities
    else:
        assigned, weights = ledger, standard if follows_activities else capacities
    if not any(weights.values()):
        return PoolMonth(line, "actual", ledger, ledger, ZERO, ZERO, ledger, capacity, capacity_used)
    return PoolMonth(
        line,
        "actual",
        ledger,
        ledger,
        assigned,
        ledger - assigned,
        ZERO,
        capacity,
        capacity_used,
        *_shares(assigned, weights),
    )


def _minutes(activity: Row) -> Fraction:
    """Minutes that a unit takes; an activity without minutes counts pieces, one each."""
    return Fraction(activity["minutes_per_unit"] or 1)


def _weights(parts: Iterable[tuple[Use, Fraction]]) -> dict[User, Fraction]:
    found: dict[User, Fraction] = defaultdict(Fraction)
    for use, weight in parts:
        found[User(use.customer_id, use.order_id)] += weight
    return dict(found)


def _shares(amount: Fraction, weights: dict[User, Fraction]) -> tuple[dict[str | None, Fraction], dict[User, Fraction]]:
    """The amount among customers, and what each got again among their orders.

    Ties go by customer id, the guests last; then by order id, what was used without an order last.
    """
    of_customer: dict[str | None, dict[User, Fraction]] = defaultdict(dict)
    for user in sorted(weights, key=lambda one: (one.order_id is None, one.order_id or "")):
        of_customer[user.customer_id][user] = weights[user]
    customers = sorted(of_customer, key=lambda one: (one is None, one or ""))
    by_customer = shared(amount, {one: sum(of_customer[one].values(), ZERO) for one in customers})
    by_user: dict[User, Fraction] = {}
    for customer, share in by_customer.items():
        by_user |= shared(share, of_customer[customer])
    return by_customer, by_user
