"""Orders and their lines: when people buy, what, how much, at what price, with what discount."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.demo_shop import money
from orchestration.demo_shop.assortment import SAMPLE
from orchestration.demo_shop.catalogue import Catalogue, catalogue_of
from orchestration.demo_shop.days import Days, days_of, seconds_of_day
from orchestration.demo_shop.market import (
    BY_MARKETPLACE,
    CASH,
    COMMISSION_PERCENT,
    FREE_SHIPPING_FROM,
    SALES_AT_MARKETPLACE,
    SALES_CHANNEL_SHARES,
    SALES_IN_STORE,
    country_trait,
    trait,
)
from orchestration.demo_shop.parameters import NUMBERS_PER_BLOCK, Parameters
from orchestration.demo_shop.people import People

ACQUISITION, RETENTION, REACTIVATION, NO_PURPOSE = range(4)
PURPOSES = ("acquisition", "retention", "reactivation", None)
CANCELLED_SHARE = 0.022
DORMANT_DAYS = 150
THOUSANDTH = 1_000


@dataclass(frozen=True)
class Lines:
    """Arrays over order lines, by order and line number. Money in ten-thousandths of the order's currency."""

    order: np.ndarray
    """Place of the order in the block."""
    number: np.ndarray
    product: np.ndarray
    quantity: np.ndarray
    """In thousandths."""
    price: np.ndarray
    gross: np.ndarray
    discount: np.ndarray
    order_discount: np.ndarray
    """This line's share of the discount on the whole order, a fraction of a cent cut or lifted so that shares sum."""
    tax: np.ndarray
    cost: np.ndarray
    """Cost of the goods, in the reporting currency, rounded to the cent."""
    unit_cost: np.ndarray

    @property
    def net(self) -> np.ndarray:
        """After all discounts, before tax."""
        return self.gross - self.discount - self.order_discount


@dataclass(frozen=True)
class Orders:
    """Arrays over the orders of a block, by time. Money in ten-thousandths of the order's currency."""

    number: np.ndarray
    person: np.ndarray
    day: np.ndarray
    placed: np.ndarray
    """Seconds since 1970 in UTC."""
    is_first: np.ndarray
    is_cancelled: np.ndarray
    sales_channel: np.ndarray
    method: np.ndarray
    country: np.ndarray
    currency: np.ndarray
    rate: np.ndarray
    shipping: np.ndarray
    discount: np.ndarray
    purpose: np.ndarray
    tax: np.ndarray
    commission: np.ndarray
    goods: np.ndarray
    """Net of the lines, after all discounts."""
    first_line: np.ndarray
    line_count: np.ndarray

    @property
    def count(self) -> int:
        """How many orders there are."""
        return len(self.number)

    @property
    def total(self) -> np.ndarray:
        """What the buyer pays: goods, shipping, tax."""
        return self.goods + self.shipping + self.tax

    @property
    def is_online(self) -> np.ndarray:
        """Bought in the shop's own pages or app, that is, in a session."""
        return self.sales_channel <= 1


def orders_of(parameters: Parameters, block: int, people: People) -> tuple[Orders, Lines]:
    """All orders of a block with their lines."""
    random = parameters.random("orders", block)
    days, catalogue = days_of(parameters), catalogue_of(parameters)
    person, day, placed, is_first = _purchases(random, days, people)
    country = people.country[person]
    currency = country_trait("currency")[country]
    sales_channel = np.where(
        random.random(len(person)) < 0.85,
        people.sales_channel[person],
        random.choice(len(SALES_CHANNEL_SHARES), len(person), p=SALES_CHANNEL_SHARES),
    )
    order, number, product, quantity = _baskets(random, catalogue, people, person, day)
    price = catalogue.price[days.year[day[order]], currency[order], product]
    gross = quantity * price // THOUSANDTH
    line_discount = _line_discounts(
        random, gross, people.deal_seeking[person[order]], days.month_of_year[day[order]] == 10
    )
    after_lines = money.totals(order, gross - line_discount, len(person))
    discount, purpose = _coupons(random, people, person, day, is_first, sales_channel, after_lines)
    order_discount = _spread(discount, after_lines, order, gross - line_discount, number)
    net = gross - line_discount - order_discount
    tax_rate = np.where(
        catalogue.is_food[product], country_trait("food_tax")[country[order]], country_trait("tax")[country[order]]
    )
    tax = money.to_cents(net * tax_rate // 1_000)
    goods = money.totals(order, net, len(person))
    shipping = _shipping(sales_channel, country, currency, goods)
    unit_cost = catalogue.cost[catalogue.half_year(days, day[order]), product]
    line_count = np.bincount(order, minlength=len(person))
    lines = Lines(
        order,
        number,
        product,
        quantity,
        price,
        gross,
        line_discount,
        order_discount,
        tax,
        money.to_cents(quantity * unit_cost // THOUSANDTH),
        unit_cost,
    )
    orders = Orders(
        number=block * NUMBERS_PER_BLOCK + np.arange(len(person)) + 1,
        person=person,
        day=day,
        placed=placed,
        is_first=is_first,
        is_cancelled=random.random(len(person)) < CANCELLED_SHARE,
        sales_channel=sales_channel,
        method=np.select(
            [sales_channel == SALES_AT_MARKETPLACE, sales_channel == SALES_IN_STORE],
            [BY_MARKETPLACE, CASH],
            people.method[person],
        ),
        country=country,
        currency=currency,
        rate=days.rate[day, currency],
        shipping=shipping,
        discount=discount,
        purpose=purpose,
        tax=money.totals(order, tax, len(person)) + money.to_cents(shipping * country_trait("tax")[country] // 1_000),
        commission=np.where(sales_channel == SALES_AT_MARKETPLACE, money.share_of(goods, COMMISSION_PERCENT), 0),
        goods=goods,
        first_line=np.cumsum(line_count) - line_count,
        line_count=line_count,
    )
    return orders, lines


def _purchases(
    random: np.random.Generator, days: Days, people: People
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Person, day, moment of each order, and whether it is their first; sorted by moment.

    After the first order, on the day of arrival, repeats begin on the next day: their number is Poisson with the rate
    times the busyness that passes until the person stops, their moments spread evenly over that busyness.
    """
    clock = days.elapsed_busyness
    begins = clock[np.minimum(people.arrival_day + 1, days.count)]
    ends = np.interp(np.minimum(people.last_active_day, days.count), np.arange(days.count + 1), clock)
    open_time = np.maximum(ends - begins, 0.0)
    repeats = random.poisson(people.rate * open_time)
    buyers = np.flatnonzero(~people.is_prospect)
    repeaters = np.repeat(np.arange(people.count), repeats)
    at = begins[repeaters] + random.random(len(repeaters)) * open_time[repeaters]
    repeat_days = np.clip(np.searchsorted(clock, at, side="right") - 1, 0, days.count - 1)
    person = np.concatenate([buyers, repeaters])
    day = np.concatenate([people.arrival_day[buyers], repeat_days])
    is_first = np.arange(len(person)) < len(buyers)
    placed = days.utc_start[day] + seconds_of_day(random, len(person))
    by_time = np.lexsort((person, placed))
    return person[by_time], day[by_time], placed[by_time], is_first[by_time]


def _baskets(
    random: np.random.Generator, catalogue: Catalogue, people: People, person: np.ndarray, day: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Order, line number, product, quantity (thousandths) of each line; a product stands once in an order."""
    wanted = 1 + random.poisson(1.05 + 0.9 * people.is_business[person])
    order = np.repeat(np.arange(len(person)), wanted)
    buyer, when = person[order], day[order]
    upscale = random.random(len(order)) < np.clip(0.055 * people.spend[buyer], 0, 0.3)
    product = catalogue.pick(random, upscale, when)
    favourite = catalogue.on_sale(people.favourite[buyer], when)
    product = np.where((random.random(len(order)) < 0.33) & ~upscale, favourite, product)
    alone = (product == SAMPLE) & (wanted[order] == 1)
    product = np.where(alone, 0, product)
    distinct = distinct_sorted(order * catalogue.count + product)
    order, product = distinct // catalogue.count, distinct % catalogue.count
    first = np.searchsorted(order, np.arange(len(person)))
    number = np.arange(len(order)) - first[order] + 1
    more = random.poisson(catalogue.quantity[product] * people.spend[person[order]])
    quantity = np.where(product == SAMPLE, 1, 1 + more) * THOUSANDTH
    quarters = 1 + random.integers(0, 12, len(order))
    return order, number, product, np.where(catalogue.by_weight[product], quarters * THOUSANDTH // 4, quantity)


def distinct_sorted(numbers: np.ndarray) -> np.ndarray:
    """The different numbers, ascending: several times faster than numpy's own, which hashes first."""
    ascending = np.sort(numbers)
    return ascending[np.diff(ascending, prepend=ascending[:1] - 1) != 0]


def _line_discounts(
    random: np.random.Generator, gross: np.ndarray, deal_seeking: np.ndarray, is_november: np.ndarray
) -> np.ndarray:
    """Offers: 10, 15, 20 or 25 % of a line, more often for those who look for them, and in November."""
    offered = random.random(len(gross)) < np.clip(0.06 + 0.55 * deal_seeking + 0.12 * is_november, 0, 0.6)
    percent = np.array([10, 15, 20, 25])[random.integers(0, 4, len(gross))]
    return np.where(offered, money.share_of(gross, percent), 0)


def _coupons(
    random: np.random.Generator,
    people: People,
    person: np.ndarray,
    day: np.ndarray,
    is_first: np.ndarray,
    sales_channel: np.ndarray,
    goods: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Discount on whole orders and its purpose: to win somebody, to keep them, to win them back."""
    dormant = _days_since_previous(person, day) > DORMANT_DAYS
    draw = random.random(len(person))
    seeking = people.deal_seeking[person]
    purpose = np.select(
        [
            is_first & (draw < trait("coupon")[people.channel[person]]),
            ~is_first & dormant & (draw < 0.45),
            ~is_first & ~dormant & (draw < 0.04 + 0.40 * seeking) & people.consents[person],
        ],
        [ACQUISITION, REACTIVATION, RETENTION],
        NO_PURPOSE,
    )
    none = (sales_channel == SALES_AT_MARKETPLACE) | (sales_channel == SALES_IN_STORE) | (goods == 0)
    purpose = np.where(none, NO_PURPOSE, purpose)
    percent = np.array([15, 10, 20, 0])[purpose]
    discount = money.share_of(goods, percent)
    return discount, np.where(discount == 0, NO_PURPOSE, purpose)


def _days_since_previous(person: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Days since the person's order before; 0 for the first. Orders come sorted by time."""
    by_person = np.argsort(person, kind="stable")
    gaps = np.diff(day[by_person], prepend=day[by_person][:1])
    gaps[np.diff(person[by_person], prepend=-1) != 0] = 0
    since = np.empty(len(person), dtype=np.int64)
    since[by_person] = gaps
    return since


def _spread(
    discount: np.ndarray, total: np.ndarray, order: np.ndarray, value: np.ndarray, number: np.ndarray
) -> np.ndarray:
    """The orders' discounts shared among their lines by value, in whole cents that sum to the discount exactly."""
    before_all = np.cumsum(value) - value
    start = np.flatnonzero(number == 1)
    before = before_all - before_all[start][order]
    cents, whole = discount[order] // money.CENT, np.maximum(total[order], 1)
    return (cents * (before + value) // whole - cents * before // whole) * money.CENT


def _shipping(sales_channel: np.ndarray, country: np.ndarray, currency: np.ndarray, goods: np.ndarray) -> np.ndarray:
    """Shipping charged: the country's price below the free limit; nothing in the store."""
    price = money.from_float(country_trait("shipping_price"))[country]
    free = goods >= np.array(FREE_SHIPPING_FROM)[currency] * money.UNIT
    return np.where(free | (sales_channel == SALES_IN_STORE), 0, price)
