"""How Great Expectations meets DuckDB.

As it stands, Great Expectations fetches rows after it has given the connection back, when DuckDB has already dropped
them, and asks SQLAlchemy for the columns in a way that DuckDB's dialect cannot answer on SQLAlchemy 2.1. The dialect
below mends both: it keeps the rows of a statement from the moment it ran, and reads columns from DuckDB's own
catalogue. Everything is still pushed down as SQL, and what comes back is small: counts, and an example or two.

Great Expectations never opens a file here. It is handed cursors of one in-memory DuckDB that this process owns, in
which each table to judge is a view: over landed Parquet, or over the marts of a warehouse attached read-only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import great_expectations as gx
from duckdb_engine import ConnectionWrapper, Dialect
from great_expectations.core.batch import Batch
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults
from great_expectations.datasource.fluent import SQLDatasource
from sqlalchemy import types
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from orchestration.paths import memory_limit


class _KeepingRows(Dialect.execution_ctx_cls):
    """A statement whose rows are fetched as soon as it ran, and so outlive its connection."""

    def post_exec(self) -> None:
        if self.cursor.description is not None:
            rows = self.cursor.fetchall()
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(self.cursor, initial_buffer=rows)


class DuckDBDialect(Dialect):
    """DuckDB as Great Expectations needs it; every table is in the main schema of an in-memory database."""

    execution_ctx_cls = _KeepingRows
    supports_statement_cache = False

    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> list[dict]:
        """The columns of a table or view in their order, as SQLAlchemy's inspector wants them."""
        rows = connection.exec_driver_sql(
            "select column_name, data_type, is_nullable from duckdb_columns() "
            "where schema_name = 'main' and database_name = current_database() and table_name = $1 "
            "order by column_index",
            (str(table_name),),
        ).fetchall()
        return [
            {
                "name": name,
                "type": self.ischema_names.get(data_type.split("(")[0].lower(), types.NullType)(),
                "nullable": is_nullable,
                "default": None,
            }
            for name, data_type, is_nullable in rows
        ]

    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> dict:
        """No key: views have none, and DuckDB's catalogue is not read the way PostgreSQL's is."""
        return {"constrained_columns": [], "name": None}


registry.register("duckdb", __name__, DuckDBDialect.__name__)


def in_memory(spill: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that spills to the given folder where memory runs short, on UTC.

    No extension is fetched, ever: a refresh needs no network.
    """
    # DuckDB makes the folder when it first spills, but not the folders above it.
    spill.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        config={
            "temp_directory": str(spill),
            "memory_limit": memory_limit(),
            "autoinstall_known_extensions": "false",
        }
    )
    connection.execute("set global TimeZone = 'UTC'")
    return connection


def datasource(connection: duckdb.DuckDBPyConnection) -> SQLDatasource:
    """The tables of a DuckDB connection as a data source of a context that keeps everything in memory.

    The context writes no file, sends no usage statistics and shows no progress bars.
    """
    context: EphemeralDataContext = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            analytics_enabled=False,
            progress_bars={"globally": False},
        ),
    )
    return context.data_sources.add_sql(
        "duckdb",
        connection_string="duckdb://",
        kwargs={"creator": lambda: ConnectionWrapper(connection.cursor())},
    )


def batch(source: SQLDatasource, table: str) -> Batch:
    """The whole of a table, as Great Expectations judges it, and as it is now."""
    if table not in {asset.name for asset in source.assets}:
        source.add_table_asset(table).add_batch_definition_whole_table(table)
    return source.get_asset(table).get_batch_definition(table).get_batch()


def columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Type of each column of a view, in order; empty where there is no such view."""
    return dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() "
            "where schema_name = 'main' and database_name = current_database() and table_name = ? "
            "order by column_index",
            [table],
        ).fetchall()
    )
