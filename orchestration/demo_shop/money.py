"""Money as whole numbers: ten-thousandths of a currency unit (the scale of decimal(20,4)), so that sums are exact."""

from __future__ import annotations

import numpy as np

from orchestration.demo_shop.days import RATE_ONE

UNIT = 10_000
"""One euro, one franc, one pound."""
CENT = 100


def to_cents(amount: np.ndarray) -> np.ndarray:
    """Rounded half up to the cent; amounts are not negative."""
    return (amount + CENT // 2) // CENT * CENT


def down_to_cents(amount: np.ndarray) -> np.ndarray:
    """Cut to the cent: what may be given back of an amount without exceeding it."""
    return amount // CENT * CENT


def from_float(amount: np.ndarray) -> np.ndarray:
    """Drawn amounts, in units of currency, as whole cents."""
    return np.rint(np.asarray(amount) * 100).astype(np.int64) * CENT


def share_of(amount: np.ndarray, percent: np.ndarray | int) -> np.ndarray:
    """Whole per cent of an amount, rounded half up to the cent."""
    return to_cents(amount * percent // 100)


def to_reporting(amount: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """In the reporting currency, rounded half up to the cent, row by row; rate in units of RATE_ONE."""
    scale = RATE_ONE * CENT
    return (amount * rate + scale // 2) // scale * CENT


def totals(groups: np.ndarray, amounts: np.ndarray, count: int) -> np.ndarray:
    """Sum of whole numbers by group 0 … count - 1. Exact below 2^53."""
    return np.rint(np.bincount(groups, weights=amounts, minlength=count)).astype(np.int64)
