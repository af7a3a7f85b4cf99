"""What the models are fitted on: distinct histories and how many customers have each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]


class HistoryError(ValueError):
    """Histories that no customer can have; the message says which."""


@dataclass(frozen=True)
class Histories:
    """Buying histories, one entry each: arrays of one length, sorted, so that a sum over them is the same every time.

    repeats  purchases after the first
    recency  weeks from the first purchase to the last; 0 without a repeat
    age      weeks from the first purchase to the end of what was observed
    weight   how many customers have this history
    """

    repeats: Numbers
    recency: Numbers
    age: Numbers
    weight: Numbers

    @classmethod
    def of(cls, repeats: ArrayLike, recency: ArrayLike, age: ArrayLike, weight: ArrayLike | None = None) -> Histories:
        """Histories in any order, equal ones put together. Without `weight` each is one customer's.

        Raises HistoryError: a repeat at no time or after the end, a negative number.
        """
        x, t_x, t = (np.asarray(column, dtype=np.float64).ravel() for column in (repeats, recency, age))
        count = np.ones_like(x) if weight is None else np.asarray(weight, dtype=np.float64).ravel()
        if not (np.all(x >= 0) and np.all(t_x >= 0) and np.all(t_x <= t) and np.all(count >= 0)):
            raise HistoryError("A history has 0 <= recency <= age, and no negative number of repeats or customers.")
        if np.any((x == 0) & (t_x > 0)):
            raise HistoryError("A history without a repeat has recency 0.")
        order, starts = _distinct(x, t_x, t)
        if order.size == 0:
            return cls(x, t_x, t, count)
        return cls(x[order][starts], t_x[order][starts], t[order][starts], np.add.reduceat(count[order], starts))

    @property
    def customers(self) -> int:
        """How many customers these are."""
        return round(float(self.weight.sum()))

    def parts(self, length: int) -> list[Histories]:
        """The same histories in the same order, at most `length` a part."""
        return [
            Histories(
                *(column[start : start + length] for column in (self.repeats, self.recency, self.age, self.weight))
            )
            for start in range(0, self.weight.size, length)
        ]

    @property
    def repeat_customers(self) -> int:
        """How many of them bought again."""
        return round(float(self.weight[self.repeats > 0].sum()))


@dataclass(frozen=True)
class Spending:
    """What purchases were worth, one entry per distinct pair: arrays of one length, sorted.

    purchases  how many purchases the mean is over, at least 1
    mean       their mean value, above 0
    weight     how many customers
    """

    purchases: Numbers
    mean: Numbers
    weight: Numbers

    @classmethod
    def of(cls, purchases: ArrayLike, mean: ArrayLike, weight: ArrayLike | None = None) -> Spending:
        """Spending in any order, equal entries put together. Raises HistoryError for a mean that is not above 0."""
        n, m = (np.asarray(column, dtype=np.float64).ravel() for column in (purchases, mean))
        count = np.ones_like(n) if weight is None else np.asarray(weight, dtype=np.float64).ravel()
        if not (np.all(n >= 1) and np.all(m > 0) and np.all(count >= 0)):
            raise HistoryError("Spending is of at least one purchase, with a mean value above 0.")
        order, starts = _distinct(n, m)
        if order.size == 0:
            return cls(n, m, count)
        return cls(n[order][starts], m[order][starts], np.add.reduceat(count[order], starts))

    @property
    def customers(self) -> int:
        """How many customers these are."""
        return round(float(self.weight.sum()))


def _distinct(*columns: Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """An order in which equal rows stand together, and where in it each distinct row begins."""
    order = np.lexsort(columns[::-1])
    if order.size == 0:
        return order, order
    changed = np.zeros(order.size, dtype=bool)
    changed[0] = True
    for column in columns:
        ordered = column[order]
        changed[1:] |= ordered[1:] != ordered[:-1]
    return order, np.flatnonzero(changed)
