"""Which traits mark premium customers, as of the last quarter end. See orchestration/segments/premium.py."""

import os
from pathlib import Path

from orchestration.segments.premium import premium_table


def model(dbt, session):  # noqa: ANN201 (dbt's entry; what it hands back is a table of pyarrow)
    """One row per model and part of it: how it was judged, its traits, its leaves and what leads to them."""
    dbt.config(materialized="table")
    rules = dbt.ref("segment_rules").fetchnumpy()
    private = os.environ.get("WAREHOUSE_PRIVATE")
    return premium_table(
        dbt.ref("premium_samples").fetchnumpy(),
        dict(zip(rules["rule"], rules["rule_value"], strict=True)),
        cache=Path(private) / "fits" / "premium" if private else None,
    )
