"""Clusters of behaviour: k-means on standardised logarithms, as many clusters as the silhouette says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.segments import kept, learning
from orchestration.segments.kept import Columns, Row

MEASURES = ("recency", "frequency", "order_value", "tenure")
"""What customers are told apart by; logarithms, as the model behaviour_by_day has them."""

SCHEMA = pa.schema(
    [
        ("fit_on", pa.date32()),
        ("cluster", pa.int32()),
        ("cluster_name", pa.string()),
        ("cluster_count", pa.int32()),
        ("customer_count", pa.int32()),
        ("member_count", pa.int32()),
        ("silhouette", pa.float64()),
        ("why_not", pa.string()),
        *((f"{measure}_{what}", pa.float64()) for measure in MEASURES for what in ("mean", "spread", "centre")),
    ]
)
"""
cluster, cluster_name    1, 2 …, who buys most often first; null in the one row of a day on which nothing was fitted
customer_count           customers fitted on; member_count: those of the cluster
why_not                  why nothing was fitted; null where something was
…_mean, _spread, _centre of a measure: mean and standard deviation of all, and the cluster's centre in spreads from it
"""

JUDGED = 2_000
"""Customers by whom the silhouette is taken: it compares each with each."""

STARTS = 5
SEED = 0
DECIMALS = 6
"""What is handed to SQL is rounded, so that the last bit of a sum moves nobody."""

SMALLEST_SPREAD = 0.0001
"""The last place of a measure. Where customers differ by less they are alike: by so small a spread, one who is not
would lie further away than SQL can count."""


def cluster_table(customers: Columns, rules: Mapping[str, float], traits: Columns, cache: Path | None) -> pa.Table:
    """Fit each day of its own. One row per day and cluster; one without a cluster where nothing could be fitted.

    customers   fit_on, and MEASURES: an array each, one entry per customer, in any order
    rules       smallest_fit (customers), fewest_clusters, most_clusters
    traits      measure, direction ('high' or 'low'), words: what a cluster is called by
    """
    words = dict(zip(zip(traits["measure"], traits["direction"], strict=True), traits["words"], strict=True))
    days = np.asarray(customers["fit_on"]).astype("datetime64[D]")
    rows: list[Row] = []
    for day in np.unique(days):
        points = np.column_stack([np.asarray(customers[name], dtype=np.float64)[days == day] for name in MEASURES])
        # Sorted by what they are and not by who they are: the order in which customers are read says nothing.
        points = points[np.lexsort(points.T[::-1])]
        given = [
            {"points": points.ravel(), "rules": np.array([f"{name} {rules[name]}" for name in sorted(rules)])},
            {"words": np.array([f"{key} {value}" for key, value in sorted(words.items())])},
        ]
        found = kept.rows(cache, given, lambda points=points: fit(points, rules, words))
        rows += [{"fit_on": day.astype(date), **row} for row in found]
    kept.forget(cache)
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def fit(points: NDArray, rules: Mapping[str, float], words: Mapping[tuple[str, str], str]) -> list[Row]:
    """The clusters of these points (customers × MEASURES, sorted): one row each, or one that says why there is none."""
    mean = np.round(points.mean(axis=0), DECIMALS)
    spread = np.round(points.std(axis=0), DECIMALS)
    spread[spread < SMALLEST_SPREAD] = 0
    scaled = np.where(spread > 0, (points - mean) / np.where(spread > 0, spread, 1), 0.0)
    distinct = len(np.unique(scaled, axis=0))
    fewest = int(rules["fewest_clusters"])
    why_not = None
    if len(points) < rules["smallest_fit"]:
        why_not = f"{len(points)} customers, of {rules['smallest_fit']:.0f} that are needed"
    elif distinct <= fewest:
        why_not = f"{distinct} kinds of behaviour: too much alike"
    if why_not:
        return [{"customer_count": len(points), "why_not": why_not}]
    most = min(int(rules["most_clusters"]), distinct - 1)
    silhouette, _, labels, centres = max(
        _clustered(scaled, count) for count in range(fewest, most + 1)
    )  # the better silhouette; of equals the fewer clusters
    names = named(centres, words)
    return [
        {
            "cluster": number,
            "cluster_name": names[number - 1],
            "cluster_count": len(centres),
            "customer_count": len(points),
            "member_count": int(np.sum(labels == number - 1)),
            "silhouette": silhouette,
            **{
                f"{measure}_{what}": float(value)
                for measure, *values in zip(MEASURES, mean, spread, centres[number - 1], strict=True)
                for what, value in zip(("mean", "spread", "centre"), values, strict=True)
            },
        }
        for number in range(1, len(centres) + 1)
    ]


def _clustered(scaled: NDArray, count: int) -> tuple[float, int, NDArray, NDArray]:
    """Silhouette, minus the number of clusters, whose each customer is, and centres, the most frequent buyers first."""
    from threadpoolctl import threadpool_limits

    # Imported before: what is loaded later is not limited.
    k_means, silhouette_score = learning.part("cluster").KMeans, learning.part("metrics").silhouette_score
    with threadpool_limits(1):
        found = k_means(count, n_init=STARTS, random_state=SEED).fit(scaled)
        judged = np.unique(np.linspace(0, len(scaled) - 1, min(JUDGED, len(scaled))).astype(int))
        several = len(np.unique(found.labels_[judged])) > 1
        silhouette = float(silhouette_score(scaled[judged], found.labels_[judged])) if several else -1.0
    centres = np.round(found.cluster_centers_, DECIMALS)
    order = np.lexsort((*centres.T[::-1], -centres[:, MEASURES.index("frequency")]))
    return round(silhouette, DECIMALS), -count, np.argsort(order)[found.labels_], centres[order]


def named(centres: Sequence[Sequence[float]], words: Mapping[tuple[str, str], str]) -> list[str]:
    """A name for each centre (in spreads from the mean of all): its two most distinctive traits, more where two share
    them, and a number where all are shared. A measure in which all are alike is no trait of anybody."""
    telling = [place for place in range(len(MEASURES)) if any(centre[place] != 0 for centre in centres)]
    traits = [
        [
            words[MEASURES[place], "high" if centre[place] > 0 else "low"]
            for place in sorted(telling, key=lambda place: (-abs(centre[place]), place))
        ]
        for centre in centres
    ]
    lengths = [2] * len(traits)

    def called(place: int) -> str:
        return ", ".join(traits[place][: lengths[place]])

    for _ in range(len(MEASURES)):
        names = [called(place) for place in range(len(traits))]
        for place, name in enumerate(names):
            if names.count(name) > 1:
                lengths[place] += 1
    names = [called(place) for place in range(len(traits))]
    return [
        name if names.count(name) == 1 else f"{name} ({names[: place + 1].count(name)})"
        for place, name in enumerate(names)
    ]
