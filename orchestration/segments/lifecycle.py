"""A check on the rules of the lifecycle: a tree that was told what happened next, beside the stages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.segments import judged, kept
from orchestration.segments.kept import Columns, Row

MEASURES = ("quiet", "pause", "pace", "purchases")
"""What the rules of the lifecycle ask, in the words of their settings; a missing one is not known."""


def lifecycle_table(customers: Columns, rules: Mapping[str, float], cache: Path | None) -> pa.Table:
    """Judge the stages, and a tree, by who bought in the next period. Rows as in `judged.SCHEMA`; none of no customers.

    customers   fit_on, lifecycle_stage, has_ordered_next, is_held_out, and MEASURES: an array each, one entry per
                customer, in any order
    rules       smallest_fit (customers), tree_depth
    """
    if len(customers["lifecycle_stage"]) == 0:
        return judged.table([])
    day = np.asarray(customers["fit_on"]).astype("datetime64[D]")[0].item()
    known = np.column_stack([np.ma.filled(np.ma.asarray(customers[name], dtype=float), np.nan) for name in MEASURES])
    stages = np.asarray(customers["lifecycle_stage"], dtype=str)
    is_so = np.asarray(customers["has_ordered_next"], dtype=bool)
    is_held_out = np.asarray(customers["is_held_out"], dtype=bool)
    order = np.lexsort((is_so, is_held_out, stages, *known.T[::-1]))
    known, stages, is_so, is_held_out = known[order], stages[order], is_so[order], is_held_out[order]
    given = [
        {"known": known.ravel(), "stages": stages, "is_so": is_so, "is_held_out": is_held_out},
        {"rules": np.array([f"{name} {rules[name]}" for name in sorted(rules)])},
    ]
    rows = kept.rows(cache, given, lambda: fit(known, stages, is_so, is_held_out, int(rules["tree_depth"]), rules))
    kept.forget(cache)
    return judged.table([{"fit_on": day, **row} for row in rows])


def fit(
    known: NDArray, stages: NDArray, is_so: NDArray, is_held_out: NDArray, depth: int, rules: Mapping[str, float]
) -> list[Row]:
    """How the stages and the tree are judged, and the cuts that the tree would choose."""
    reason = judged.why_not(is_so, is_held_out, rules)
    if reason:
        return [
            {"model": model, "row_kind": "model", "customer_count": len(is_so), "why_not": reason}
            for model in ("rules", "tree")
        ]
    from orchestration.segments import trees

    tree = trees.grown(known[~is_held_out], is_so[~is_held_out], depth)
    return [
        {"model": "rules", **judged.record(is_so, is_held_out, by_stage(stages, is_so, is_held_out))},
        {"model": "tree", **judged.record(is_so, is_held_out, tree.predict(known[is_held_out]))},
        *(
            {"model": "tree", "row_kind": "cut", "trait": name, "amount": cut}
            for name, cut in sorted({by_purchases(name, cut, known) for name, cut in trees.cuts(tree, MEASURES)})
        ),
    ]


def by_purchases(name: str, cut: float, known: NDArray) -> tuple[str, float]:
    """A cut as an amount. An infinite one asks whether the measure is known: so it is from a number of purchases on."""
    if np.isfinite(cut):
        return name, cut
    is_known = ~np.isnan(known[:, MEASURES.index(name)])
    purchases = known[:, MEASURES.index("purchases")]
    return "purchases", float(purchases[~is_known].max() + purchases[is_known].min()) / 2


def by_stage(stages: NDArray, is_so: NDArray, is_held_out: NDArray) -> NDArray:
    """What the stages say of those held out: what most of their stage did, or of all where a stage is not known."""
    fitted = is_so[~is_held_out]
    most = {stage: np.mean(fitted[stages[~is_held_out] == stage]) > 0.5 for stage in np.unique(stages[~is_held_out])}
    return np.array([most.get(stage, np.mean(fitted) > 0.5) for stage in stages[is_held_out]])
