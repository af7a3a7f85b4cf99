"""What people looked at: in the session of an order, some days before it, on visits that ended in nothing."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from orchestration.demo_shop import columns
from orchestration.demo_shop.catalogue import catalogue_of
from orchestration.demo_shop.days import SECONDS_PER_DAY, days_of, seconds_of_day
from orchestration.demo_shop.orders import Lines, Orders
from orchestration.demo_shop.parameters import NUMBERS_PER_BLOCK, Parameters
from orchestration.demo_shop.people import People

VIEW, FAVOURITE, CART = range(3)
EVENT_TYPES = ("view", "favourite", "cart")
CART_SHARE = 0.6
EXTRA_VIEWS_PER_ORDER = 1.3
PLANNER_SHARE = 0.22
"""Of the orders, those before which the product was looked at in an earlier session."""
VISITS_PER_PERSON = 2.2
VIEWS_PER_VISIT = 1.6
FAVOURITE_SHARE = 0.12
KNOWN_SHARE = 0.75
"""Of the sessions, those in which the person is logged in."""

_Events = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Person, session number, moment, event type, product."""


def session_ids(numbers: np.ndarray, null: np.ndarray | None = None) -> pa.Array:
    """Session numbers as their ids."""
    return columns.identifier(numbers, columns.NUMBER_DIGITS + 1, null)


def web_events_table(parameters: Parameters, block: int, people: People, orders: Orders, lines: Lines) -> pa.Table:
    """`web_events` of a block, by time. An order's session has the order's number; others follow."""
    random = parameters.random("browsing", block)
    days = days_of(parameters)
    online = orders.is_online[lines.order]
    line = np.flatnonzero(online)
    after_orders = block * NUMBERS_PER_BLOCK + orders.count + 1
    planned = _earlier_sessions(random, orders, lines, after_orders)
    visits = _visits(random, parameters, people, after_orders + orders.count)
    groups = [
        _views_before_order(random, orders, lines, line),
        _extra_views(random, parameters, orders),
        planned,
        visits,
    ]
    person, session, occurred, event_type, product = (np.concatenate(column) for column in zip(*groups, strict=True))
    kept = np.flatnonzero((occurred >= days.opening) & (occurred < days.end))
    kept = kept[np.lexsort((product[kept], event_type[kept], session[kept], occurred[kept]))]
    known = (session * 2_654_435_761 % 1_000 < KNOWN_SHARE * 1_000) & ~people.is_guest[person]
    return columns.input_table(
        "web_events",
        {
            "event_id": columns.identifier(block * NUMBERS_PER_BLOCK + np.arange(len(kept)) + 1),
            "occurred_at": columns.moment(occurred[kept]),
            "event_type": columns.labels(EVENT_TYPES, event_type[kept]),
            "product_id": columns.product(product[kept]),
            "customer_id": columns.customer(people.number[person[kept]], null=~known[kept]),
            "session_id": session_ids(session[kept]),
        },
    )


def _views_before_order(random: np.random.Generator, orders: Orders, lines: Lines, line: np.ndarray) -> _Events:
    """Each product bought was viewed within three quarters of an hour before, most were put in the cart after that."""
    order, product = lines.order[line], lines.product[line]
    ahead = random.integers(120, 2_700, len(line))
    carted = np.flatnonzero(random.random(len(line)) < CART_SHARE)
    viewed = orders.placed[order] - ahead
    return (
        orders.person[np.concatenate([order, order[carted]])],
        orders.number[np.concatenate([order, order[carted]])],
        np.concatenate([viewed, (viewed + ahead // 3)[carted]]),
        np.concatenate([np.full(len(line), VIEW), np.full(len(carted), CART)]),
        np.concatenate([product, product[carted]]),
    )


def _extra_views(random: np.random.Generator, parameters: Parameters, orders: Orders) -> _Events:
    """What else was looked at before ordering."""
    online = np.flatnonzero(orders.is_online)
    order = np.repeat(online, random.poisson(EXTRA_VIEWS_PER_ORDER, len(online)))
    product = catalogue_of(parameters).pick(random, random.random(len(order)) < 0.4, orders.day[order])
    occurred = orders.placed[order] - random.integers(60, 2_700, len(order))
    return orders.person[order], orders.number[order], occurred, np.full(len(order), VIEW), product


def _earlier_sessions(random: np.random.Generator, orders: Orders, lines: Lines, first_session: int) -> _Events:
    """Planners looked at the first thing they bought one to ten days before."""
    order = np.flatnonzero(orders.is_online & (random.random(orders.count) < PLANNER_SHARE))
    product = lines.product[orders.first_line[order]]
    occurred = orders.placed[order] - random.integers(SECONDS_PER_DAY, 10 * SECONDS_PER_DAY, len(order))
    return orders.person[order], first_session + np.arange(len(order)), occurred, np.full(len(order), VIEW), product


def _visits(random: np.random.Generator, parameters: Parameters, people: People, first_session: int) -> _Events:
    """Visits without an order, while a person is active; prospects visit as others do."""
    days, catalogue = days_of(parameters), catalogue_of(parameters)
    until = np.minimum(people.last_active_day, days.count - 1)
    person_of_visit = np.repeat(np.arange(people.count), random.poisson(VISITS_PER_PERSON, people.count))
    open_days = np.maximum(until - people.arrival_day, 0)[person_of_visit]
    day = people.arrival_day[person_of_visit] + np.floor(random.random(len(person_of_visit)) * open_days).astype(
        np.int64
    )
    began = days.utc_start[day] + seconds_of_day(random, len(day))
    visit = np.repeat(np.arange(len(day)), 1 + random.poisson(VIEWS_PER_VISIT, len(day)))
    product = catalogue.pick(random, random.random(len(visit)) < 0.5, day[visit])
    event_type = np.where(random.random(len(visit)) < FAVOURITE_SHARE, FAVOURITE, VIEW)
    occurred = began[visit] + random.integers(0, 1_200, len(visit))
    return person_of_visit[visit], first_session + visit, occurred, event_type, product
