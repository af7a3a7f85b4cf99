"""What is true of a block and no file says: who people are, and what each truly brought and cost, by month."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from orchestration.demo_shop import columns, money
from orchestration.demo_shop.days import Days, days_of
from orchestration.demo_shop.engagement import Contacts, LoyaltyEvents
from orchestration.demo_shop.fulfilment import Payments, Shipments
from orchestration.demo_shop.market import CAMPAIGNS, CHANNEL_NAMES
from orchestration.demo_shop.orders import Lines, Orders, distinct_sorted
from orchestration.demo_shop.parameters import Parameters
from orchestration.demo_shop.people import NOBODY, People
from orchestration.demo_shop.refunds import NO_ORDER, Refunds
from orchestration.demo_shop.tables import first_orders

COUNTS = ("order_count", "line_count", "refund_count", "return_count")
MONEY = (
    "gross_sales",
    "discounts",
    "refunds",
    "cogs",
    "shipping_charged",
    "shipping_refunded",
    "shipping_cost",
    "payment_fees",
    "commission",
    "bad_debt",
    "loyalty_cost",
    "currency_difference",
)
MINUTES = ("service_minutes",)
MEASURES = (*COUNTS, *MONEY, *MINUTES)

_Entry = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Person, day, whole number."""


def customers_truth(parameters: Parameters, people: People, orders: Orders) -> pa.Table:
    """One row per customer account: the parameters of the model that drew them."""
    count, days = people.customers, days_of(parameters)
    first = first_orders(people, orders)[:count]
    stops = people.last_active_day[:count]
    alive = (stops >= days.count) & (first > 0)
    stopped_at = days.utc_start[np.clip(stops, 0, days.count - 1).astype(np.int64)]
    order_count = np.bincount(orders.person[~orders.is_cancelled], minlength=people.count)[:count]
    referrer, merged = people.referrer[:count], people.merged_into[:count]
    return pa.table(
        {
            "customer_id": columns.customer(people.number[:count]),
            "resolved_customer_id": columns.customer(people.number[people.survivor()[:count]]),
            "purchase_rate_per_week": pa.array(people.rate[:count] * 7),
            "dropout_rate_per_week": pa.array(people.dropout_rate[:count] * 7),
            "first_order_at": columns.moment(first, null=first == 0),
            "stopped_at": columns.moment(stopped_at, null=alive | (first == 0)),
            "is_alive_at_end": columns.flag(alive),
            "is_prospect": columns.flag(people.is_prospect[:count]),
            "is_business": columns.flag(people.is_business[:count]),
            "order_count": pa.array(order_count),
            "spend_level": pa.array(people.spend[:count]),
            "return_propensity": pa.array(people.returns[:count]),
            "service_contacts_per_order": pa.array(people.contacts[:count]),
            "deal_seeking": pa.array(people.deal_seeking[:count]),
            "pays_late": columns.flag(people.pays_late[:count]),
            "acquisition_channel": columns.labels(CHANNEL_NAMES, people.channel[:count]),
            "acquisition_campaign": columns.labels(CAMPAIGNS, people.campaign[:count]),
            "referred_by_customer_id": columns.customer(
                people.number[np.maximum(referrer, 0)], null=referrer == NOBODY
            ),
            "merged_into_customer_id": columns.customer(people.number[np.maximum(merged, 0)], null=merged == NOBODY),
        }
    )


def _entries(
    days: Days,
    orders: Orders,
    lines: Lines,
    refunds: Refunds,
    payments: Payments,
    shipments: Shipments,
    contacts: Contacts,
    loyalty: LoyaltyEvents,
) -> dict[str, list[_Entry]]:
    """What is booked to whom, when: sales and their direct costs on the day of the order, the rest on its own day."""
    order = np.flatnonzero(~orders.is_cancelled)
    line = np.flatnonzero(~orders.is_cancelled[lines.order])
    line_order = lines.order[line]
    payment = np.flatnonzero(~orders.is_cancelled[payments.order])
    paid_order = payments.order[payment]
    lost = np.flatnonzero(payments.is_lost)
    lost_at = np.where(payments.charged_back > 0, payments.charged_back, payments.due)[lost]

    def by_order(place: np.ndarray, amount: np.ndarray) -> _Entry:
        return orders.person[place], orders.day[place], money.to_reporting(amount, orders.rate[place])

    refund_day = days.day_of(refunds.refunded)
    own_rate = days.rate[refund_day, refunds.currency]
    rate = np.where(refunds.order == NO_ORDER, own_rate, orders.rate[np.maximum(refunds.order, 0)])
    amount = money.to_reporting(refunds.amount, rate)
    return {
        "order_count": [(orders.person[order], orders.day[order], np.ones(len(order), dtype=np.int64))],
        "line_count": [(orders.person[line_order], orders.day[line_order], np.ones(len(line), dtype=np.int64))],
        "refund_count": [(refunds.person, refund_day, np.ones(len(refund_day), dtype=np.int64))],
        "return_count": [(refunds.person, refund_day, (refunds.quantity > 0).astype(np.int64))],
        "gross_sales": [by_order(line_order, lines.gross[line])],
        "discounts": [by_order(line_order, lines.discount[line]), by_order(order, orders.discount[order])],
        "refunds": [(refunds.person, refund_day, amount)],
        "cogs": [
            (orders.person[line_order], orders.day[line_order], lines.cost[line]),
            (refunds.person, refund_day, -refunds.cost_returned),
        ],
        "shipping_charged": [by_order(order, orders.shipping[order])],
        "shipping_refunded": [(refunds.person, refund_day, money.to_reporting(refunds.shipping, rate))],
        "shipping_cost": [(orders.person[shipments.order], orders.day[shipments.order], shipments.cost)],
        "payment_fees": [by_order(paid_order, payments.fee[payment])],
        "commission": [by_order(order, orders.commission[order])],
        "bad_debt": [
            (
                orders.person[payments.order[lost]],
                days.day_of(lost_at),
                money.to_reporting(payments.amount[lost], orders.rate[payments.order[lost]]),
            )
        ],
        "loyalty_cost": [(loyalty.person, days.day_of(loyalty.occurred), loyalty.cost)],
        "currency_difference": [(refunds.person, refund_day, money.to_reporting(refunds.amount, own_rate) - amount)],
        "service_minutes": [(contacts.person, days.day_of(contacts.opened), contacts.minutes)],
    }


def months_truth(
    parameters: Parameters,
    people: People,
    orders: Orders,
    lines: Lines,
    refunds: Refunds,
    payments: Payments,
    shipments: Shipments,
    contacts: Contacts,
    loyalty: LoyaltyEvents,
) -> tuple[pa.Table, Mapping[str, np.ndarray]]:
    """One row per customer account and month with anything in it, guests as one row a month without an id.

    Money in the reporting currency, each row of the files converted at the rate of its order's day and rounded to the
    cent, then summed. Also gives the sums of the block by month, as whole numbers.
    """
    days = days_of(parameters)
    entries = _entries(days, orders, lines, refunds, payments, shipments, contacts, loyalty)
    payer = np.where(people.is_guest, people.customers, np.arange(people.count))
    keys = {
        name: [payer[person] * days.months + days.month[day] for person, day, _ in parts]
        for name, parts in entries.items()
    }
    present = distinct_sorted(np.concatenate([key for parts in keys.values() for key in parts]))
    sums = {}
    for name, parts in entries.items():
        sums[name] = np.zeros(len(present), dtype=np.int64)
        for key, (_, _, amount) in zip(keys[name], parts, strict=True):
            sums[name] += money.totals(np.searchsorted(present, key), amount, len(present))
    owner, month = present // days.months, present % days.months
    is_guest = owner == people.customers
    account = np.where(is_guest, 0, owner)
    table = pa.table(
        {
            "customer_id": columns.customer(people.number[account], null=is_guest),
            "resolved_customer_id": columns.customer(people.number[people.survivor()[account]], null=is_guest),
            "month": columns.day(days.month_start()[month]),
            **{name: pa.array(sums[name]) for name in COUNTS},
            **{name: columns.money(sums[name]) for name in MONEY},
            **{name: columns.thousandths(sums[name]) for name in MINUTES},
        }
    )
    return table, {name: money.totals(month, sums[name], days.months) for name in MEASURES}
