"""Run suites and say what they found, as rows of `metadata.check_results`."""

from __future__ import annotations

import importlib
import re
import time
from collections.abc import Callable, Sequence
from types import ModuleType

import great_expectations as gx
from great_expectations.core.batch import Batch
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.exceptions import GreatExpectationsError
from great_expectations.expectations.expectation import Expectation

from expectations import arriving, leaving, on_duckdb
from expectations.catalogue import Suite, suites
from expectations.claims import ExpectNoRow, Mart
from orchestration import contract
from orchestration.landing.settings import opened_at
from orchestration.paths import Home
from orchestration.refresh.results import CheckResult

LEAVING: dict[str, ModuleType] = {
    suite.name: importlib.import_module(f"expectations.leaving.{suite.name}") for suite in suites("leaving")
}
"""The module of each table that leaves, imported with this one: whoever waits for `go` has nothing left to import."""

VALUE = re.compile("'[^']*'")
"""A value in a message of DuckDB; names stand in double quotes."""

LONGEST_DETAIL = 400
"""Characters of a detail: a sentence for a person, not a dump."""

Tell = Callable[[str], None]


def judge_arriving(home: Home, tell: Tell) -> list[CheckResult]:
    """Judge each landed table of a home.

    Raises NothingLanded, ToleranceError, or duckdb.Error and OSError where the manifest cannot be read.
    """
    tolerances = arriving.all_tolerances()
    connection = arriving.connect(home)
    opened_on, opened = arriving.shop_opened_on(home), opened_at(home.landed)
    includes_tax = arriving.prices_include_tax(home)
    source = on_duckdb.datasource(connection)

    def judge_one(suite: Suite) -> list[CheckResult]:
        if (fault := arriving.see(connection, home, suite.name)) is not None:
            return [missing(suite, "the table has been landed and can be read", fault)]
        table = contract.tables()[suite.name]
        arrived = arriving.count(connection, table)
        claims = arriving.suite(
            table, tolerances[suite.name], arrived, opened_on, opened_at=opened, includes_tax=includes_tax
        )
        return judge(suite, on_duckdb.batch(source, suite.name), claims, arriving.POINTER, shows_values=False)

    return _judge_all("arriving", judge_one, tell)


def judge_leaving(home: Home, tell: Tell) -> list[CheckResult]:
    """Judge each table that leaves a home's private warehouse, which is opened read-only.

    Raises NoWarehouse, ToleranceError.
    """
    connection = leaving.connect(home)
    source = on_duckdb.datasource(connection)

    def judge_one(suite: Suite) -> list[CheckResult]:
        module = LEAVING[suite.name]
        mart: Mart = module.MART
        actual = on_duckdb.columns(connection, suite.name)
        if not actual:
            return [missing(suite, "the table has been built", f"{mart.schema}.{suite.name} is not in the warehouse")]
        claims = [*mart.standing_claims(actual), *module.claims()]
        return judge(suite, on_duckdb.batch(source, suite.name), claims, mart.key, shows_values=True)

    return _judge_all("leaving", judge_one, tell)


def judge(
    suite: Suite, batch: Batch, claims: Sequence[Expectation], pointer: Sequence[str], *, shows_values: bool
) -> list[CheckResult]:
    """Judge one table by its claims.

    `pointer` are the columns that name a row to a person; `shows_values` is whether a detail may also show the value
    found. A claim that could not be judged did not hold: its detail says what went wrong.
    """
    queries = [claim for claim in claims if isinstance(claim, ExpectNoRow)]
    of_columns = [claim for claim in claims if not isinstance(claim, ExpectNoRow)]
    found: list[CheckResult] = []
    # Of its own kinds Great Expectations is asked yes or no, which it answers for all columns in one statement; more is
    # a statement each. A query brings its count along, which Great Expectations drops where it is asked yes or no.
    for group, result_format in ((of_columns, "BOOLEAN_ONLY"), (queries, "BASIC")):
        expectations = gx.ExpectationSuite(name=suite.name, expectations=group)
        outcome = batch.validate(expectations, result_format=result_format)
        found += [_result(suite, batch, result, pointer, shows_values) for result in outcome.results]
    return found


def missing(suite: Suite, claim: str, fault: str) -> CheckResult:
    """The one, critical result of a table that is not there."""
    return CheckResult(suite.stage, suite.name, claim, None, True, False, None, fault)


def _judge_all(stage: str, judge_one: Callable[[Suite], list[CheckResult]], tell: Tell) -> list[CheckResult]:
    results: list[CheckResult] = []
    for suite in suites(stage):
        started = time.perf_counter()
        found = judge_one(suite)
        results += found
        passed = sum(result.passed for result in found)
        tell(f"{stage} {suite.name}: {passed} of {len(found)} hold ({time.perf_counter() - started:.2f} s)")
    return results


def _result(
    suite: Suite, batch: Batch, result: ExpectationValidationResult, pointer: Sequence[str], shows_values: bool
) -> CheckResult:
    configuration = result.expectation_config
    column = configuration.kwargs.get("column") or (configuration.meta or {}).get("column")
    unexpected_count: int | None = None
    detail: str | None = None
    if (raised := _raised(result)) is not None:
        detail = "could not be judged: " + (raised if shows_values else VALUE.sub("'…'", raised))
    elif configuration.type == ExpectNoRow.expectation_type:
        unexpected_count = result.result["unexpected_count"]
        if not result.success:
            detail = _counted(unexpected_count, result.result["example"])
    elif not result.success:
        unexpected_count, detail = _look_closer(batch, configuration.to_domain_obj(), pointer, shows_values)
    return CheckResult(
        stage=suite.stage,
        suite=suite.name,
        expectation=configuration.description,
        column=column,
        is_critical=configuration.severity == "critical",
        passed=bool(result.success) and raised is None,
        unexpected_count=unexpected_count,
        detail=detail[:LONGEST_DETAIL] if detail else None,
    )


def _raised(result: ExpectationValidationResult) -> str | None:
    """What an expectation raised, in one line; None where it raised nothing.

    `success` alone does not tell. One exception stands by itself, several stand by the metric that raised each.
    """
    information = result.exception_info or {}
    entries = [information] if "raised_exception" in information else list(information.values())
    messages = [str(entry["exception_message"]) for entry in entries if entry.get("raised_exception")]
    return " ".join(messages[0].split()) if messages else None


def _look_closer(
    batch: Batch, claim: Expectation, pointer: Sequence[str], shows_values: bool
) -> tuple[int | None, str | None]:
    """How many rows break a claim of Great Expectations' own kinds, and the first of them.

    Asked only of claims that failed: counting and pointing cost a scan each, and most claims hold.
    """
    try:
        closer = batch.validate(
            claim,
            result_format={
                "result_format": "SUMMARY",
                "unexpected_index_column_names": list(pointer),
                "partial_unexpected_count": 1,
            },
        )
    except GreatExpectationsError as error:
        return None, f"fails, and could not be looked at closer: {error}"
    found = closer.result
    if "unexpected_count" not in found:
        if details := (found.get("details") or {}).get("mismatched"):
            return None, f"missing: {', '.join(details.get('missing', ()))}"
        return None, f"found {found['observed_value']}" if "observed_value" in found else None
    examples = found.get("partial_unexpected_index_list") or []
    if not examples:
        return found["unexpected_count"], _counted(found["unexpected_count"], None)
    shown = {name: value for name, value in examples[0].items() if shows_values or name in pointer}
    return found["unexpected_count"], _counted(
        found["unexpected_count"], ", ".join(f"{name} {value}" for name, value in shown.items())
    )


def _counted(rows: int, example: str | None) -> str:
    counted = f"{rows:,} row{'' if rows == 1 else 's'}"
    if example is None:
        return counted
    # A row that DuckDB wrote as text: {'month': 2026-01-01, 'net_sales': 3.00}
    return f"{counted}, for example {example.strip('{}').replace(chr(39), '')}"
