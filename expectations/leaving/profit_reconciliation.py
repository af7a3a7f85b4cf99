"""What must hold of `profit_reconciliation`: month and line of the statement."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, adds_up, between, complete, first_of_month, no_row, one_of
from expectations.statement import LINES, unpivoted

OWNERS = {"customers": "customer", "guests": "guests", "erased": "erased", "unassigned": "unassigned", "idle": "idle"}
"""Column here, and the owner of its rows in customer_profit_monthly."""

MART = Mart(
    key=("month", "statement_line"),
    columns=("month", "statement_line", "company", *OWNERS, "difference"),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        one_of("statement_line", LINES),
        first_of_month("month"),
        *(complete(column) for column in MART.columns[2:]),
        between(
            "difference",
            0,
            0,
            "customers, guests, erased and unassigned add up to the company, to the cent",
        ),
        adds_up("difference", "company - customers - guests - erased - unassigned - idle", shows=MART.key),
        no_row(
            "the company's side is company_profit_monthly, month by month and line by line",
            _differing("company", unpivoted("company_profit_monthly", ("month",), "source")),
            column="company",
        ),
        *(
            no_row(
                f"the side of {column} is customer_profit_monthly, month by month and line by line",
                _differing(
                    column,
                    unpivoted(
                        f"(select * from customer_profit_monthly where profit_owner = '{owner}')", ("month",), "source"
                    ),
                ),
                column=column,
            )
            for column, owner in OWNERS.items()
        ),
    ]


def _differing(column: str, source: str) -> str:
    """Query: the months and lines whose amount is not the same here and there; what is missing counts as 0."""
    return (
        "select coalesce(judged.month, source.month) as month, "
        "coalesce(judged.statement_line, source.statement_line) as statement_line, "
        f"judged.{column}, source.amount as expected from {{batch}} as judged full outer join {source} "
        "on judged.month = source.month and judged.statement_line = source.statement_line "
        f"where coalesce(judged.{column}, 0) <> coalesce(source.amount, 0)"
    )
