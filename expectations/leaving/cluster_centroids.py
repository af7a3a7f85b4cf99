"""What must hold of `cluster_centroids`: quarter end and cluster."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row

MEASURES = ("recency", "frequency", "order_value", "tenure")

MART = Mart(
    key=("fit_on", "cluster"),
    columns=(
        "fit_on",
        "cluster",
        "cluster_name",
        "is_in_use",
        "member_count",
        "member_share",
        "typical_recency_days",
        "typical_purchases",
        "typical_order_value",
        "typical_tenure_days",
        *(f"{measure}_{what}" for measure in MEASURES for what in ("mean", "spread", "centre")),
        "cluster_count",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        complete("cluster_name"),
        between("member_share", 0, 1),
        *(between(f"{measure}_spread", 0) for measure in MEASURES),
        no_row(
            "clusters of a fit are 1, 2, 3 …, each with a name of its own",
            "select fit_on, max(cluster) as last_cluster, count(distinct cluster_name) as names from {batch} "
            "group by fit_on having min(cluster) <> 1 or max(cluster) <> count(*) "
            "or count(distinct cluster_name) <> count(*) or max(cluster_count) <> count(*)",
            column="cluster",
        ),
        no_row(
            "the customers of a fit each belong to one cluster",
            "select fit_on, sum(member_share) as shares from {batch} group by fit_on "
            "having abs(sum(member_share) - 1) > 0.0001",
            column="member_share",
        ),
        no_row(
            "each fit of segment_models has all its clusters",
            "select models.fit_on, models.cluster_count, count(judged.cluster) as clusters_here "
            "from segment_models as models left join {batch} as judged on models.fit_on = judged.fit_on "
            "where models.cluster_count is not null group by models.fit_on, models.cluster_count "
            "having count(judged.cluster) <> models.cluster_count",
            column="cluster",
        ),
        no_row(
            "at most one fit is in use, and it is the last",
            "select fit_on from {batch} where is_in_use and fit_on <> (select max(fit_on) from {batch})",
            column="is_in_use",
        ),
    ]
