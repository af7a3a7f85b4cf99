"""Whether the inputs still come: which of them has fallen silent while the others go on."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb

from expectations.tolerances import tolerances
from orchestration.paths import Home
from orchestration.refresh.results import CheckResult

UNATTENDED_AFTER = timedelta(days=2)
"""A shop that hands in its files every night has missed two nights by then."""

CLAIM = "This input is at most {days} days behind the newest one"


def judge(home: Home) -> list[CheckResult]:
    """One result per input table that holds dated rows, from `metadata.input_freshness` of the private warehouse.

    How long an input may be silent is a setting (input_tolerances); one that may be silent for good has no result. Each
    is compared with the newest of all inputs and not with the clock: the same data give the same result on any day. Not
    critical: last month's surveys are no reason to withhold last night's profit.

    Raises ToleranceError where the settings cannot be used.
    """
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = connection.execute(
            "select table_name, latest_event_at::timestamp from metadata.input_freshness "
            "where latest_event_at is not null order by table_name"
        ).fetchall()
    newest = max((latest for _, latest in rows), default=None)
    tolerated = tolerances([table for table, _ in rows])
    return [
        CheckResult(
            stage="arriving",
            suite=table,
            expectation=CLAIM.format(days=days),
            column=None,
            is_critical=False,
            passed=newest - latest <= timedelta(days=days),
            unexpected_count=None,
            detail=f"newest event {latest:%Y-%m-%d}, newest of all inputs {newest:%Y-%m-%d}",
        )
        for table, latest in rows
        if (days := tolerated[table].silent_after_days) is not None
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
