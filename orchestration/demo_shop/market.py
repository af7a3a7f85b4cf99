"""The market of the shop: channels that win customers, countries and their taxes, ways to order and to pay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ALL_YEAR = (1.0,) * 12


@dataclass(frozen=True)
class Campaign:
    """A campaign, and how much of its channel it is in each month of the year."""

    name: str | None
    weight_by_month: tuple[float, ...] = ALL_YEAR


def _season(name: str, first_month: int, last_month: int, weight: float = 1.0) -> Campaign:
    return Campaign(name, tuple(weight if first_month <= month <= last_month else 0.0 for month in range(1, 13)))


@dataclass(frozen=True)
class Channel:
    """A channel that wins customers, and what the customers that it wins are like. Factors are against the average."""

    name: str
    share: float
    cost_per_customer: float
    """Acquisition spend for each customer that is expected to be won, in the reporting currency."""
    rate: float
    dropout: float
    spend: float
    returns: float
    coupon: float
    """Chance that the first order came with a coupon."""
    campaigns: tuple[Campaign, ...]
    currency: int = 0
    """In which the channel sends its bills; index into CURRENCIES."""


CHANNELS = (
    Channel("organic", 0.24, 2.0, 1.15, 0.80, 1.05, 0.8, 0.05, (Campaign(None),)),
    Channel(
        "paid_search",
        0.24,
        16.0,
        1.00,
        1.00,
        1.00,
        1.0,
        0.15,
        (
            Campaign("search-brand", (0.35,) * 12),
            Campaign("search-coffee-beans", (0.4,) * 12),
            Campaign("search-espresso-machines", (0.25,) * 12),
        ),
    ),
    Channel(
        "paid_social",
        0.17,
        29.0,
        0.60,
        1.60,
        0.85,
        1.5,
        0.60,
        (
            Campaign("social-prospecting"),
            _season("social-barista-at-home", 1, 4, 0.8),
            _season("social-cold-brew-summer", 5, 8, 0.9),
            _season("social-christmas-gifts", 10, 12, 1.6),
        ),
    ),
    Channel(
        "affiliate",
        0.09,
        21.0,
        0.55,
        1.70,
        0.80,
        1.7,
        0.75,
        (
            Campaign("affiliate-coupon-sites"),
            Campaign("affiliate-coffee-blogs", (0.6,) * 12),
        ),
        currency=2,
    ),
    Channel("email", 0.05, 5.0, 1.20, 0.90, 1.00, 0.9, 0.35, (Campaign("email-welcome-series"),)),
    Channel("referral", 0.10, 8.0, 1.45, 0.65, 1.15, 0.7, 0.40, (Campaign("friends-of-the-roastery"),)),
    Channel("marketplace", 0.11, 0.0, 0.65, 1.40, 0.80, 1.3, 0.00, (Campaign(None),)),
)
"""Made so that two of the paid ones cost more than their customers bring: social and affiliate."""

CHANNEL_NAMES = tuple(channel.name for channel in CHANNELS)
REFERRAL = CHANNEL_NAMES.index("referral")
ORGANIC = CHANNEL_NAMES.index("organic")
MARKETPLACE = CHANNEL_NAMES.index("marketplace")
EMAIL = CHANNEL_NAMES.index("email")

CAMPAIGNS = tuple(campaign.name for channel in CHANNELS for campaign in channel.campaigns)
"""All campaigns, one after another; a customer's campaign is an index into this."""
FIRST_CAMPAIGN = tuple(int(n) for n in np.cumsum([0] + [len(channel.campaigns) for channel in CHANNELS]))


def trait(name: str) -> np.ndarray:
    """One factor of each channel, by channel."""
    return np.array([getattr(channel, name) for channel in CHANNELS])


def campaign_shares(channel: int) -> np.ndarray:
    """[month of year, campaign of the channel]: share of the channel's customers; rows sum to 1."""
    weights = np.array([campaign.weight_by_month for campaign in CHANNELS[channel].campaigns]).T
    return weights / weights.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class Country:
    """A country that is delivered to."""

    code: str
    share: float
    currency: int
    food_tax: int
    tax: int
    """Per mille of the price before tax."""
    parcel_cost: float
    shipping_price: float
    """What the shop charges, in the country's currency, below the free limit."""


COUNTRIES = (
    Country("DE", 0.66, 0, 70, 190, 4.15, 4.10),
    Country("AT", 0.11, 0, 100, 200, 6.40, 4.90),
    Country("NL", 0.07, 0, 90, 210, 6.70, 4.90),
    Country("CH", 0.10, 1, 26, 81, 9.80, 7.90),
    Country("GB", 0.06, 2, 0, 200, 9.20, 5.90),
)
COUNTRY_CODES = tuple(country.code for country in COUNTRIES)


def country_trait(name: str) -> np.ndarray:
    """One figure of each country, by country."""
    return np.array([getattr(country, name) for country in COUNTRIES])


PRICE_FACTORS = (1.0, 1.12, 0.95)
"""List prices in each currency against the euro's: a shop sets its prices, it does not convert them each day."""
FREE_SHIPPING_FROM = (50, 60, 50)

SALES_CHANNELS = ("web", "app", "store", "marketplace", "phone")
SALES_CHANNEL_SHARES = (0.62, 0.24, 0.06, 0.05, 0.03)
SALES_AT_MARKETPLACE = 3
SALES_IN_STORE = 2
COMMISSION_PERCENT = 13

METHODS = ("paypal", "card", "invoice", "transfer", "marketplace", "cash")
METHOD_SHARES = (0.38, 0.33, 0.20, 0.09)
PAYPAL, CARD, INVOICE, TRANSFER, BY_MARKETPLACE, CASH = range(6)
FEE_PER_MILLE = (25, 14, 30, 0, 0, 0)
FEE_FIXED_CENTS = (35, 25, 30, 0, 0, 0)

CARRIERS = ("Paketdienst Nord", "Eilbote", "Alpenpost")
