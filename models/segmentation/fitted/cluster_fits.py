"""Clusters of behaviour, as of each quarter end. See orchestration/segments/clusters.py."""

import os
from pathlib import Path

from orchestration.segments.clusters import cluster_table


def model(dbt, session):  # noqa: ANN201 (dbt's entry; what it hands back is a table of pyarrow)
    """One row per quarter end and cluster; one without a cluster where nothing could be fitted."""
    dbt.config(materialized="table")
    rules = dbt.ref("segment_rules").fetchnumpy()
    private = os.environ.get("WAREHOUSE_PRIVATE")
    return cluster_table(
        dbt.ref("behaviour_samples").fetchnumpy(),
        dict(zip(rules["rule"], rules["rule_value"], strict=True)),
        dbt.ref("cluster_traits").fetchnumpy(),
        cache=Path(private) / "fits" / "clusters" if private else None,
    )
