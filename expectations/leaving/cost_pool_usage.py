"""What must hold of `cost_pool_usage`: month and cost pool."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, adds_up, between, complete, first_of_month, no_row, one_of, quotient
from expectations.statement import LINES, SUBTOTALS

MART = Mart(
    key=("month", "pool"),
    columns=(
        "month",
        "pool",
        "statement_line",
        "driver",
        "cost_basis",
        "ledger_amount",
        "amount",
        "assigned",
        "idle",
        "unassigned",
        "practical_capacity",
        "capacity_used",
        "used_share",
        "unit_cost",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        first_of_month("month"),
        one_of("cost_basis", ["actual", "standard"]),
        one_of("statement_line", [line for line in LINES if line not in SUBTOTALS and line != "gross_sales"]),
        adds_up("amount", "assigned + idle + unassigned", shows=MART.key),
        complete("cost_basis"),
        complete("statement_line"),
        between("assigned", 0),
        between("unassigned", 0),
        between("capacity_used", 0),
        quotient("used_share", "capacity_used", "practical_capacity", shows=MART.key),
        no_row(
            "a pool costs what the ledger says, and is actual, wherever the ledger says something",
            "select month, pool, ledger_amount, amount, cost_basis from {batch} "
            "where (ledger_amount is null) <> (cost_basis = 'standard') or ledger_amount <> amount",
            column="amount",
        ),
        no_row(
            "what is idle is what profit_reconciliation shows as idle, line by line",
            "select here.month, here.statement_line, here.idle, there.idle as reconciled from "
            "(select month, statement_line, sum(idle) as idle from {batch} group by all) as here "
            "left join profit_reconciliation as there "
            "on here.month = there.month and here.statement_line = there.statement_line "
            "where here.idle <> coalesce(there.idle, 0)",
            column="idle",
        ),
    ]
