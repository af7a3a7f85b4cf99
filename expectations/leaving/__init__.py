"""What must hold of the tables that leave: one module per table, of the table's name, beside each other.

Each module says `MART`, what the table looks like, and `claims()`, what must hold of it besides. The standing claims
(columns, key, no direct identifier, finite numbers) follow from `MART`. To add a suite, add a module.
"""

from __future__ import annotations

import duckdb

from expectations import on_duckdb
from orchestration.paths import Home
from orchestration.sql_text import literal

SCHEMAS = ("marts", "metadata")
"""What leaves the private warehouse. Their tables have no name in common."""


class NoWarehouse(RuntimeError):
    """There is no warehouse to judge, or another process is writing it; the message says which."""


def connect(home: Home) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB with a view of each table that leaves; the warehouse is attached read-only.

    Raises NoWarehouse where the warehouse is not there or cannot be opened.
    """
    if not home.warehouse.is_file():
        raise NoWarehouse(f"There is no warehouse at {home.warehouse}: build the models first.")
    connection = on_duckdb.in_memory(home.private / "spill" / "leaving")
    try:
        connection.execute(f"attach {literal(home.warehouse)} as warehouse (read_only)")
    except duckdb.Error as error:
        raise NoWarehouse(f"The warehouse {home.warehouse} cannot be read: {str(error).splitlines()[0]}") from error
    tables = connection.execute(
        "select table_schema, table_name from information_schema.tables where table_catalog = 'warehouse' "
        f"and table_schema in {SCHEMAS} order by all"
    ).fetchall()
    for schema, table in tables:
        connection.execute(f'create view "{table}" as select * from warehouse.{schema}."{table}"')
    return connection
