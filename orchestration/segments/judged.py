"""What fits on outcomes share: the columns of their tables, when there is nothing to fit, how a holdout judges."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.segments.kept import Row

SCHEMA = pa.schema(
    [
        ("fit_on", pa.date32()),
        ("model", pa.string()),
        ("row_kind", pa.string()),
        ("trait", pa.string()),
        ("leaf", pa.int32()),
        ("amount", pa.float64()),
        ("trait_mean", pa.float64()),
        ("trait_spread", pa.float64()),
        ("from_amount", pa.float64()),
        ("until_amount", pa.float64()),
        ("chance", pa.float64()),
        ("customer_count", pa.int32()),
        ("holdout_count", pa.int32()),
        ("base_rate", pa.float64()),
        ("accuracy", pa.float64()),
        ("why_not", pa.string()),
    ]
)
"""
row_kind     model: how it was judged, one row a model; its amount is the intercept of a discriminant
             trait: amount is a coefficient per spread (discriminant) or an importance, 0 to 1 (tree)
             leaf, condition: a leaf of a tree and its chance; what leads there (above from_amount, up to until_amount)
             cut: amount is one at which a tree divides
base_rate    of the customers held out, how many a guess of the commoner outcome of the others gets right
accuracy     how many the model gets right
why_not      why nothing was fitted; null where something was
"""


def why_not(is_so: NDArray, is_held_out: NDArray, rules: Mapping[str, float]) -> str | None:
    """Why nothing can be fitted, in words; None where something can."""
    if len(is_so) < rules["smallest_fit"]:
        return f"{len(is_so)} customers, of {rules['smallest_fit']:.0f} that are needed"
    if not np.any(is_held_out) or np.all(is_held_out):
        return "nobody is held out, or everybody"
    fitted = is_so[~is_held_out]
    fewest = min(np.sum(fitted), np.sum(~fitted))
    if fewest < 2:
        return "all have the same outcome" if fewest == 0 else "all but one have the same outcome"
    return None


def record(is_so: NDArray, is_held_out: NDArray, said: NDArray) -> Row:
    """How a model is judged by the customers held out: what it said of them, beside the commoner outcome."""
    commoner = np.mean(is_so[~is_held_out]) > 0.5
    true = is_so[is_held_out]
    return {
        "row_kind": "model",
        "customer_count": int(np.sum(~is_held_out)),
        "holdout_count": len(true),
        "base_rate": round(float(np.mean(true == commoner)), 6),
        "accuracy": round(float(np.mean(true == said)), 6),
    }


def table(rows: list[Row]) -> pa.Table:
    """These rows as a table of SCHEMA."""
    return pa.Table.from_pylist(rows, schema=SCHEMA)
