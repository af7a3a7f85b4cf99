"""What must hold of `input_fates` (metadata): what became of the rows that arrived, by table, load and fate.

Only staging knows every reason to refuse a row; how much may be refused is a setting. Both are judged here, when the
warehouse is built. Where it is too much, the reason that most rows of the table have is told, of all loads, and where
the first row with it stands.
"""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row, one_of
from expectations.tolerances import tolerances
from orchestration import contract

MART = Mart(
    key=("table_name", "load_id", "fate"),
    columns=("table_name", "load_id", "fate", "row_count", "money"),
    schema="metadata",
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones. Raises ToleranceError where the settings have a gap."""
    tables = contract.tables()
    tolerated = (
        "(values "
        + ", ".join(
            f"('{table}', {tolerance.refused}, {tolerance.refused_of_last_load})"
            for table, tolerance in tolerances(tables).items()
        )
        + ") as tolerated(table_name, share, share_of_last_load)"
    )
    # Its file and row are told too: what stands in the row may be about a person.
    most_frequent = (
        "(select table_name, example_file, example_row, row_count as rows_of_it, reason as most_frequent_reason "
        "from quarantine_summary qualify row_number() over (partition by table_name order by row_count desc, reason) "
        "= 1) as reasons"
    )
    told = ", ".join(
        f"any_value({column}) as {column}"
        for column in ("example_file", "example_row", "rows_of_it", "most_frequent_reason")
    )
    refused = "coalesce(sum(judged.row_count) filter (where fate = 'quarantined'), 0)"
    return [
        one_of("table_name", list(tables)),
        one_of("fate", ["accepted", "quarantined", "duplicate", "superseded", "erased"]),
        complete("row_count"),
        between("row_count", 0),
        no_row(
            "no table has more rows refused than the shop tolerates",
            f"select judged.table_name, {refused} as refused, sum(judged.row_count) as row_count, "
            f"any_value(share) as tolerated, {told} "
            f"from {{batch}} as judged inner join {tolerated} on judged.table_name = tolerated.table_name "
            f"left join {most_frequent} on judged.table_name = reasons.table_name "
            f"group by judged.table_name having {refused} > any_value(share) * sum(judged.row_count)",
            column="row_count",
        ),
        no_row(
            "the last load of each table is not mostly refused",
            f"select judged.table_name, load_id, {refused} as refused, sum(judged.row_count) as row_count, "
            f"any_value(share_of_last_load) as tolerated, {told} from {{batch}} as judged "
            f"inner join {tolerated} on judged.table_name = tolerated.table_name "
            f"left join {most_frequent} on judged.table_name = reasons.table_name group by judged.table_name, load_id "
            "qualify load_id = max(load_id) over (partition by judged.table_name) "
            f"and {refused} > any_value(share_of_last_load) * sum(judged.row_count)",
            column="row_count",
        ),
    ]
