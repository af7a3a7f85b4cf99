"""The engine as everything that is compared here uses it: two threads, so much memory, the files of `profiles.yml`."""

from __future__ import annotations

import duckdb

from orchestration.paths import Home


def connect(home: Home, memory: str) -> duckdb.DuckDBPyConnection:
    """A connection that spills beside the private warehouse."""
    home.private.mkdir(parents=True, exist_ok=True)
    return duckdb.connect(
        config={
            "memory_limit": memory,
            "threads": 2,
            "preserve_insertion_order": False,
            "temp_directory": str(home.private / "spill"),
            "storage_compatibility_version": "v1.3.0",
        }
    )
