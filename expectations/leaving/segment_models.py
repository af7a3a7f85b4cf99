"""What must hold of `segment_models`: model and quarter end."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row, one_of

MODELS = ("behaviour clusters", "premium discriminant", "premium tree", "lifecycle rules", "lifecycle tree")

MART = Mart(
    key=("model", "fit_on"),
    columns=(
        "model",
        "fit_on",
        "is_in_use",
        "customer_count",
        "holdout_count",
        "cluster_count",
        "silhouette",
        "base_rate",
        "accuracy",
        "accuracy_gain",
        "verdict",
    ),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones. A model no better than a guess warns: it is for people to look at."""
    return [
        one_of("model", MODELS),
        complete("is_in_use"),
        complete("verdict"),
        between("silhouette", -1, 1),
        between("base_rate", 0, 1),
        between("accuracy", 0, 1),
        no_row(
            "accuracy_gain = accuracy - base_rate",
            "select model, fit_on, accuracy, base_rate, accuracy_gain from {batch} "
            "where accuracy_gain is distinct from accuracy - base_rate",
            column="accuracy_gain",
        ),
        no_row(
            "a model that is no better than guessing says so",
            "select model, fit_on, accuracy_gain, verdict from {batch} "
            "where accuracy is not null and (accuracy_gain > 0) <> (verdict like 'better%')",
            column="verdict",
        ),
        no_row(
            "tonight's segments go by models that are better than guessing",
            "select model, fit_on, accuracy, base_rate from {batch} where is_in_use and accuracy_gain <= 0",
            column="accuracy",
            critical=False,
        ),
    ]
