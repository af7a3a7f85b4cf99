"""Payments and shipments: how orders were paid and sent, what that cost, which were never paid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from orchestration.demo_shop import columns, money
from orchestration.demo_shop.catalogue import catalogue_of
from orchestration.demo_shop.days import CURRENCIES, SECONDS_PER_DAY, days_of
from orchestration.demo_shop.market import (
    BY_MARKETPLACE,
    CARD,
    CARRIERS,
    CASH,
    COUNTRIES,
    FEE_FIXED_CENTS,
    FEE_PER_MILLE,
    INVOICE,
    METHODS,
    SALES_IN_STORE,
    TRANSFER,
    country_trait,
)
from orchestration.demo_shop.orders import Lines, Orders
from orchestration.demo_shop.parameters import NUMBERS_PER_BLOCK, Parameters
from orchestration.demo_shop.people import People
from orchestration.demo_shop.refunds import Refunds

STATUSES = ("paid", "failed", "chargeback", "open")
PAID, FAILED, CHARGEBACK, OPEN = range(4)
RETRIED_SHARE = 0.02
CHARGEBACK_SHARE = 0.003
DEFAULT_SHARE, DEFAULT_SHARE_LATE_PAYER = 0.003, 0.03
INVOICE_DAYS = 14
SECOND_PARCEL_SHARE = 0.07


@dataclass(frozen=True)
class Payments:
    """Arrays over payments. Money in ten-thousandths of the order's currency; moments in seconds, 0 = never."""

    number: np.ndarray
    order: np.ndarray
    amount: np.ndarray
    fee: np.ndarray
    due: np.ndarray
    paid: np.ndarray
    charged_back: np.ndarray
    status: np.ndarray
    is_lost: np.ndarray
    """The shop delivered and will not see this money: charged back, or failed for good."""


@dataclass(frozen=True)
class Shipments:
    """Arrays over shipments. Costs in ten-thousandths of the reporting currency."""

    number: np.ndarray
    order: np.ndarray
    shipped: np.ndarray
    parcels: np.ndarray
    cost: np.ndarray


def payments_of(parameters: Parameters, block: int, people: People, orders: Orders, refunds: Refunds) -> Payments:
    """One payment an order; a failed one before it now and then; for some cancelled orders only a failed one."""
    random = parameters.random("payments", block)
    end = days_of(parameters).end
    refunded = np.zeros(orders.count, dtype=bool)
    refunded[refunds.order[refunds.order >= 0]] = True
    late = people.pays_late[orders.person]
    invoice = orders.method == INVOICE
    deferred = invoice | (orders.method == TRANSFER)
    due = orders.placed + np.where(deferred, INVOICE_DAYS * SECONDS_PER_DAY, 0)
    delay = np.where(
        deferred, random.integers(1, 15, orders.count) + np.where(late, random.integers(5, 45, orders.count), 0), 0
    )
    paid = orders.placed + delay * SECONDS_PER_DAY + random.integers(20, 300, orders.count)
    draw = random.random(orders.count)
    kept = ~refunded & ~orders.is_cancelled
    defaulted = invoice & kept & (draw < np.where(late, DEFAULT_SHARE_LATE_PAYER, DEFAULT_SHARE))
    back = orders.placed + random.integers(20 * SECONDS_PER_DAY, 80 * SECONDS_PER_DAY, orders.count)
    charged = (orders.method == CARD) & kept & (draw < CHARGEBACK_SHARE) & (back < end)
    failed = orders.is_cancelled | (defaulted & (due < end))
    status = np.select([failed, paid >= end, charged], [FAILED, OPEN, CHARGEBACK], PAID)
    settled = (status == PAID) | (status == CHARGEBACK)
    fee = (
        money.to_cents(orders.total * np.array(FEE_PER_MILLE)[orders.method] // 1_000)
        + np.array(FEE_FIXED_CENTS)[orders.method] * money.CENT
    )
    main = Payments(
        number=np.arange(orders.count),
        order=np.arange(orders.count),
        amount=orders.total,
        fee=np.where(settled & (orders.total > 0), fee, 0),
        due=due,
        paid=np.where(settled, paid, 0),
        charged_back=np.where(status == CHARGEBACK, back, 0),
        status=status,
        is_lost=((status == FAILED) & ~orders.is_cancelled) | (status == CHARGEBACK),
    )
    shown = np.flatnonzero(~orders.is_cancelled | (random.random(orders.count) < 0.4))
    retried = np.flatnonzero(
        (status == PAID)
        & ~deferred
        & (random.random(orders.count) < RETRIED_SHARE)
        & (orders.method != CASH)
        & (orders.method != BY_MARKETPLACE)
    )
    return _with_failed_attempts(block, main, shown, retried)


def _with_failed_attempts(block: int, main: Payments, shown: np.ndarray, retried: np.ndarray) -> Payments:
    """The payments shown and, for those that had to be tried again, the attempt that failed."""
    zero = np.zeros(len(retried), dtype=np.int64)
    attempts = {
        "fee": zero,
        "paid": zero,
        "charged_back": zero,
        "status": np.full(len(retried), FAILED),
        "is_lost": np.zeros(len(retried), dtype=bool),
    }
    every = {
        name: np.concatenate([values[shown], attempts.get(name, values[retried])])
        for name, values in vars(main).items()
    }
    by_order = np.lexsort((every["status"] != FAILED, every["order"]))
    every = {name: values[by_order] for name, values in every.items()}
    return Payments(**{**every, "number": block * NUMBERS_PER_BLOCK + np.arange(len(by_order)) + 1})


def payments_table(payments: Payments, orders: Orders) -> pa.Table:
    """`payments`. A missing currency is the order's: the bank's file names only foreign ones."""
    currency = orders.currency[payments.order]
    return columns.input_table(
        "payments",
        {
            "payment_id": columns.identifier(payments.number),
            "order_id": columns.identifier(orders.number[payments.order]),
            "method": columns.labels(METHODS, orders.method[payments.order]),
            "amount": columns.money(payments.amount),
            "fee_amount": columns.money(payments.fee),
            "currency": columns.labels(CURRENCIES, currency, null=currency == 0),
            "due_at": columns.moment(payments.due),
            "paid_at": columns.moment(payments.paid, null=payments.paid == 0),
            "chargeback_at": columns.moment(payments.charged_back, null=payments.charged_back == 0),
            "status": columns.labels(STATUSES, payments.status),
        },
    )


def shipments_of(parameters: Parameters, block: int, orders: Orders, lines: Lines) -> Shipments:
    """One shipment an order, two for some of several lines, none from the store; those after the last day not yet."""
    random = parameters.random("shipments", block)
    catalogue, end = catalogue_of(parameters), days_of(parameters).end
    heavy = money.totals(lines.order, lines.quantity * catalogue.is_heavy[lines.product] // 1_000, orders.count)
    pieces = money.totals(lines.order, lines.quantity // 1_000 + 1, orders.count)
    sent = np.flatnonzero((orders.sales_channel != SALES_IN_STORE) & ~orders.is_cancelled)
    second = sent[(random.random(len(sent)) < SECOND_PARCEL_SHARE) & (orders.line_count[sent] > 1)]
    order = np.concatenate([sent, second])
    is_second = np.arange(len(order)) >= len(sent)
    lag = random.integers(6 * 3_600, 60 * 3_600, len(order)) + np.where(is_second, 3 * SECONDS_PER_DAY, 0)
    parcels = np.where(is_second, 1, 1 + heavy[order] // 2 + pieces[order] // 14)
    base = country_trait("parcel_cost")[orders.country[order]]
    surcharge = np.where(is_second, 0, heavy[order] * 3.2)
    cost = (base * parcels + surcharge) * random.normal(1.0, 0.05, len(order)).clip(0.8, 1.2)
    shipped = orders.placed[order] + lag
    kept = np.flatnonzero(shipped < end)
    kept = kept[np.lexsort((is_second[kept], order[kept]))]
    return Shipments(
        number=block * NUMBERS_PER_BLOCK + np.arange(len(kept)) + 1,
        order=order[kept],
        shipped=shipped[kept],
        parcels=parcels[kept],
        cost=money.from_float(cost[kept]),
    )


def shipments_table(shipments: Shipments, orders: Orders) -> pa.Table:
    """`shipments`; carriers by country, their bills in the reporting currency, which an order in it need not repeat."""
    country = orders.country[shipments.order]
    domestic = np.array([code.code == "DE" for code in COUNTRIES])[country]
    carrier = np.where(domestic, shipments.number % 2, len(CARRIERS) - 1)
    is_foreign = orders.currency[shipments.order] != 0
    return columns.input_table(
        "shipments",
        {
            "shipment_id": columns.identifier(shipments.number),
            "order_id": columns.identifier(orders.number[shipments.order]),
            "shipped_at": columns.moment(shipments.shipped),
            "carrier": columns.labels(CARRIERS, carrier),
            "parcels": columns.whole(shipments.parcels),
            "shipping_cost": columns.money(shipments.cost),
            "currency": columns.labels(("EUR", None), np.where(is_foreign, 0, shipments.number % 2)),
            "updated_at": columns.moment(shipments.shipped),
        },
    )
