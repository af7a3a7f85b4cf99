"""Decision trees as tables: what SQL can apply, and what a person can read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from orchestration.segments import learning
from orchestration.segments.kept import Row

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeClassifier

SEED = 0
SMALLEST_LEAF = 20
"""Customers: fewer say nothing of the next one."""

DECIMALS = 6


def grown(known: NDArray, is_so: NDArray, depth: int) -> DecisionTreeClassifier:
    """A tree of at most that depth. `known` is customers × measures, sorted; NaN is what is not known."""
    smallest = min(SMALLEST_LEAF, max(1, len(known) // 10))
    tree = learning.part("tree").DecisionTreeClassifier
    return tree(max_depth=depth, min_samples_leaf=smallest, random_state=SEED).fit(known, is_so)


def leaves(tree: DecisionTreeClassifier, names: Sequence[str]) -> list[Row]:
    """The leaves, and what leads to each. One row per leaf, with its chance; one per leaf and measure asked on the way:
    above from_amount, up to and with until_amount, either of them None where there is no such bound."""
    nodes = tree.tree_
    classes = list(tree.classes_)
    found: list[Row] = []

    def walk(node: int, bounds: dict[str, tuple[float | None, float | None]]) -> None:
        if nodes.children_left[node] == -1:
            leaf = sum(row["row_kind"] == "leaf" for row in found) + 1
            chance = float(nodes.value[node][0][classes.index(True)]) if True in classes else 0.0
            found.append({"row_kind": "leaf", "leaf": leaf, "chance": round(chance, DECIMALS)})
            found.extend(
                {"row_kind": "condition", "leaf": leaf, "trait": name, "from_amount": low, "until_amount": high}
                for name, (low, high) in bounds.items()
            )
            return
        name, cut = names[nodes.feature[node]], round(float(nodes.threshold[node]), DECIMALS)
        # What is asked again further down is asked within the bounds it has by then.
        low, high = bounds.get(name, (None, None))
        walk(nodes.children_left[node], bounds | {name: (low, cut)})
        walk(nodes.children_right[node], bounds | {name: (cut, high)})

    walk(0, {})
    return found


def cuts(tree: DecisionTreeClassifier, names: Sequence[str]) -> list[tuple[str, float]]:
    """The measures and amounts at which the tree divides, each once, in order: up to and with it goes one way. Infinite
    where it divides those of whom the measure is known from those of whom it is not."""
    nodes = tree.tree_
    asked = np.flatnonzero(nodes.children_left != -1)
    return sorted({(names[nodes.feature[node]], round(float(nodes.threshold[node]), DECIMALS)) for node in asked})
