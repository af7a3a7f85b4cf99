"""The people of a block, and what drives them: how often they buy, when they stop, how much they take, who won them.

The model is that of Schmittlein, Morrison & Colombo (1987), Pareto/NBD: while active, a person buys at random at a rate
of their own, gamma distributed over people; they stop for good after an exponential time whose rate is gamma
distributed too. The clock of the purchases runs faster on busy days (`Days.elapsed_busyness`), that of stopping does
not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.demo_shop.catalogue import catalogue_of
from orchestration.demo_shop.days import Days, days_of
from orchestration.demo_shop.market import (
    CHANNELS,
    COUNTRIES,
    FIRST_CAMPAIGN,
    MARKETPLACE,
    METHOD_SHARES,
    ORGANIC,
    REFERRAL,
    SALES_AT_MARKETPLACE,
    SALES_CHANNEL_SHARES,
    campaign_shares,
    country_trait,
    trait,
)
from orchestration.demo_shop.parameters import Parameters

GUESTS_PER_CUSTOMER = 0.30
"""Orders of guests for each customer account; a guest orders once."""
RATE_SHAPE, RATE_MEAN_PER_DAY = 0.60, 3.8 / 365
DROPOUT_SHAPE, DROPOUT_MEAN_PER_DAY = 1.3, 1 / 520
PROSPECT_SHARE = 0.05
BUSINESS_SHARE = 0.015
SERIAL_RETURNER_SHARE = 0.05
HEAVY_CALLER_SHARE = 0.03
MERGED_SHARE = 0.014
GROWTH = 0.35
"""How many more people arrive a day at the end than at the beginning, as a share."""
NOBODY = -1


@dataclass(frozen=True)
class People:
    """Arrays over the customers of a block, in order of arrival, and after them its guests."""

    customers: int
    number: np.ndarray
    """Customer number; 0 for guests."""
    arrival_day: np.ndarray
    """Day of the first order; for a prospect, who never orders, of the account."""
    is_prospect: np.ndarray
    is_business: np.ndarray
    rate: np.ndarray
    """Purchases per day of average busyness, while active."""
    dropout_rate: np.ndarray
    """Chance of stopping, per day."""
    last_active_day: np.ndarray
    """Day, as a float, on which they stop; may lie after the last day of the shop."""
    spend: np.ndarray
    """Level of spending, 1.0 on average."""
    returns: np.ndarray
    """Chance that an order is returned, in whole or part."""
    contacts: np.ndarray
    """Service contacts expected for each order."""
    deal_seeking: np.ndarray
    """0 to 1: how much of what is bought is bought on discount."""
    pays_late: np.ndarray
    is_member: np.ndarray
    consents: np.ndarray
    channel: np.ndarray
    campaign: np.ndarray
    country: np.ndarray
    sales_channel: np.ndarray
    method: np.ndarray
    favourite: np.ndarray
    """The product that they come back for."""
    referrer: np.ndarray
    """Place in the block of who referred them, or NOBODY."""
    merged_into: np.ndarray
    """Place in the block of the account that this one was merged into, or NOBODY."""
    merged_day: np.ndarray

    @property
    def count(self) -> int:
        """Customers and guests."""
        return len(self.number)

    @property
    def is_guest(self) -> np.ndarray:
        """True for guests."""
        return self.number == 0

    def survivor(self) -> np.ndarray:
        """Place in the block of the account in which each one's merges end."""
        return _survivors(self.merged_into)


def people_of(parameters: Parameters, block: int) -> People:
    """Draws the people of a block; always the same ones."""
    random = parameters.random("people", block)
    days = days_of(parameters)
    customers = parameters.customers_in(block)
    count = customers + round(customers * GUESTS_PER_CUSTOMER)
    guest = np.arange(count) >= customers
    arrival = _arrivals(random, days, customers, count)
    prospect = (random.random(count) < PROSPECT_SHARE) & ~guest
    channel = random.choice(len(CHANNELS), count, p=trait("share"))
    referrer = _referrers(random, channel, prospect, customers)
    campaign = _campaigns(random, channel, days.month_of_year[arrival])
    business = (random.random(count) < BUSINESS_SHARE) & ~guest
    rate = (
        random.gamma(RATE_SHAPE, RATE_MEAN_PER_DAY / RATE_SHAPE, count)
        * trait("rate")[channel]
        * np.where(business, 2.5, 1.0)
    )
    dropout = random.gamma(DROPOUT_SHAPE, DROPOUT_MEAN_PER_DAY / DROPOUT_SHAPE, count) * trait("dropout")[channel]
    stops = arrival + random.exponential(1.0, count) / np.maximum(dropout, 1e-9)
    merged_into, merged_day = _merges(random, arrival, prospect, channel, customers, days.count)
    country = random.choice(len(COUNTRIES), count, p=country_trait("share"))
    serial = random.random(count) < SERIAL_RETURNER_SHARE
    caller = random.random(count) < HEAVY_CALLER_SHARE
    sales_channel = random.choice(len(SALES_CHANNEL_SHARES), count, p=SALES_CHANNEL_SHARES)
    return People(
        customers=customers,
        number=np.where(guest, 0, parameters.customers_before(block) + np.arange(count) + 1),
        arrival_day=arrival,
        is_prospect=prospect,
        is_business=business,
        rate=np.where(guest | prospect, 0.0, rate),
        dropout_rate=np.where(guest | prospect, 0.0, dropout),
        last_active_day=np.where(guest, arrival, np.where(merged_into == NOBODY, stops, np.minimum(stops, merged_day))),
        spend=random.lognormal(-0.18, 0.6, count) * trait("spend")[channel] * np.where(business, 2.6, 1.0),
        returns=np.where(serial, random.uniform(0.30, 0.65, count), random.beta(1.2, 22, count))
        * trait("returns")[channel],
        contacts=np.where(caller, random.uniform(0.6, 1.8, count), random.gamma(1.0, 0.05, count)),
        deal_seeking=random.beta(1.2, 4.0, count),
        pays_late=random.random(count) < 0.12,
        is_member=(random.random(count) < 0.38) & ~guest,
        consents=random.random(count) < 0.64,
        channel=channel,
        campaign=campaign,
        country=country[_survivors(merged_into)],
        sales_channel=np.where(
            (channel == MARKETPLACE) & (random.random(count) < 0.8), SALES_AT_MARKETPLACE, sales_channel
        ),
        method=random.choice(len(METHOD_SHARES), count, p=METHOD_SHARES),
        favourite=np.searchsorted(catalogue_of(parameters).everyday, random.random(count), side="right"),
        referrer=referrer,
        merged_into=merged_into,
        merged_day=merged_day,
    )


def arrival_density(days: Days) -> np.ndarray:
    """Share of all people that arrive on each day: more on busy days, more as the shop grows, none on day 0."""
    density = days.busyness * (1 + GROWTH * np.arange(days.count) / days.count)
    density[0] = 0
    return density / density.sum()


def _arrivals(random: np.random.Generator, days: Days, customers: int, count: int) -> np.ndarray:
    cumulated = np.cumsum(arrival_density(days))
    arrival = np.minimum(np.searchsorted(cumulated / cumulated[-1], random.random(count), side="right"), days.count - 1)
    arrival[:customers].sort()
    return arrival


def _campaigns(random: np.random.Generator, channel: np.ndarray, month_of_year: np.ndarray) -> np.ndarray:
    """Index into CAMPAIGNS: a campaign of the person's channel that runs in their month."""
    draw = random.random(len(channel))
    campaign = np.zeros(len(channel), dtype=np.int64)
    for index in range(len(CHANNELS)):
        shares = np.cumsum(campaign_shares(index), axis=1)
        passed = (draw[:, None] >= shares[month_of_year]).sum(axis=1)
        choice = FIRST_CAMPAIGN[index] + np.minimum(passed, shares.shape[1] - 1)
        campaign = np.where(channel == index, choice, campaign)
    return campaign


def _survivors(merged_into: np.ndarray) -> np.ndarray:
    """Where each one's merges end; a merge points to an earlier place, so one pass in order follows every chain."""
    survivor = np.arange(len(merged_into))
    for place in np.flatnonzero(merged_into != NOBODY):
        survivor[place] = survivor[merged_into[place]]
    return survivor


def _referrers(random: np.random.Generator, channel: np.ndarray, prospect: np.ndarray, customers: int) -> np.ndarray:
    """Who referred them: someone who bought earlier, so that referrals are a forest; the earlier, the likelier.

    Whom nobody can have referred yet, guests too, is made organic in `channel`.
    """
    buyers = np.flatnonzero(~prospect[:customers])
    earlier = np.searchsorted(buyers, np.arange(len(channel)))
    earlier[customers:] = 0
    referred = (channel == REFERRAL) & (earlier > 0)
    channel[(channel == REFERRAL) & ~referred] = ORGANIC
    chosen = np.floor(random.random(len(channel)) ** 1.5 * earlier).astype(np.int64)
    referrer = np.full(len(channel), NOBODY)
    referrer[referred] = buyers[chosen[referred]]
    return referrer


def _merges(
    random: np.random.Generator,
    arrival: np.ndarray,
    prospect: np.ndarray,
    channel: np.ndarray,
    customers: int,
    days: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Second accounts of one person, merged into an earlier one some weeks on; at times that is merged itself."""
    merged_into = np.full(len(arrival), NOBODY)
    merged_day = arrival + 20 + random.integers(0, 240, len(arrival))
    buyers = np.flatnonzero(~prospect[:customers])
    chosen = (
        (random.random(len(buyers)) < MERGED_SHARE) & (channel[buyers] != REFERRAL) & (merged_day[buyers] < days - 1)
    )
    back = random.random(len(buyers))
    chained = random.random(len(buyers)) < 0.2
    previous = NOBODY
    for rank in np.flatnonzero(chosen):
        if rank == 0:
            continue
        target = buyers[rank - 1 - int(back[rank] * min(rank, 400))]
        merged_into[buyers[rank]] = previous if chained[rank] and previous != NOBODY else target
        previous = buyers[rank]
    return merged_into, np.where(merged_into == NOBODY, days, merged_day)
