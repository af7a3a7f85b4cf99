"""How people were reached: touches before the first order, mailings after it; and what the company spent on it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from orchestration.demo_shop import columns, money
from orchestration.demo_shop.days import CURRENCIES, SECONDS_PER_DAY, Days, days_of
from orchestration.demo_shop.market import (
    CAMPAIGNS,
    CHANNEL_NAMES,
    CHANNELS,
    EMAIL,
    MARKETPLACE,
    campaign_shares,
    trait,
)
from orchestration.demo_shop.orders import ACQUISITION, PURPOSES, REACTIVATION, RETENTION, Orders
from orchestration.demo_shop.parameters import NUMBERS_PER_BLOCK, Parameters
from orchestration.demo_shop.people import GUESTS_PER_CUSTOMER, People, arrival_density

NEWSLETTER, WIN_BACK = "newsletter", "win-back"
TOUCH_CAMPAIGNS = (*CAMPAIGNS, NEWSLETTER, WIN_BACK)
UNTRACKED_SHARE = 0.08
"""Of the first orders, those before which no touch was recorded: cookies refused, another device."""
DAYS_BETWEEN_NEWSLETTERS = 75
WIN_BACK_AFTER_DAYS = 150

NEWSLETTER_COST_PER_ARRIVAL = 0.55
WIN_BACK_COST_PER_ARRIVAL = 0.80
BRAND_COST_PER_ARRIVAL = 0.90
"""Budgets beyond acquisition grow with how many people have come so far: in euros for each of them and year."""

_Touches = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def touches_table(parameters: Parameters, block: int, people: People, orders: Orders) -> pa.Table:
    """`marketing_touches` of a block, by time. The last touch before a first order is by the channel that won them."""
    random = parameters.random("touches", block)
    days = days_of(parameters)
    groups = [
        _before_first_order(random, days, people, orders),
        _newsletters(random, days, people),
        _win_backs(random, days, people, orders),
    ]
    person, touched, channel, campaign, purpose = (np.concatenate(column) for column in zip(*groups, strict=True))
    kept = (touched < days.end) & (touched >= days.opening) & ~people.is_guest[person]
    by_time = np.flatnonzero(kept)
    by_time = by_time[np.lexsort((channel[by_time], person[by_time], touched[by_time]))]
    return columns.input_table(
        "marketing_touches",
        {
            "touch_id": columns.identifier(block * NUMBERS_PER_BLOCK + np.arange(len(by_time)) + 1),
            "customer_id": columns.customer(people.number[person[by_time]]),
            "touched_at": columns.moment(touched[by_time]),
            "channel": columns.labels(CHANNEL_NAMES, channel[by_time]),
            "campaign": columns.labels(TOUCH_CAMPAIGNS, campaign[by_time]),
            "purpose": columns.labels(PURPOSES, purpose[by_time]),
        },
    )


def _before_first_order(random: np.random.Generator, days: Days, people: People, orders: Orders) -> _Touches:
    """The touch that won them, within two days; before it, up to three by any channel, within three weeks."""
    first = np.flatnonzero(orders.is_first & ~people.is_guest[orders.person])
    person = orders.person[first]
    tracked = (random.random(len(first)) >= UNTRACKED_SHARE) & (people.channel[person] != MARKETPLACE)
    first, person = first[tracked], person[tracked]
    winning = orders.placed[first] - random.integers(60, 2 * SECONDS_PER_DAY, len(first))
    winning = np.maximum(winning, days.opening)
    earlier = np.repeat(np.arange(len(first)), random.poisson(0.9, len(first)).clip(0, 3))
    helped = winning[earlier] - random.integers(3_600, 20 * SECONDS_PER_DAY, len(earlier))
    helper = random.choice(
        MARKETPLACE, len(earlier), p=trait("share")[:MARKETPLACE] / trait("share")[:MARKETPLACE].sum()
    )
    month = days.month_of_year[days.day_of(helped)]
    return (
        np.concatenate([person, person[earlier]]),
        np.concatenate([winning, helped]),
        np.concatenate([people.channel[person], helper]),
        np.concatenate([people.campaign[person], _running_campaign(helper, month)]),
        np.full(len(person) + len(earlier), ACQUISITION),
    )


def _running_campaign(channel: np.ndarray, month_of_year: np.ndarray) -> np.ndarray:
    """The largest campaign that each channel runs in that month."""
    largest = np.array([campaign_shares(index).argmax(axis=1) for index in range(len(CHANNELS))])
    first = np.cumsum([0] + [len(channel.campaigns) for channel in CHANNELS])
    return first[channel] + largest[channel, month_of_year]


def _newsletters(random: np.random.Generator, days: Days, people: People) -> _Touches:
    """To those who consent, from their arrival to the end, whether they still buy or not."""
    readers = np.flatnonzero(people.consents & ~people.is_guest)
    span = days.count - people.arrival_day[readers]
    person = np.repeat(readers, random.poisson(span / DAYS_BETWEEN_NEWSLETTERS))
    day = people.arrival_day[person] + np.ceil(
        random.random(len(person)) * (days.count - 1 - people.arrival_day[person])
    ).astype(np.int64)
    touched = days.utc_start[np.minimum(day, days.count - 1)] + 9 * 3_600 + random.integers(0, 1_800, len(person))
    return _same_for_all(person, touched, EMAIL, NEWSLETTER, RETENTION)


def _win_backs(random: np.random.Generator, days: Days, people: People, orders: Orders) -> _Touches:
    """To those who consent, some months after they stopped: too late for most."""
    last = np.zeros(people.count, dtype=np.int64)
    np.maximum.at(last, orders.person, orders.placed)
    person = np.flatnonzero(people.consents & ~people.is_guest & (last > 0))
    touched = last[person] + (WIN_BACK_AFTER_DAYS + random.integers(0, 60, len(person))) * SECONDS_PER_DAY
    return _same_for_all(person, touched, EMAIL, WIN_BACK, REACTIVATION)


def _same_for_all(person: np.ndarray, touched: np.ndarray, channel: int, campaign: str, purpose: int) -> _Touches:
    count = len(person)
    return (
        person,
        touched,
        np.full(count, channel),
        np.full(count, TOUCH_CAMPAIGNS.index(campaign)),
        np.full(count, purpose),
    )


def spend_table(parameters: Parameters) -> pa.Table:
    """`marketing_spend`: budgets by day, set by how many people are expected, not by how many came."""
    random, days = parameters.random("marketing spend"), days_of(parameters)
    expected = arrival_density(days) * parameters.customers * (1 + GUESTS_PER_CUSTOMER)
    rows: list[tuple[np.ndarray, str, str | None, str, int]] = []
    for index, channel in enumerate(CHANNELS):
        shares = campaign_shares(index)[days.month_of_year]
        for place, campaign in enumerate(channel.campaigns):
            budget = expected * channel.share * shares[:, place] * channel.cost_per_customer
            rows.append((budget, channel.name, campaign.name, "acquisition", channel.currency))
    so_far = np.cumsum(expected) / 365
    rows.append((so_far * NEWSLETTER_COST_PER_ARRIVAL, "email", NEWSLETTER, "retention", 0))
    rows.append((so_far * WIN_BACK_COST_PER_ARRIVAL * (days.weekday < 5), "email", WIN_BACK, "reactivation", 0))
    rows.append((so_far * BRAND_COST_PER_ARRIVAL, "podcast", None, "brand", 0))
    return pa.concat_tables([_spend_rows(random, days, *row) for row in rows]).sort_by(
        [(name, "ascending") for name in ("spend_date", "channel", "purpose", "campaign")]
    )


def _spend_rows(
    random: np.random.Generator,
    days: Days,
    budget: np.ndarray,
    channel: str,
    campaign: str | None,
    purpose: str,
    currency: int,
) -> pa.Table:
    """One campaign's days; budgets in the reporting currency become bills in the channel's own."""
    noise = random.lognormal(-0.02, 0.2, days.count)
    amount = money.from_float(budget * noise * 10**8 / days.rate[:, currency])
    spent = np.flatnonzero(amount > 0)
    return columns.input_table(
        "marketing_spend",
        {
            "spend_date": columns.day(days.dates[spent]),
            "channel": columns.constant(channel, len(spent)),
            "campaign": columns.labels((campaign,), np.zeros(len(spent), dtype=np.int64)),
            "purpose": columns.constant(purpose, len(spent)),
            "amount": columns.money(amount[spent]),
            "currency": columns.constant(CURRENCIES[currency], len(spent)),
        },
    )
