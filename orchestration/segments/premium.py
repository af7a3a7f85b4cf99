"""Who looks like a premium customer: a linear discriminant and a decision tree on traits that are not money earned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.segments import judged, kept, learning
from orchestration.segments.kept import Columns, Row

DECIMALS = 6
FEWEST = 10
"""Customers: a trait in which fewer differ from all others says nothing of who has another amount of it."""


def premium_table(traits: Columns, rules: Mapping[str, float], cache: Path | None) -> pa.Table:
    """Fit both models to the one day that the traits are of. Rows as in `judged.SCHEMA`; none without a customer.

    traits   fit_on, customer_id, is_premium, is_held_out, trait, amount: an array each, one entry per customer and
             trait, in any order; a trait that a customer has no entry of is 0 of them
    rules    smallest_fit (customers), tree_depth
    """
    if len(traits["customer_id"]) == 0:
        return judged.table([])
    names, known, is_so, is_held_out = matrix(traits)
    day = np.asarray(traits["fit_on"]).astype("datetime64[D]")[0].item()
    given = [
        {"names": np.array(names, dtype=object), "known": known.ravel(), "is_so": is_so, "is_held_out": is_held_out},
        {"rules": np.array([f"{name} {rules[name]}" for name in sorted(rules)])},
    ]
    rows = kept.rows(cache, given, lambda: fit(names, known, is_so, is_held_out, rules))
    kept.forget(cache)
    return judged.table([{"fit_on": day, **row} for row in rows])


def matrix(traits: Columns) -> tuple[list[str], NDArray, NDArray, NDArray]:
    """Names of the traits, customers × traits sorted by what they are, whether premium, whether held out."""
    customers, place = np.unique(np.asarray(traits["customer_id"], dtype=str), return_inverse=True)
    names, column = np.unique(np.asarray(traits["trait"], dtype=str), return_inverse=True)
    known = np.zeros((len(customers), len(names)))
    known[place, column] = np.asarray(traits["amount"], dtype=np.float64)
    is_so = np.zeros(len(customers), dtype=bool)
    is_so[place] = np.asarray(traits["is_premium"], dtype=bool)
    is_held_out = np.zeros(len(customers), dtype=bool)
    is_held_out[place] = np.asarray(traits["is_held_out"], dtype=bool)
    order = np.lexsort((is_so, is_held_out, *known.T[::-1]))
    return names.tolist(), known[order], is_so[order], is_held_out[order]


def fit(
    names: list[str], known: NDArray, is_so: NDArray, is_held_out: NDArray, rules: Mapping[str, float]
) -> list[Row]:
    """Both models: how each is judged, and what it is made of. Fitted on those not held out."""
    fitted = known[~is_held_out]
    spread = np.round(fitted.std(axis=0), DECIMALS) if len(fitted) else np.zeros(len(names))
    # As many as have the commonest amount of it, which may be none.
    alike = np.array([np.unique(column, return_counts=True)[1].max(initial=0) for column in fitted.T], dtype=int)
    usable = (spread > 0) & (len(fitted) - alike >= FEWEST)
    reason = judged.why_not(is_so, is_held_out, rules) or (None if usable.any() else "no trait tells customers apart")
    if reason:
        return [
            {"model": model, "row_kind": "model", "customer_count": len(is_so), "why_not": reason}
            for model in ("discriminant", "tree")
        ]
    chosen = [name for name, is_usable in zip(names, usable, strict=True) if is_usable]
    mean = np.round(fitted.mean(axis=0), DECIMALS)
    return [
        *_discriminant(chosen, known[:, usable], mean[usable], spread[usable], is_so, is_held_out),
        *_tree(chosen, known[:, usable], is_so, is_held_out, int(rules["tree_depth"])),
    ]


def _discriminant(
    names: list[str], known: NDArray, mean: NDArray, spread: NDArray, is_so: NDArray, is_held_out: NDArray
) -> list[Row]:
    """Fisher's linear discriminant (1936), the covariance drawn to its mean as Ledoit & Wolf (2004) say."""
    from threadpoolctl import threadpool_limits

    # Imported before: what is loaded later is not limited.
    analysis = learning.part("discriminant_analysis").LinearDiscriminantAnalysis
    scaled = (known - mean) / spread
    with threadpool_limits(1):
        found = analysis(solver="lsqr", shrinkage="auto").fit(scaled[~is_held_out], is_so[~is_held_out])
    coefficients, intercept = np.round(found.coef_[0], DECIMALS), round(float(found.intercept_[0]), DECIMALS)
    said = scaled[is_held_out] @ coefficients + intercept > 0
    return [
        {"model": "discriminant", "amount": intercept, **judged.record(is_so, is_held_out, said)},
        *(
            {
                "model": "discriminant",
                "row_kind": "trait",
                "trait": name,
                "amount": float(coefficient),
                "trait_mean": float(centre),
                "trait_spread": float(wide),
            }
            for name, coefficient, centre, wide in zip(names, coefficients, mean, spread, strict=True)
        ),
    ]


def _tree(names: list[str], known: NDArray, is_so: NDArray, is_held_out: NDArray, depth: int) -> list[Row]:
    from orchestration.segments import trees

    found = trees.grown(known[~is_held_out], is_so[~is_held_out], depth)
    said = found.predict(known[is_held_out])
    return [
        {"model": "tree", **judged.record(is_so, is_held_out, said)},
        *(
            {"model": "tree", "row_kind": "trait", "trait": name, "amount": round(float(weight), DECIMALS)}
            for name, weight in zip(names, found.feature_importances_, strict=True)
            if weight > 0
        ),
        *({"model": "tree", **row} for row in trees.leaves(found, names)),
    ]
