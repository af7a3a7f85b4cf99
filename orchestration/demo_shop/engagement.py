"""What else is known of people: calls to the service desk, points, answers to surveys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from orchestration.demo_shop import columns, money
from orchestration.demo_shop.days import SECONDS_PER_DAY, Days, days_of
from orchestration.demo_shop.orders import Orders
from orchestration.demo_shop.parameters import NUMBERS_PER_BLOCK, Parameters
from orchestration.demo_shop.people import People
from orchestration.demo_shop.refunds import Refunds

CONTACT_CHANNELS = ("phone", "mail", "chat")
CONTACT_REASONS = (
    "where is my parcel",
    "return",
    "product advice",
    "machine does not work",
    "invoice",
    "account",
    "complaint",
)
WHERE_IS_IT, RETURN, ADVICE = 0, 1, 2
CONTACT_AFTER_REFUND_SHARE = 0.4
ADVICE_BEFORE_BUYING_SHARE = 0.03
POINTS_PER_REWARD = 250
REWARD = 5 * money.UNIT
SURVEYED_SHARE = 0.13

EARN, REDEEM, EXPIRE = range(3)
EVENT_TYPES = ("earn", "redeem", "expire")
POINTS_LIVE_SECONDS = 365 * SECONDS_PER_DAY

MOTIVES = ("taste", "price", "convenience", "sustainability", "gift", None)
ATTITUDES = ("loyal", "curious", "price-conscious", "indifferent", None)
LIFESTYLES = ("city couple", "family", "single professional", "retired", "home office", None)


@dataclass(frozen=True)
class Contacts:
    """Arrays over service contacts, by time; minutes in thousandths; order -1 where none is known."""

    person: np.ndarray
    opened: np.ndarray
    order: np.ndarray
    channel: np.ndarray
    reason: np.ndarray
    minutes: np.ndarray
    satisfaction: np.ndarray


@dataclass(frozen=True)
class LoyaltyEvents:
    """Arrays over loyalty events, by time; the cost in ten-thousandths of the reporting currency."""

    person: np.ndarray
    occurred: np.ndarray
    event_type: np.ndarray
    points: np.ndarray
    cost: np.ndarray


def contacts_of(parameters: Parameters, block: int, people: People, orders: Orders, refunds: Refunds) -> Contacts:
    """After orders as often as the person calls, after many refunds, and for advice before buying."""
    random = parameters.random("service contacts", block)
    end = days_of(parameters).end
    known = ~people.is_guest[orders.person]
    order = np.repeat(np.arange(orders.count), np.where(known, random.poisson(people.contacts[orders.person]), 0))
    returned = refunds.order[(refunds.order >= 0) & (random.random(len(refunds.order)) < CONTACT_AFTER_REFUND_SHARE)]
    returned = returned[known[returned]]
    adviser = np.flatnonzero(~people.is_guest & (random.random(people.count) < ADVICE_BEFORE_BUYING_SHARE))
    advised = (
        days_of(parameters).utc_start[people.arrival_day[adviser]]
        + 11 * 3_600
        + random.integers(0, 6 * 3_600, len(adviser))
    )
    about = np.concatenate([order, returned, np.full(len(adviser), -1)])
    person = np.concatenate([orders.person[order], orders.person[returned], adviser])
    opened = np.concatenate(
        [
            orders.placed[order] + random.integers(3_600, 18 * SECONDS_PER_DAY, len(order)),
            orders.placed[returned] + random.integers(SECONDS_PER_DAY, 10 * SECONDS_PER_DAY, len(returned)),
            advised,
        ]
    )
    reason = np.concatenate(
        [
            np.array([WHERE_IS_IT, WHERE_IS_IT, ADVICE, 3, 4, 5, 6])[random.integers(0, 7, len(order))],
            np.full(len(returned), RETURN),
            np.full(len(adviser), ADVICE),
        ]
    )
    channel = random.choice(3, len(person), p=(0.35, 0.45, 0.20))
    minutes = random.gamma(2.2, 3.2, len(person)) * np.array([1.3, 0.9, 0.8])[channel] + 1.5
    satisfaction = np.clip(5 - random.poisson(np.where(reason >= 3, 1.4, 0.7)), 1, 5)
    kept = np.flatnonzero(opened < end)
    kept = kept[np.lexsort((about[kept], person[kept], opened[kept]))]
    answered = random.random(len(person)) < 0.4
    return Contacts(
        person[kept],
        opened[kept],
        about[kept],
        channel[kept],
        reason[kept],
        (np.rint(minutes * 2).astype(np.int64) * 500)[kept],
        np.where(answered, satisfaction, 0)[kept],
    )


def contacts_table(block: int, contacts: Contacts, people: People, orders: Orders) -> pa.Table:
    """`service_contacts`; a satisfaction of 0 stands for no answer and is null."""
    return columns.input_table(
        "service_contacts",
        {
            "contact_id": columns.identifier(block * NUMBERS_PER_BLOCK + np.arange(len(contacts.person)) + 1),
            "customer_id": columns.customer(people.number[contacts.person]),
            "opened_at": columns.moment(contacts.opened),
            "order_id": columns.identifier(orders.number[np.maximum(contacts.order, 0)], null=contacts.order < 0),
            "channel": columns.labels(CONTACT_CHANNELS, contacts.channel),
            "reason": columns.labels(CONTACT_REASONS, contacts.reason),
            "handle_minutes": columns.thousandths(contacts.minutes),
            "satisfaction": columns.whole(contacts.satisfaction, null=contacts.satisfaction == 0),
        },
    )


def loyalty_of(parameters: Parameters, block: int, people: People, orders: Orders) -> LoyaltyEvents:
    """Members earn a point a euro two weeks after the order, spend full rewards with the next one, lose old points."""
    random = parameters.random("loyalty", block)
    days = days_of(parameters)
    earning = np.flatnonzero(people.is_member[orders.person] & ~orders.is_cancelled & (orders.goods >= money.UNIT))
    earning = earning[np.lexsort((orders.placed[earning], orders.person[earning]))]
    person, placed = orders.person[earning], orders.placed[earning]
    points = money.to_reporting(orders.goods[earning], orders.rate[earning]) // money.UNIT
    starts = np.flatnonzero(np.diff(person, prepend=-1) != 0)
    group = np.cumsum(np.diff(person, prepend=-1) != 0) - 1
    before = np.cumsum(points) - points
    before = before - before[starts][group] if len(starts) else before
    previous = np.where(np.diff(person, prepend=-1) != 0, 0, np.roll(before, 1))
    rewards = before // POINTS_PER_REWARD - previous // POINTS_PER_REWARD
    uses = (rewards > 0) & (np.diff(person, prepend=-1) == 0)
    earned_at = placed + 14 * SECONDS_PER_DAY + random.integers(0, 3_600, len(placed))
    ends = np.append(starts[1:], len(person)) - 1 if len(starts) else starts
    left = (before[ends] + points[ends]) % POINTS_PER_REWARD
    expires = (left > 0) & (placed[ends] + POINTS_LIVE_SECONDS < days.end)
    zero = np.zeros(len(person), dtype=np.int64)
    parts = (
        (person, earned_at, EARN, points, zero),
        (person[uses], placed[uses], REDEEM, -rewards[uses] * POINTS_PER_REWARD, rewards[uses] * REWARD),
        (
            person[ends][expires],
            (placed[ends] + POINTS_LIVE_SECONDS)[expires],
            EXPIRE,
            -left[expires],
            zero[: int(expires.sum())],
        ),
    )
    return _by_time(days, parts)


def _by_time(
    days: Days, parts: tuple[tuple[np.ndarray, np.ndarray, int, np.ndarray, np.ndarray], ...]
) -> LoyaltyEvents:
    person = np.concatenate([part[0] for part in parts])
    occurred = np.concatenate([part[1] for part in parts])
    event_type = np.concatenate([np.full(len(part[0]), part[2]) for part in parts])
    points = np.concatenate([part[3] for part in parts])
    cost = np.concatenate([part[4] for part in parts])
    kept = np.flatnonzero(occurred < days.end)
    kept = kept[np.lexsort((event_type[kept], person[kept], occurred[kept]))]
    return LoyaltyEvents(person[kept], occurred[kept], event_type[kept], points[kept], cost[kept])


def loyalty_table(block: int, events: LoyaltyEvents, people: People) -> pa.Table:
    """`loyalty_events`; a cost only where a reward was turned in."""
    return columns.input_table(
        "loyalty_events",
        {
            "event_id": columns.identifier(block * NUMBERS_PER_BLOCK + np.arange(len(events.person)) + 1),
            "customer_id": columns.customer(people.number[events.person]),
            "occurred_at": columns.moment(events.occurred),
            "event_type": columns.labels(EVENT_TYPES, events.event_type),
            "points": pa.array(events.points, type=pa.int64()),
            "cost_amount": columns.money(events.cost, null=events.event_type != REDEEM),
            "currency": columns.labels((None, "EUR", None), events.event_type),
        },
    )


def surveys_table(parameters: Parameters, block: int, people: People, refunds: Refunds) -> pa.Table:
    """`surveys`: one answer by some customers; who had to send much back would recommend the shop less."""
    random = parameters.random("surveys", block)
    days = days_of(parameters)
    answering = (random.random(people.count) < SURVEYED_SHARE) & ~people.is_guest & ~people.is_prospect
    person = np.flatnonzero(answering & (people.arrival_day < days.count - 30))
    day = (
        people.arrival_day[person]
        + 15
        + np.floor(random.random(len(person)) * (days.count - 16 - people.arrival_day[person])).astype(np.int64)
    )
    had_refund = np.isin(person, refunds.person)
    gone = people.last_active_day[person] < day
    mood = 8.3 - 1.6 * had_refund - 1.3 * gone + random.normal(0, 1.6, len(person))
    nps = np.clip(np.rint(mood), 0, 10).astype(np.int64)
    return columns.input_table(
        "surveys",
        {
            "survey_id": columns.identifier(block * NUMBERS_PER_BLOCK + np.arange(len(person)) + 1),
            "customer_id": columns.customer(people.number[person]),
            "surveyed_at": columns.moment(
                days.utc_start[day] + 10 * 3_600 + random.integers(0, 10 * 3_600, len(person))
            ),
            "nps": columns.whole(nps),
            "satisfaction": columns.whole(np.clip(1 + nps // 2 - (nps > 9), 1, 5)),
            "motive": columns.labels(MOTIVES, random.integers(0, len(MOTIVES), len(person))),
            "attitude": columns.labels(ATTITUDES, random.integers(0, len(ATTITUDES), len(person))),
            "lifestyle": columns.labels(LIFESTYLES, random.integers(0, len(LIFESTYLES), len(person))),
        },
    )
