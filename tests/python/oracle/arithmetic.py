"""Exact money: fractions, rounded where the definitions round, and shared to the cent."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from fractions import Fraction
from typing import TypeVar

Sharer = TypeVar("Sharer", bound=Hashable)

CENT = Fraction(1, 100)


def rounded(amount: Fraction, places: int = 2) -> Fraction:
    """The nearest number of so many places; a half goes away from zero."""
    scaled = abs(amount) * 10**places
    whole = (scaled * 2 + 1) // 2
    return Fraction(whole if amount >= 0 else -whole, 10**places)


def shared(amount: Fraction, weights: Mapping[Sharer, Fraction]) -> dict[Sharer, Fraction]:
    """An amount of whole cents among sharers by weight, to the cent, by largest remainder (Hamilton 1792).

    Each sharer gets the whole cents of its exact share; the cents left over go one each to the largest remainders, and
    among equals to who comes first in `weights`. Empty where the weights are all zero: then nobody shares.
    """
    total = sum(weights.values(), Fraction(0))
    if total == 0:
        return {}
    cents = amount / CENT
    assert cents.denominator == 1, f"{amount} is no whole number of cents"
    exact = {sharer: cents * weight / total for sharer, weight in weights.items()}
    shares = {sharer: part // 1 for sharer, part in exact.items()}
    left = int(cents - sum(shares.values()))
    for sharer in sorted(weights, key=lambda one: shares[one] - exact[one])[:left]:
        shares[sharer] += 1
    return {sharer: share * CENT for sharer, share in shares.items()}
