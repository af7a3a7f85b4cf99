"""The words suites are written in: each makes one expectation of Great Expectations out of one sentence.

The sentence is the expectation's `description` and reads as a claim about the table; `severity` critical stops
publishing, warning does not. Claims about single columns are Great Expectations' own kinds, which it computes together,
one statement for a whole table. Claims about several columns, rows or tables are queries for the rows that break them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from orchestration import contract

FLOATING_TYPES = ("DOUBLE", "FLOAT")


class ExpectNoRow(gxe.UnexpectedRowsExpectation):
    """Holds where the query finds no row, or no more than are tolerated.

    The query that reaches DuckDB counts the rows and keeps the least of them, as text, for an example: what comes back
    is one row, however many break the claim. Great Expectations' own kind would run it twice and fetch the rows.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.table",)

    def _validate(
        self, metrics: dict, runtime_configuration: dict | None = None, execution_engine: Any = None
    ) -> dict[str, Any]:
        found = metrics["unexpected_rows_query.table"]
        count = found[0]["unexpected_count"] if found else 0
        return {
            "success": count <= (self.meta or {}).get("tolerated_count", 0),
            "result": {"unexpected_count": count, "example": found[0]["example"] if found else None},
        }


def _severity(critical: bool) -> str:
    return "critical" if critical else "warning"


def no_row(
    sentence: str,
    query: str,
    *,
    column: str | None = None,
    critical: bool = True,
    tolerated_count: int = 0,
    counted: str = "count(*)",
) -> Expectation:
    """Rows that the query finds break the claim; `{batch}` in it is the table judged.

    `column` is the column judged where it is one, `counted` the SQL that counts what the query finds where a row of it
    stands for several. The example shown is the whole row that the query selects, so it selects what a person needs to
    find the fault, and nothing personal.
    """
    return ExpectNoRow(
        unexpected_rows_query=(
            f"select {counted} as unexpected_count, cast(min(unexpected) as varchar) as example "
            f"from ({query}) as unexpected having count(*) > 0"
        ),
        description=sentence,
        severity=_severity(critical),
        meta={"column": column, "tolerated_count": tolerated_count},
    )


def complete(column: str, sentence: str | None = None, *, critical: bool = True) -> Expectation:
    """No row lacks the column."""
    return gxe.ExpectColumnValuesToNotBeNull(
        column=column, description=sentence or f"{column} is never missing", severity=_severity(critical)
    )


def one_of(column: str, values: Sequence[Any], sentence: str | None = None, *, critical: bool = True) -> Expectation:
    """Where the column is given, it is one of these."""
    return gxe.ExpectColumnValuesToBeInSet(
        column=column,
        value_set=list(values),
        description=sentence or f"{column} is one of {', '.join(str(value) for value in values)}",
        severity=_severity(critical),
    )


def between(
    column: str,
    least: float | None,
    most: float | None = None,
    sentence: str | None = None,
    *,
    critical: bool = True,
) -> Expectation:
    """Where the column is given, it lies within these bounds, themselves included."""
    bounds = f"from {least} to {most}" if most is not None else f"at least {least}"
    return gxe.ExpectColumnValuesToBeBetween(
        column=column,
        min_value=least,
        max_value=most,
        description=sentence or f"{column} is {bounds}",
        severity=_severity(critical),
    )


def adds_up(total: str, parts: str, *, shows: Sequence[str], critical: bool = True) -> Expectation:
    """In every row a column is exactly what the others make, to the cent: `adds_up("net_sales", "gross_sales - …")`.

    A row in which one of them is missing breaks the claim: money is never undefined.
    """
    return no_row(
        f"{total} = {parts}, in every row and to the cent",
        f"select {', '.join(shows)}, {total}, {parts} as expected from {{batch}} "
        f"where {total} is distinct from {parts} or {total} is null",
        column=total,
        critical=critical,
    )


def quotient(
    column: str,
    numerator: str,
    denominator: str,
    *,
    shows: Sequence[str],
    within: float = 0.000_002,
    critical: bool = True,
) -> Expectation:
    """A column is a quotient of two others, and is missing exactly where there is nothing to divide by.

    `within` is what rounding may differ by: shares and rates carry six decimals.
    """
    return no_row(
        f"{column} = {numerator} / {denominator}, and is missing exactly where {denominator} is 0 or missing",
        f"select {', '.join(shows)}, {column}, {numerator}, {denominator} from {{batch}} "
        f"where ({column} is null) <> (coalesce({denominator}, 0) = 0) "
        f"or abs({column} - cast({numerator} as double) / nullif(cast({denominator} as double), 0)) > {within}",
        column=column,
        critical=critical,
    )


def first_of_month(column: str) -> Expectation:
    """A month is written as its first day."""
    return no_row(
        f"{column} is always the first day of a month",
        f"select {column} from {{batch}} where {column} <> date_trunc('month', {column})",
        column=column,
    )


def same_customers(sentence: str, key: str = "customer_id", where: str = "true") -> Expectation:
    """The table has exactly the customers of `customers`."""
    return no_row(
        sentence,
        "select coalesce(here.customer_id, known.customer_id) as customer_id, "
        "case when here.customer_id is null then 'missing here' else 'unknown to customers' end as fault "
        f"from (select distinct {key} as customer_id from {{batch}} as judged where {where}) as here "
        "full outer join (select customer_id from customers) as known on here.customer_id = known.customer_id "
        "where here.customer_id is null or known.customer_id is null",
        column=key,
    )


def same_as(mart: str, columns: Sequence[str], key: str = "customer_id") -> Expectation:
    """Columns shown here are those of the mart that owns them, for each customer that both have."""
    shown = ", ".join(f"judged.{column}, owner.{column} as owned_{column}" for column in columns)
    return no_row(
        f"{', '.join(columns)}: the same as in {mart}",
        f"select judged.{key}, {shown} from {{batch}} as judged "
        f"inner join {mart} as owner on judged.{key} = owner.{key} "
        f"where {' or '.join(f'judged.{column} is distinct from owner.{column}' for column in columns)}",
        column=columns[0] if len(columns) == 1 else None,
    )


@dataclass(frozen=True)
class Mart:
    """What a table that leaves looks like, declared once per suite; the standing claims follow from it.

    key              the columns that name a row
    columns          the columns a reader relies on; a table may grow others
    optional_in_key  columns of the key that may be missing, a missing one counting as a value of its own
    schema           where the table lies in the warehouse
    """

    key: tuple[str, ...]
    columns: tuple[str, ...]
    optional_in_key: tuple[str, ...] = ()
    schema: str = "marts"

    def standing_claims(self, actual: Mapping[str, str]) -> list[Expectation]:
        """What is claimed of every table that leaves; `actual` is the type of each column that is really there."""
        key = ", ".join(self.key)
        claims = [
            gxe.ExpectTableColumnsToMatchSet(
                column_set=list(self.columns),
                exact_match=False,
                description="every column that readers rely on is there",
                severity="critical",
            ),
            no_row(
                f"{key} {'names' if len(self.key) == 1 else 'name'} one row",
                f"select {key}, count(*) as row_count from {{batch}} group by {key} having count(*) > 1",
                column=self.key[0] if len(self.key) == 1 else None,
            ),
            no_row(
                "no column is a direct identifier of a person",
                "select column_name from (describe select * from {batch}) "
                f"where lower(column_name) in ({', '.join(repr(name) for name in direct_identifiers())})",
            ),
        ]
        claims += [complete(column) for column in self.key if column not in self.optional_in_key]
        if floating := [name for name, data_type in actual.items() if data_type in FLOATING_TYPES]:
            shown = ", ".join(dict.fromkeys((*self.key, *floating)))
            claims.append(
                no_row(
                    "every floating point number is finite",
                    f"select {shown} from {{batch}} where "
                    + " or ".join(f"not isfinite({column})" for column in floating),
                )
            )
        return claims


def direct_identifiers() -> tuple[str, ...]:
    """Columns that may never leave: what the contract calls personal, and the rows as they came."""
    names: Iterable[str] = (
        column.name for table in contract.tables().values() for column in table.columns if column.personal
    )
    return (*sorted(set(names)), "address", "first_name", "last_name", "payload", "phone")
