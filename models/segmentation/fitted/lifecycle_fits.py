"""What a tree makes of the lifecycle's measures, told what happened next. See orchestration/segments/lifecycle.py."""

import os
from pathlib import Path

from orchestration.segments.lifecycle import lifecycle_table


def model(dbt, session):  # noqa: ANN201 (dbt's entry; what it hands back is a table of pyarrow)
    """One row per model, rules and tree, with how it was judged; and one per cut that the tree would choose."""
    dbt.config(materialized="table")
    rules = dbt.ref("segment_rules").fetchnumpy()
    private = os.environ.get("WAREHOUSE_PRIVATE")
    return lifecycle_table(
        dbt.ref("lifecycle_samples").fetchnumpy(),
        dict(zip(rules["rule"], rules["rule_value"], strict=True)),
        cache=Path(private) / "fits" / "lifecycle" if private else None,
    )
