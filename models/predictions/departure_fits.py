"""The model that says who has gone: one in which customers can go after their first order already."""

import os
from pathlib import Path

from orchestration.lifetime_value.tables import fit_tables


def model(dbt, session):  # noqa: ANN201 (dbt's entry; what it hands back is a table of pyarrow)
    """One row: MBG/NBD, fitted to tonight's histories of the whole shop."""
    dbt.config(materialized="table")
    private = os.environ.get("WAREHOUSE_PRIVATE")
    return fit_tables(
        dbt.ref("history_groups").filter("cohort_group = '*'").fetchnumpy(),
        dbt.ref("spending_groups").filter("false").fetchnumpy(),
        buying_models={"mbg_nbd"},
        value_bases=set(),
        cache=Path(private) / "fits" / "departures" if private else None,
    )
