"""What must hold of `customer_clusters`: customer, and the cluster of behaviour that they belong to."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, no_row, same_customers

MART = Mart(key=("customer_id",), columns=("customer_id", "fit_on", "cluster", "behaviour_cluster"))


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        no_row(
            "a customer's cluster is one of those in use, and is called as it is there",
            "select judged.customer_id, judged.cluster, judged.behaviour_cluster from {batch} as judged "
            "left join cluster_centroids as owner on judged.fit_on = owner.fit_on and judged.cluster = owner.cluster "
            "where judged.cluster is not null and (not coalesce(owner.is_in_use, false) "
            "or judged.behaviour_cluster is distinct from owner.cluster_name)",
            column="cluster",
        ),
        no_row(
            "where clusters are in use, exactly who has ordered has one",
            "select judged.customer_id, judged.cluster, profit.order_count from {batch} as judged "
            "inner join customer_profit as profit on judged.customer_id = profit.customer_id "
            "where (judged.cluster is not null) <> (profit.order_count > 0 "
            "and exists (select 1 from cluster_centroids as owner where owner.is_in_use))",
            column="cluster",
        ),
    ]
