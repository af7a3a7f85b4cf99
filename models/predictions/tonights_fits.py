"""Fits to what is known tonight: the model in use, for the shop and its channels. See orchestration/lifetime_value."""

import os
from pathlib import Path

from orchestration.lifetime_value.tables import fit_tables


def model(dbt, session):  # noqa: ANN201 (dbt's entry; what it hands back is a table of pyarrow)
    """One row per cohort group, for buying and for spending, from tonight's grouped histories."""
    dbt.config(materialized="table")
    winner = dbt.ref("winning_candidate").fetchnumpy()
    private = os.environ.get("WAREHOUSE_PRIVATE")
    return fit_tables(
        dbt.ref("history_groups").fetchnumpy(),
        dbt.ref("spending_groups").fetchnumpy(),
        buying_models=set(winner["buying_model"]),
        value_bases=set(winner["value_basis"]),
        cache=Path(private) / "fits" / "tonight" if private else None,
    )
