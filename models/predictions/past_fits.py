"""Fits to past cuts: every candidate model, to what was known then. See orchestration/lifetime_value."""

import os
from pathlib import Path

from orchestration.lifetime_value.tables import fit_tables


def model(dbt, session):  # noqa: ANN201 (dbt's entry; what it hands back is a table of pyarrow)
    """One row per past cut and model, from the grouped histories of the shop as a whole."""
    dbt.config(materialized="table")
    candidates = dbt.ref("value_candidates").fetchnumpy()
    private = os.environ.get("WAREHOUSE_PRIVATE")
    return fit_tables(
        dbt.ref("past_history_groups").fetchnumpy(),
        dbt.ref("past_spending_groups").fetchnumpy(),
        buying_models=set(candidates["buying_model"]),
        value_bases=set(candidates["value_basis"]),
        cache=Path(private) / "fits" / "past" if private else None,
    )
