"""What comes back: whole orders, lines, parts of lines, money for what arrived broken, and refunds tied to no order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from orchestration.demo_shop import columns, money
from orchestration.demo_shop.catalogue import catalogue_of
from orchestration.demo_shop.days import CURRENCIES, SECONDS_PER_DAY, days_of
from orchestration.demo_shop.orders import THOUSANDTH, Lines, Orders
from orchestration.demo_shop.parameters import NUMBERS_PER_BLOCK, Parameters
from orchestration.demo_shop.people import People

BASE_RETURN_SHARE = 0.012
WHOLE_ORDER_SHARE = 0.36
ONE_PIECE_SHARE = 0.15
MONEY_ONLY_SHARE = 0.14
"""Of what is refunded by line: one piece of several; part of the price, the goods stay where they are."""
SECOND_LINE_SHARE = 0.15
UNTIED_SHARE = 0.003
NO_LINE = -1
NO_ORDER = -1

REASONS = ("changed mind", "not as expected", "damaged in transit", "wrong item", "late delivery", "goodwill")
DAMAGED, GOODWILL = 2, 5


@dataclass(frozen=True)
class Refunds:
    """Arrays over refunds, by time. Money in ten-thousandths of the refund's currency."""

    number: np.ndarray
    order: np.ndarray
    """Place of the order in the block, or NO_ORDER."""
    line: np.ndarray
    """Place of the line in the block, or NO_LINE for a whole order and for what is tied to none."""
    person: np.ndarray
    product: np.ndarray
    refunded: np.ndarray
    """Seconds since 1970 in UTC."""
    quantity: np.ndarray
    amount: np.ndarray
    tax: np.ndarray
    shipping: np.ndarray
    currency: np.ndarray
    reason: np.ndarray
    restocked: np.ndarray
    cost_returned: np.ndarray
    """Cost of the goods that went back into stock, in the reporting currency."""

    def take(self, rows: np.ndarray) -> Refunds:
        """These rows only, in this order."""
        return Refunds(**{name: values[rows] for name, values in vars(self).items()})


def refunds_of(parameters: Parameters, block: int, people: People, orders: Orders, lines: Lines) -> Refunds:
    """All refunds of a block that were given before the shop's last day was over."""
    random = parameters.random("refunds", block)
    days = days_of(parameters)
    chance = np.clip(BASE_RETURN_SHARE + people.returns[orders.person], 0, 0.8)
    returned = (random.random(orders.count) < chance) & ~orders.is_cancelled & (orders.goods > 0)
    whole = returned & (random.random(orders.count) < WHOLE_ORDER_SHARE)
    untied = (random.random(orders.count) < UNTIED_SHARE) & ~people.is_guest[orders.person] & ~orders.is_cancelled
    parts = [
        _whole_orders(random, np.flatnonzero(whole), orders, lines),
        _lines(
            random, parameters, _returned_lines(random, np.flatnonzero(returned & ~whole), orders, lines), orders, lines
        ),
        _untied(random, np.flatnonzero(untied), orders, lines),
    ]
    every = Refunds(**{name: np.concatenate([vars(part)[name] for part in parts]) for name in vars(parts[0])})
    kept = every.take(np.flatnonzero(every.refunded < days.end))
    by_time = kept.take(np.lexsort((kept.line, kept.order, kept.refunded)))
    numbers = block * NUMBERS_PER_BLOCK + np.arange(len(by_time.order)) + 1
    return Refunds(**{**vars(by_time), "number": numbers})


def _moments(random: np.random.Generator, placed: np.ndarray) -> np.ndarray:
    """Refunds come 5 to 40 days after the order, in office hours as they fall."""
    return placed + random.integers(5 * SECONDS_PER_DAY, 40 * SECONDS_PER_DAY, len(placed))


def _whole_orders(random: np.random.Generator, order: np.ndarray, orders: Orders, lines: Lines) -> Refunds:
    reason = random.integers(0, GOODWILL, len(order))
    restocked = (random.random(len(order)) < 0.6) & (reason != DAMAGED)
    fault_of_shop = reason >= DAMAGED
    cost = money.totals(lines.order, lines.cost, orders.count)[order]
    return Refunds(
        number=order,
        order=order,
        line=np.full(len(order), NO_LINE),
        person=orders.person[order],
        product=np.full(len(order), NO_LINE),
        refunded=_moments(random, orders.placed[order]),
        quantity=money.totals(lines.order, lines.quantity, orders.count)[order],
        amount=money.down_to_cents(orders.goods[order]),
        tax=money.totals(lines.order, lines.tax, orders.count)[order],
        shipping=np.where(fault_of_shop, orders.shipping[order], 0),
        currency=orders.currency[order],
        reason=reason,
        restocked=restocked,
        cost_returned=np.where(restocked, cost, 0),
    )


def _returned_lines(random: np.random.Generator, order: np.ndarray, orders: Orders, lines: Lines) -> np.ndarray:
    """Places of the lines that come back: one of each order, now and then the next one too; never a gift."""
    count = orders.line_count[order]
    place = np.floor(random.random(len(order)) * count).astype(np.int64)
    also = np.flatnonzero((random.random(len(order)) < SECOND_LINE_SHARE) & (count > 1))
    chosen = np.concatenate(
        [
            orders.first_line[order] + place,
            orders.first_line[order[also]] + (place[also] + 1) % count[also],
        ]
    )
    return chosen[refundable(lines)[chosen] >= money.UNIT]


def refundable(lines: Lines) -> np.ndarray:
    """Whole cents that can be given back of each line, however the order's discount is shared to the cent.

    A program that spreads the discount by another rule of rounding may find one cent less in a line than we do.
    """
    rounding = np.where(lines.order_discount > 0, money.CENT, 0)
    return np.maximum(money.down_to_cents(lines.net) - 2 * rounding, 0)


def _lines(
    random: np.random.Generator, parameters: Parameters, line: np.ndarray, orders: Orders, lines: Lines
) -> Refunds:
    catalogue = catalogue_of(parameters)
    order, sold, product = lines.order[line], lines.quantity[line], lines.product[line]
    draw = random.random(len(line))
    money_only = draw < MONEY_ONLY_SHARE
    one_piece = (
        ~money_only & (draw < MONEY_ONLY_SHARE + ONE_PIECE_SHARE) & (sold > THOUSANDTH) & ~catalogue.by_weight[product]
    )
    quantity = np.select([money_only, one_piece], [0, THOUSANDTH], sold)
    part = np.where(money_only, sold * random.integers(20, 61, len(line)) // 100, quantity)
    reason = np.where(money_only, DAMAGED, random.integers(0, GOODWILL, len(line)))
    unspoilt = ~catalogue.is_food[product] & (reason != DAMAGED)
    restocked = unspoilt & (random.random(len(line)) < 0.85)
    return Refunds(
        number=line,
        order=order,
        line=line,
        person=orders.person[order],
        product=product,
        refunded=_moments(random, orders.placed[order]),
        quantity=quantity,
        amount=money.down_to_cents(refundable(lines)[line] * part // sold),
        tax=money.down_to_cents(lines.tax[line] * part // sold),
        shipping=np.zeros(len(line), dtype=np.int64),
        currency=orders.currency[order],
        reason=reason,
        restocked=restocked,
        cost_returned=np.where(restocked, money.to_cents(quantity * lines.unit_cost[line] // THOUSANDTH), 0),
    )


def _untied(random: np.random.Generator, order: np.ndarray, orders: Orders, lines: Lines) -> Refunds:
    """Goodwill by the service desk, which knows the person and the product but names no order."""
    count = len(order)
    zero = np.zeros(count, dtype=np.int64)
    return Refunds(
        number=order,
        order=np.full(count, NO_ORDER),
        line=np.full(count, NO_LINE),
        person=orders.person[order],
        product=lines.product[orders.first_line[order]],
        refunded=_moments(random, orders.placed[order]),
        quantity=zero,
        amount=random.integers(3, 25, count) * money.UNIT,
        tax=zero,
        shipping=zero,
        currency=orders.currency[order],
        reason=np.full(count, GOODWILL),
        restocked=np.zeros(count, dtype=bool),
        cost_returned=zero,
    )


def refunds_table(refunds: Refunds, people: People, orders: Orders, lines: Lines) -> pa.Table:
    """`refunds`. The customer stands on a refund only where no order says who it was."""
    untied = refunds.order == NO_ORDER
    order = np.where(untied, 0, refunds.order)
    line = np.maximum(refunds.line, 0)
    return columns.input_table(
        "refunds",
        {
            "refund_id": columns.identifier(refunds.number),
            "order_id": columns.identifier(orders.number[order], null=untied),
            "line_number": columns.whole(lines.number[line], null=refunds.line == NO_LINE),
            "customer_id": columns.customer(people.number[refunds.person], null=~untied),
            "product_id": columns.product(refunds.product, null=refunds.product == NO_LINE),
            "refunded_at": columns.moment(refunds.refunded),
            "quantity": columns.thousandths(refunds.quantity),
            "refund_amount": columns.money(refunds.amount),
            "tax_amount": columns.money(refunds.tax),
            "shipping_refunded": columns.money(refunds.shipping),
            "currency": columns.labels(CURRENCIES, refunds.currency),
            "reason": columns.labels(REASONS, refunds.reason),
            "is_restocked": columns.flag(refunds.restocked),
        },
    )
