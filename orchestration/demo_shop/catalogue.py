"""What the shop sells: coffee, tea, and what it takes to make them; with prices by year and costs that change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from orchestration.demo_shop import columns, money
from orchestration.demo_shop.assortment import ASSORTMENT
from orchestration.demo_shop.days import Days, days_of
from orchestration.demo_shop.market import PRICE_FACTORS
from orchestration.demo_shop.parameters import Parameters

PRICE_RISE_PER_YEAR = 0.04
HALF_YEARS_PER_YEAR = 2


@dataclass(frozen=True)
class Catalogue:
    """Arrays over products, in the order of the assortment."""

    name: tuple[str, ...]
    category: tuple[str, ...]
    subcategory: tuple[str, ...]
    is_food: np.ndarray
    is_heavy: np.ndarray
    by_weight: np.ndarray
    launch_day: np.ndarray
    """Day from which it is on sale; 0 and less: from the start."""
    substitute: np.ndarray
    """What is bought in its place before it is launched."""
    everyday: np.ndarray
    upscale: np.ndarray
    """Cumulated popularity, everyday and when somebody treats themselves: the last entry is 1."""
    quantity: np.ndarray
    """How many of it people take beyond the first, on average."""
    price: np.ndarray
    """[year, currency, product] before tax, in ten-thousandths."""
    cost: np.ndarray
    """[half year, product] in the reporting currency, in ten-thousandths."""
    has_dated_cost: np.ndarray
    """Whether product_costs tells of it; where not, its cost never changes."""

    @property
    def count(self) -> int:
        """How many products there are."""
        return len(self.name)

    def half_year(self, days: Days, day: np.ndarray) -> np.ndarray:
        """Which costs hold on a day."""
        return days.year[day] * HALF_YEARS_PER_YEAR + (days.month_of_year[day] >= 6)

    def pick(self, random: np.random.Generator, upscale: np.ndarray, day: np.ndarray) -> np.ndarray:
        """A product for each entry, by popularity, on sale on its day."""
        draw = random.random(len(day))
        chosen = np.where(
            upscale,
            np.searchsorted(self.upscale, draw, side="right"),
            np.searchsorted(self.everyday, draw, side="right"),
        )
        return self.on_sale(chosen, day)

    def on_sale(self, product: np.ndarray, day: np.ndarray) -> np.ndarray:
        """The product, or its substitute where the day is before its launch."""
        return np.where(self.launch_day[product] > day, self.substitute[product], product)


def catalogue_of(parameters: Parameters) -> Catalogue:
    """The catalogue of a shop, worked out once a process."""
    return _catalogue_of(parameters.first_year, parameters.years, parameters.seed)


@cache
def _catalogue_of(first_year: int, years: int, seed: int) -> Catalogue:
    parameters = Parameters(first_year=first_year, years=years, seed=seed)
    random = parameters.random("catalogue")
    rows = ASSORTMENT
    list_price = np.array([row.price for row in rows])
    popularity = np.array([row.popularity for row in rows])
    is_new = np.array([row.is_new for row in rows])
    return Catalogue(
        name=tuple(row.name for row in rows),
        category=tuple(row.category for row in rows),
        subcategory=tuple(row.subcategory for row in rows),
        is_food=np.array([row.is_food for row in rows]),
        is_heavy=np.array([row.is_heavy for row in rows]),
        by_weight=np.array([row.by_weight for row in rows]),
        launch_day=_launch_days(is_new, days_of(parameters).count, random),
        substitute=_substitutes(),
        everyday=_cumulated(popularity),
        upscale=_cumulated(np.where(list_price > 0, popularity * np.sqrt(list_price) * (list_price > 25), 0)),
        quantity=np.array([0.55 if row.is_food else 0.25 if row.price < 15 else 0.0 for row in rows]),
        price=_prices(list_price, years),
        cost=_costs(list_price, np.array([row.cost_share for row in rows]), years, random),
        has_dated_cost=np.arange(len(rows)) % 11 != 10,
    )


def _cumulated(weights: np.ndarray) -> np.ndarray:
    cumulated = np.cumsum(weights)
    return cumulated / cumulated[-1]


def _launch_days(is_new: np.ndarray, days: int, random: np.random.Generator) -> np.ndarray:
    """New products are launched one after another through the years, the others some time before the opening."""
    launch = -random.integers(30, 900, len(is_new))
    launch[is_new] = np.linspace(days * 0.08, days * 0.85, int(is_new.sum())).astype(int)
    return launch


def _substitutes() -> np.ndarray:
    """The first product of the same category that was there from the start."""
    first: dict[str, int] = {}
    for place, row in enumerate(ASSORTMENT):
        if not row.is_new:
            first.setdefault(row.category, place)
    return np.array([first[row.category] if row.is_new else place for place, row in enumerate(ASSORTMENT)])


def _prices(list_price: np.ndarray, years: int) -> np.ndarray:
    """Prices rise once a year; in each currency they end on a full ten cents, as a shop would set them."""
    rise = (1 + PRICE_RISE_PER_YEAR) ** np.arange(years)
    tens = np.rint(rise[:, None, None] * np.array(PRICE_FACTORS)[None, :, None] * list_price[None, None, :] * 10)
    return tens.astype(np.int64) * 10 * money.CENT


def _costs(list_price: np.ndarray, cost_share: np.ndarray, years: int, random: np.random.Generator) -> np.ndarray:
    """Costs move every half year, each product by itself, a little faster than prices."""
    reference = np.where(list_price > 0, list_price, 1.2)
    steps = random.normal(0.021, 0.02, (years * HALF_YEARS_PER_YEAR, len(list_price)))
    steps[0] = 0
    steps[:, np.arange(len(list_price)) % 11 == 10] = 0
    return money.from_float(reference * cost_share * np.exp(np.cumsum(steps, axis=0)))


def products_table(parameters: Parameters) -> pa.Table:
    """`products`: list price and cost as of the first year, in the reporting currency."""
    catalogue, days = catalogue_of(parameters), days_of(parameters)
    launched = (days.utc_start[0] + catalogue.launch_day.astype(np.int64) * 86_400) + 9 * 3_600
    places = np.arange(catalogue.count)
    return columns.input_table(
        "products",
        {
            "product_id": columns.product(places),
            "product_name": pa.array(catalogue.name),
            "category": pa.array(catalogue.category),
            "subcategory": pa.array(catalogue.subcategory),
            "list_price": columns.money(catalogue.price[0, 0]),
            "unit_cost": columns.money(catalogue.cost[0]),
            "currency": columns.constant("EUR", catalogue.count),
            "launched_at": columns.moment(launched),
            "updated_at": columns.moment(launched),
        },
    )


def product_costs_table(parameters: Parameters) -> pa.Table:
    """`product_costs`: a row for each half year in which a product's cost changed. No currency is the shop's own."""
    catalogue, days = catalogue_of(parameters), days_of(parameters)
    first_months = days.first.astype("datetime64[M]") + 6 * np.arange(len(catalogue.cost))
    changed = np.ones(catalogue.cost.shape, dtype=bool)
    changed[1:] = catalogue.cost[1:] != catalogue.cost[:-1]
    changed &= catalogue.has_dated_cost
    half_year, product = np.nonzero(changed)
    return columns.input_table(
        "product_costs",
        {
            "product_id": columns.product(product),
            "valid_from": columns.day(first_months[half_year].astype("datetime64[D]")),
            "unit_cost": columns.money(catalogue.cost[half_year, product]),
            "currency": columns.labels(("EUR", None), product % 2),
        },
    )
