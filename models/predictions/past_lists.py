"""The retention lists of past days, as they were given out. See orchestration/retention_ledger.py."""

import os
from pathlib import Path

from orchestration import retention_ledger


def model(dbt, session):  # noqa: ANN201 (dbt's entry; what it hands back is a table of pyarrow)
    """One row per day and customer on its list; none before the first list, or where no home is named."""
    dbt.config(materialized="table")
    home = os.environ.get("WAREHOUSE_HOME")
    return retention_ledger.read(Path(home) if home else None)
