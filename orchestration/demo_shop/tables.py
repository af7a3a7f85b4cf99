"""Orders, their lines and the customers as the shop's files have them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.demo_shop import columns, names
from orchestration.demo_shop.browsing import session_ids
from orchestration.demo_shop.days import CURRENCIES, SECONDS_PER_DAY, days_of
from orchestration.demo_shop.fulfilment import PAID, Payments, Shipments
from orchestration.demo_shop.market import (
    CAMPAIGNS,
    CHANNEL_NAMES,
    COUNTRY_CODES,
    METHODS,
    SALES_AT_MARKETPLACE,
    SALES_CHANNELS,
    SALES_IN_STORE,
)
from orchestration.demo_shop.orders import PURPOSES, Lines, Orders
from orchestration.demo_shop.parameters import Parameters
from orchestration.demo_shop.people import NOBODY, People

STATUSES = ("placed", "paid", "shipped", "completed", "cancelled")
PLACED, PAID_FOR, SHIPPED, COMPLETED, CANCELLED = range(5)
DAYS_IN_TRANSIT = 5
RECORDED_RIGHT_SHARE, RECORDED_SHARE = 0.88, 0.93
"""The shop's own record of who won a customer: mostly right, now and then "direct", now and then missing."""


def statuses(parameters: Parameters, orders: Orders, payments: Payments, shipments: Shipments) -> np.ndarray:
    """How far each order has come when the last day is over."""
    end = days_of(parameters).end
    paid = np.zeros(orders.count, dtype=bool)
    paid[payments.order[payments.status == PAID]] = True
    shipped = np.zeros(orders.count, dtype=bool)
    shipped[shipments.order] = True
    old = orders.placed < end - DAYS_IN_TRANSIT * SECONDS_PER_DAY
    return np.select(
        [orders.is_cancelled, orders.sales_channel == SALES_IN_STORE, shipped & old, shipped, paid],
        [CANCELLED, COMPLETED, COMPLETED, SHIPPED, PAID_FOR],
        PLACED,
    )


def orders_table(parameters: Parameters, block: int, people: People, orders: Orders, status: np.ndarray) -> pa.Table:
    """`orders`; version of a row = two days after it was placed, when most of what can change has changed."""
    random = parameters.random("orders table", block)
    end = days_of(parameters).end
    cancelled = np.minimum(orders.placed + random.integers(600, 36 * 3_600, orders.count), end - 1)
    number = people.number[orders.person]
    return columns.input_table(
        "orders",
        {
            "order_id": columns.identifier(orders.number),
            "customer_id": columns.customer(number, null=number == 0),
            "ordered_at": columns.moment(orders.placed),
            "status": columns.labels(STATUSES, status),
            "cancelled_at": columns.moment(cancelled, null=~orders.is_cancelled),
            "sales_channel": columns.labels(SALES_CHANNELS, orders.sales_channel),
            "session_id": session_ids(orders.number, null=~orders.is_online),
            "currency": columns.labels(CURRENCIES, orders.currency),
            "shipping_charged": columns.money(orders.shipping),
            "discount_amount": columns.money(orders.discount),
            "discount_purpose": columns.labels(PURPOSES, orders.purpose),
            "tax_amount": columns.money(orders.tax),
            "commission": columns.money(orders.commission, null=orders.sales_channel != SALES_AT_MARKETPLACE),
            "payment_method": columns.labels(METHODS, orders.method),
            "delivery_country": columns.labels(COUNTRY_CODES, orders.country),
            "updated_at": columns.moment(np.minimum(orders.placed + 2 * SECONDS_PER_DAY, end - 1)),
        },
    )


def lines_table(orders: Orders, lines: Lines) -> pa.Table:
    """`order_lines`."""
    return columns.input_table(
        "order_lines",
        {
            "order_id": columns.identifier(orders.number[lines.order]),
            "line_number": columns.whole(lines.number),
            "product_id": columns.product(lines.product),
            "quantity": columns.thousandths(lines.quantity),
            "unit_price": columns.money(lines.price),
            "discount_amount": columns.money(lines.discount),
            "tax_amount": columns.money(lines.tax),
            "updated_at": columns.moment(orders.placed[lines.order]),
        },
    )


def first_orders(people: People, orders: Orders) -> np.ndarray:
    """Moment of each person's first order; 0 for who never ordered."""
    placed = np.zeros(people.count, dtype=np.int64)
    first = np.flatnonzero(orders.is_first)
    placed[orders.person[first]] = orders.placed[first]
    return placed


def customers_table(parameters: Parameters, block: int, people: People, orders: Orders) -> pa.Table:
    """`customers`. Second accounts of one person carry that person's name, birth date and place."""
    random = parameters.random("customers table", block)
    count = people.customers
    person = people.survivor()[:count]
    created = _created(random, parameters, people, orders)
    first_name = random.integers(0, len(names.FIRST_NAMES), count)[person]
    last_name = random.integers(0, len(names.LAST_NAMES), count)[person]
    place = _places(random, people.country[:count])[person]
    draw = random.random(count)
    recorded = np.where(draw < RECORDED_RIGHT_SHARE, people.channel[:count], len(CHANNEL_NAMES))
    referred = people.referrer[:count] != NOBODY
    merged = people.merged_into[:count] != NOBODY
    merged_at = (
        days_of(parameters).utc_start[np.minimum(people.merged_day[:count], days_of(parameters).count - 1)] + 10 * 3_600
    )
    return columns.input_table(
        "customers",
        {
            "customer_id": columns.customer(people.number[:count]),
            "created_at": columns.moment(created),
            "email": _emails(first_name, last_name, people.number[:count]),
            "full_name": pc.binary_join_element_wise(
                columns.labels([name for name, _ in names.FIRST_NAMES], first_name),
                columns.labels(names.LAST_NAMES, last_name),
                " ",
            ),
            "birth_date": _birth_dates(random, created, person),
            "gender": columns.labels(
                [gender for _, gender in names.FIRST_NAMES], first_name, null=(random.random(count) < 0.1)[person]
            ),
            "income_band": _band(random, names.INCOME_BANDS, names.INCOME_SHARES, person, 0.3),
            "education": _band(random, names.EDUCATIONS, names.EDUCATION_SHARES, person, 0.4),
            "country": columns.labels([place[0] for place in names.PLACES], place),
            "region": columns.labels([place[1] for place in names.PLACES], place),
            "city": columns.labels([place[2] for place in names.PLACES], place),
            "acquisition_channel": columns.labels((*CHANNEL_NAMES, "direct"), recorded, null=draw >= RECORDED_SHARE),
            "acquisition_campaign": columns.labels(
                CAMPAIGNS, people.campaign[:count], null=draw >= RECORDED_RIGHT_SHARE
            ),
            "referred_by_customer_id": columns.customer(
                people.number[np.maximum(people.referrer[:count], 0)], null=~referred
            ),
            "merged_into_customer_id": columns.customer(
                people.number[np.maximum(people.merged_into[:count], 0)], null=~merged
            ),
            "merged_at": columns.moment(merged_at, null=~merged),
            "marketing_consent": columns.flag(people.consents[:count]),
            "updated_at": columns.moment(np.where(merged, merged_at, created)),
        },
    )


def _created(random: np.random.Generator, parameters: Parameters, people: People, orders: Orders) -> np.ndarray:
    """Most open their account while ordering, the others some days before, prospects on the day that they arrive."""
    days = days_of(parameters)
    count = people.customers
    first = first_orders(people, orders)[:count]
    at_once = random.random(count) < 0.8
    ahead = np.where(at_once, random.integers(30, 1_800, count), random.integers(3_600, 12 * SECONDS_PER_DAY, count))
    arrived = days.utc_start[people.arrival_day[:count]] + random.integers(8 * 3_600, 22 * 3_600, count)
    return np.maximum(np.where(people.is_prospect[:count], arrived, first - ahead), days.opening)


def _places(random: np.random.Generator, country: np.ndarray) -> np.ndarray:
    """A place in each one's country, larger ones more often."""
    draw = random.random(len(country))
    place = np.zeros(len(country), dtype=np.int64)
    for index in range(len(COUNTRY_CODES)):
        inside = np.array(names.places_of(index))
        weights = np.cumsum([float(names.PLACES[choice][3]) for choice in inside])
        chosen = inside[np.searchsorted(weights / weights[-1], draw, side="right")]
        place = np.where(country == index, chosen, place)
    return place


def _emails(first_name: np.ndarray, last_name: np.ndarray, number: np.ndarray) -> pa.Array:
    first = columns.labels([names.mail_part(name) for name, _ in names.FIRST_NAMES], first_name)
    last = columns.labels([names.mail_part(name) for name in names.LAST_NAMES], last_name)
    local = pc.binary_join_element_wise(first, last, pa.array(number).cast(pa.string()), ".")
    return pc.binary_join_element_wise(local, columns.constant("example.com", len(number)), "@")


def _birth_dates(random: np.random.Generator, created: np.ndarray, person: np.ndarray) -> pa.Array:
    """Ages of grown-ups around 42 when the account was opened; one in seven does not say."""
    age = np.clip(random.normal(42, 13, len(created)), 18, 88)
    born = (created // SECONDS_PER_DAY - np.rint(age * 365.25).astype(np.int64)).astype("datetime64[D]")
    silent = random.random(len(created)) < 0.14
    return columns.day(born[person], null=silent[person])


def _band(
    random: np.random.Generator, choices: tuple[str, ...], shares: tuple[float, ...], person: np.ndarray, silent: float
) -> pa.Array:
    count = len(person)
    chosen = random.choice(len(choices), count, p=shares)
    return columns.labels(choices, chosen[person], null=(random.random(count) < silent)[person])
