"""What must hold of `lifetime_value_models`: cut, group of customers, model and value basis."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row, one_of

MART = Mart(
    key=("cut_on", "cohort_group", "model", "value_basis"),
    optional_in_key=("value_basis",),
    columns=(
        "cut_on",
        "is_tonight",
        "cohort_group",
        "model",
        "value_basis",
        "customer_count",
        "log_likelihood",
        "is_converged",
        "at_bound",
        "newcomer_expectation",
        "is_drifting",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones. A poor fit and a drift warn: they are for people to look at."""
    return [
        one_of("model", ("bg_nbd", "mbg_nbd", "pareto_nbd", "gamma_gamma")),
        between("customer_count", 1),
        complete("newcomer_expectation"),
        between("newcomer_expectation", 0),
        no_row(
            "gamma_gamma has a value basis and no other model has one",
            "select cut_on, cohort_group, model, value_basis from {batch} "
            "where (model = 'gamma_gamma') <> (value_basis is not null)",
            column="value_basis",
        ),
        no_row(
            "tonight's fits to the whole shop have converged within their bounds",
            "select cut_on, model, value_basis, is_converged, at_bound from {batch} "
            "where is_tonight and cohort_group = '*' and (not is_converged or at_bound is not null)",
            column="is_converged",
            critical=False,
        ),
        no_row(
            "what tonight's fits expect of a newcomer is within the range of past fits",
            "select cut_on, model, value_basis, newcomer_expectation from {batch} where is_drifting",
            column="is_drifting",
            critical=False,
        ),
    ]
