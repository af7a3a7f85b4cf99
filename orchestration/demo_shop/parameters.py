"""What a demo shop is made from: its size, its years, its seed; and the random streams that follow from them."""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass
from datetime import date

import numpy as np

GENERATOR_VERSION = 2
"""Goes up whenever the same parameters give other content, so that an old shop is not taken for a new one."""

SMALL_BLOCK = 2_500
LARGE_BLOCK = 10_000
SMALL_SHOP = 50_000
"""Customers: up to a small shop, blocks are small (several even in the default shop); above it, large enough that a
shop of a hundred million lines has some hundred files a table and a block needs some hundred megabytes."""

NUMBERS_PER_BLOCK = 10_000_000
"""Orders, payments, events of block b are numbered from b times this: no two blocks ever give the same number."""


class DemoShopError(Exception):
    """The shop cannot be made; the message says what to change."""


@dataclass(frozen=True)
class Parameters:
    """All that decides the content of a shop. The number of worker processes is not among it."""

    customers: int = 5_000
    first_year: int = 2023
    years: int = 3
    seed: int = 1
    clean: bool = False

    def __post_init__(self) -> None:
        if self.customers < 1:
            raise DemoShopError(f"customers: {self.customers} given, expected 1 or more")
        if not 1 <= self.years <= 20:
            raise DemoShopError(f"years: {self.years} given, expected 1 to 20")
        if not 1970 <= self.first_year <= 2100:
            raise DemoShopError(f"first_year: {self.first_year} given, expected 1970 to 2100")
        if self.seed < 0:
            raise DemoShopError(f"seed: {self.seed} given, expected 0 or more")

    @property
    def opened_on(self) -> date:
        """The first day of the shop, in its own time zone."""
        return date(self.first_year, 1, 1)

    @property
    def last_day(self) -> date:
        """The last day that the shop tells of."""
        return date(self.first_year + self.years - 1, 12, 31)

    @property
    def block_size(self) -> int:
        """Customers a block; it follows from the size of the shop alone."""
        return SMALL_BLOCK if self.customers <= SMALL_SHOP else LARGE_BLOCK

    @property
    def block_count(self) -> int:
        """How many blocks of customers there are."""
        return -(-self.customers // self.block_size)

    def customers_before(self, block: int) -> int:
        """How many customers the blocks before this one hold."""
        return block * self.block_size

    def customers_in(self, block: int) -> int:
        """How many customers this block holds."""
        return min(self.block_size, self.customers - self.customers_before(block))

    def random(self, purpose: str, block: int | None = None) -> np.random.Generator:
        """The random stream of one purpose, in one block or (None) for the company as a whole.

        A stream for each purpose, so that a new draw for one thing leaves everything else as it was.
        """
        place = 0 if block is None else block + 1
        return np.random.Generator(
            np.random.PCG64(np.random.SeedSequence([self.seed, place, zlib.crc32(purpose.encode())]))
        )

    def as_json(self) -> dict[str, int | bool]:
        """What is kept in `_truth/parameters.json`, to know the same generation again."""
        return {"generator_version": GENERATOR_VERSION, **asdict(self)}
