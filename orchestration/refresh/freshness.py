"""Whether the inputs still come: which of them has fallen silent while the others go on."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb

from orchestration.paths import Home
from orchestration.refresh.results import CheckResult

SILENT_AFTER = timedelta(days=35)
"""The slowest inputs come once a month; what is further behind the newest input than that has stopped coming."""

UNATTENDED_AFTER = timedelta(days=2)
"""A shop that hands in its files every night has missed two nights by then."""

CLAIM = f"This input is at most {SILENT_AFTER.days} days behind the newest one"


def judge(home: Home) -> list[CheckResult]:
    """One result per input table that holds dated rows, from `metadata.input_freshness` of the private warehouse.

    Each input is compared with the newest of all inputs and not with the clock: the same data give the same result on
    any day. Not critical: last month's surveys are no reason to withhold last night's profit.
    """
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = connection.execute(
            "select table_name, latest_event_at::timestamp from metadata.input_freshness "
            "where latest_event_at is not null order by table_name"
        ).fetchall()
    newest = max((latest for _, latest in rows), default=None)
    return [
        CheckResult(
            stage="arriving",
            suite=table,
            expectation=CLAIM,
            column=None,
            is_critical=False,
            passed=newest - latest <= SILENT_AFTER,
            unexpected_count=None,
            detail=f"newest event {latest:%Y-%m-%d}, newest of all inputs {newest:%Y-%m-%d}",
        )
        for table, latest in rows
    ]


def last_loaded_at(home: Home) -> datetime | None:
    """When something new was last landed, UTC; None where nothing ever was."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        (latest,) = connection.execute(
            "select max(latest_loaded_at)::timestamp from metadata.input_freshness"
        ).fetchone()
    return latest


def is_unattended(loaded_at: datetime, now: datetime) -> bool:
    """Whether nothing new has landed for so long that a person should look. Both times are UTC."""
    return now - loaded_at > UNATTENDED_AFTER
