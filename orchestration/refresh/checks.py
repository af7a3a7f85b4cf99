"""The audits as Dagster sees them: a check per table judged, and what a critical failure stops."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from expectations import catalogue
from orchestration.paths import Home
from orchestration.refresh import freshness
from orchestration.refresh import results as check_results
from orchestration.refresh.assets import POOL, Tell, checks_file, failing_plainly, hold_lock, landed_key, timed
from orchestration.refresh.audits import AuditError, Auditor
from orchestration.refresh.results import CheckResult
from orchestration.refresh.settings import Settings

SUITE = "great_expectations"
STILL_COMES = "still_comes"
ATTENDED = "something_new_has_landed"
FRESHNESS = dg.AssetKey(["metadata", "input_freshness"])

FAILURES_SHOWN = 20


def audit_checks(
    settings: Settings, manifest: Mapping[str, Any], auditors: Mapping[str, Auditor], tell: Tell
) -> list[dg.AssetChecksDefinition]:
    """The two audits, what arrives and what leaves. A critical failure stops everything downstream of the table."""
    schema_of = {
        node["name"]: node["schema"] for node in manifest["nodes"].values() if node["resource_type"] == "model"
    }

    def judged(stage: str, suite: str) -> dg.AssetKey:
        return landed_key(suite) if stage == "arriving" else dg.AssetKey([schema_of.get(suite, "marts"), suite])

    def audit(stage: str, said_as: str) -> dg.AssetChecksDefinition:
        keys = {suite.name: judged(stage, suite.name) for suite in catalogue.suites(stage)}

        @dg.multi_asset_check(
            name=f"audit_{stage}",
            specs=[
                dg.AssetCheckSpec(
                    SUITE, asset=key, blocking=True, description=f"Great Expectations on {suite}, which is {stage}."
                )
                for suite, key in keys.items()
            ],
            pool=POOL,
        )
        def judge(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
            hold_lock(context, settings.home)
            with timed(tell, said_as, settings.home) as said, failing_plainly(AuditError):
                found = auditors[stage].judge()
                said.append(f"{sum(result.passed for result in found)} of {len(found)} expectations hold")
            check_results.write(checks_file(settings.home, stage), found)
            for suite, key in keys.items():
                yield check_of(key, [result for result in found if result.suite == suite])

        return judge

    return [audit("arriving", "judging what arrived"), audit("leaving", "judging what leaves")]


def check_of(key: dg.AssetKey, results: Iterable[CheckResult]) -> dg.AssetCheckResult:
    """The results of a suite as the one check of its table: red where any is, blocking where a critical one is.

    A suite that has no results at all did not judge, and is red.
    """
    found = list(results)
    red = [result for result in found if not result.passed]
    blocks = not found or any(result.stops_publishing for result in red)
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=SUITE,
        passed=bool(found) and not red,
        severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
        description="; ".join(result.sentence() for result in red[:FAILURES_SHOWN])
        or (f"{len(found)} expectations hold." if found else "The suite gave no results."),
        metadata={"expectations": len(found), "failed": len(red)},
    )


def freshness_checks(settings: Settings, tables: Iterable[str]) -> dg.AssetChecksDefinition:
    """Whether each input still comes, and whether anything new has landed lately. Warns, and stops nothing."""
    tables = list(tables)

    @dg.multi_asset_check(
        name="freshness",
        specs=[
            *(
                dg.AssetCheckSpec(
                    STILL_COMES,
                    asset=landed_key(table),
                    additional_deps=[FRESHNESS],
                    description="This input is not silent for longer than the settings (input_tolerances) allow.",
                )
                for table in tables
            ),
            dg.AssetCheckSpec(
                ATTENDED,
                asset=landed_key("loads"),
                additional_deps=[FRESHNESS],
                description=f"The last load is at most {freshness.UNATTENDED_AFTER.days} days old.",
            ),
        ],
        pool=POOL,
    )
    def judge(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        hold_lock(context, settings.home)
        found = {result.suite: result for result in freshness.judge(settings.home)}
        for table in tables:
            result = found.get(table)
            yield dg.AssetCheckResult(
                asset_key=landed_key(table),
                check_name=STILL_COMES,
                passed=result is None or result.passed,
                severity=dg.AssetCheckSeverity.WARN,
                description=result.detail if result else "This input holds no dated rows, or may be silent for good.",
            )
        yield attended(settings.home)

    return judge


def attended(home: Home) -> dg.AssetCheckResult:
    """Whether anything new has landed lately: the one check that reads the clock, and so is not published."""
    loaded_at = freshness.last_loaded_at(home)
    now = datetime.now(UTC).replace(tzinfo=None)
    return dg.AssetCheckResult(
        asset_key=landed_key("loads"),
        check_name=ATTENDED,
        passed=loaded_at is not None and not freshness.is_unattended(loaded_at, now),
        severity=dg.AssetCheckSeverity.WARN,
        description=f"The last load is of {loaded_at:%Y-%m-%d %H:%M} UTC." if loaded_at else "Nothing has ever landed.",
    )
