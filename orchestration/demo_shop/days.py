"""The shop's calendar: its days in Europe/Berlin, how busy each is, what they are in UTC, and the rates of exchange."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from orchestration.demo_shop.parameters import Parameters

TIME_ZONE = "Europe/Berlin"
SECONDS_PER_DAY = 86_400

CURRENCIES = ("EUR", "CHF", "GBP")
REPORTING_CURRENCY = CURRENCIES[0]
RATE_ONE = 10**8
"""A rate of 1.0 in the units of `decimal(20,8)`."""
_FIRST_RATES = (1.0, 1.0120, 1.1290)
_DAYS_OF_RATES_BEFORE = 10

MONTH_RHYTHM = (0.94, 0.90, 0.92, 0.92, 0.90, 0.86, 0.82, 0.84, 0.95, 1.05, 1.32, 1.62)
WEEK_RHYTHM = (1.10, 1.03, 0.99, 0.98, 0.92, 0.84, 1.14)
HOUR_RHYTHM = (6, 3, 2, 1, 1, 3, 10, 24, 36, 45, 50, 50, 52, 48, 46, 46, 50, 56, 66, 82, 92, 80, 48, 18)


@dataclass(frozen=True)
class Days:
    """Arrays over the days of the shop, day 0 = the day it opened, in its own time zone."""

    count: int
    first: np.datetime64
    dates: np.ndarray
    """datetime64[D] by day."""
    month: np.ndarray
    """Months since the first one, by day."""
    month_of_year: np.ndarray
    """0 = January, by day."""
    year: np.ndarray
    """Years since the first one, by day."""
    weekday: np.ndarray
    """0 = Monday, by day."""
    busyness: np.ndarray
    """How busy a day is; 1.0 on average."""
    elapsed_busyness: np.ndarray
    """Busyness before each day, cumulated; one entry more than days. The clock on which purchases are Poisson."""
    utc_start: np.ndarray
    """Seconds since 1970 in UTC at which each day begins, by the offset that holds at its noon."""
    rate: np.ndarray
    """[day, currency]: units of the reporting currency for one, times RATE_ONE; carried over weekends."""

    @property
    def opening(self) -> int:
        """Nine in the morning of the first day, in seconds since 1970: nothing happens before, not even in UTC."""
        return int(self.utc_start[0]) + 9 * 3_600

    @property
    def end(self) -> int:
        """Seconds since 1970 in UTC at which the last day ends."""
        return int(self.utc_start[-1]) + SECONDS_PER_DAY

    @property
    def months(self) -> int:
        """How many months there are."""
        return int(self.month[-1]) + 1

    def day_of(self, stamp: np.ndarray) -> np.ndarray:
        """The day, in the shop's time zone, of each moment (seconds since 1970 in UTC); others go to its ends."""
        return np.clip(np.searchsorted(self.utc_start, stamp, side="right") - 1, 0, self.count - 1)

    def month_start(self) -> np.ndarray:
        """First day of each month, datetime64[D]."""
        return self.first.astype("datetime64[M]") + np.arange(self.months)


def days_of(parameters: Parameters) -> Days:
    """The calendar of a shop, worked out once a process."""
    return _days_of(parameters.first_year, parameters.years, parameters.seed)


@cache
def _days_of(first_year: int, years: int, seed: int) -> Days:
    parameters = Parameters(first_year=first_year, years=years, seed=seed)
    first = np.datetime64(parameters.opened_on)
    dates = np.arange(first, np.datetime64(parameters.last_day) + 1)
    months = dates.astype("datetime64[M]").astype(int)
    weekday = (dates.astype(int) + 3) % 7
    busyness = _busyness(dates, months % 12, weekday)
    return Days(
        count=len(dates),
        first=first,
        dates=dates,
        month=months - months[0],
        month_of_year=months % 12,
        year=(months - months[0]) // 12,
        weekday=weekday,
        busyness=busyness,
        elapsed_busyness=np.concatenate([[0.0], np.cumsum(busyness)]),
        utc_start=_utc_starts(parameters, len(dates)),
        rate=_carried_rates(parameters, dates),
    )


def _busyness(dates: np.ndarray, month_of_year: np.ndarray, weekday: np.ndarray) -> np.ndarray:
    """Rhythm of the year and of the week, a peak around Black Friday, a trough once Christmas parcels are too late."""
    day_of_month = (dates - dates.astype("datetime64[M]")).astype(int)
    busyness = np.array(MONTH_RHYTHM)[month_of_year] * np.array(WEEK_RHYTHM)[weekday]
    black_week = (month_of_year == 10) & (day_of_month >= 21) & (day_of_month <= 28)
    too_late = (month_of_year == 11) & (day_of_month >= 21)
    busyness = busyness * np.where(black_week, 1.5, 1.0) * np.where(too_late, 0.4, 1.0)
    return busyness / busyness.mean()


def _utc_starts(parameters: Parameters, count: int) -> np.ndarray:
    zone = ZoneInfo(TIME_ZONE)
    noon = datetime(parameters.first_year, 1, 1, 12, tzinfo=UTC)
    starts = []
    for day in range(count):
        moment = noon + timedelta(days=day)
        offset = moment.astimezone(zone).utcoffset() or timedelta()
        starts.append(int((moment - timedelta(hours=12) - offset).timestamp()))
    return np.array(starts, dtype=np.int64)


def business_day_rates(parameters: Parameters) -> tuple[np.ndarray, np.ndarray]:
    """Dates (Monday to Friday, from some days before the opening) and rates [date, currency] times RATE_ONE."""
    first = np.datetime64(parameters.opened_on) - _DAYS_OF_RATES_BEFORE
    dates = np.arange(first, np.datetime64(parameters.last_day) + 1)
    dates = dates[(dates.astype(int) + 3) % 7 < 5]
    steps = parameters.random("rates of exchange").normal(0, 0.0035, (len(dates), len(CURRENCIES)))
    walk = np.array(_FIRST_RATES) * np.exp(np.cumsum(steps, axis=0) * np.array([0, 1, 1]))
    return dates, np.round(walk * 10**6).astype(np.int64) * (RATE_ONE // 10**6)


def _carried_rates(parameters: Parameters, dates: np.ndarray) -> np.ndarray:
    """The rate of the last business day on or before each day."""
    business_dates, rates = business_day_rates(parameters)
    return rates[np.searchsorted(business_dates, dates, side="right") - 1]


def seconds_of_day(random: np.random.Generator, count: int) -> np.ndarray:
    """Seconds after midnight, local, by the rhythm of the day: quiet at night, busiest after supper."""
    hours = np.cumsum(np.array(HOUR_RHYTHM, dtype=float))
    hour = np.searchsorted(hours / hours[-1], random.random(count), side="right")
    return hour * 3600 + random.integers(0, 3600, count)
