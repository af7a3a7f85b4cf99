"""From grouped histories to a table of fits: what the dbt Python models call, and nothing in it knows an engine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.lifetime_value.cache import Cache
from orchestration.lifetime_value.fitting import BUYING_MODELS, SPENDING_MODEL, SPENDING_PARAMETERS, Fit
from orchestration.lifetime_value.fitting import fit_buying as _fit_buying
from orchestration.lifetime_value.fitting import fit_spending as _fit_spending
from orchestration.lifetime_value.histories import Histories, Spending
from orchestration.lifetime_value.predictions import expected_order_value, newcomer_purchases

Columns = Mapping[str, NDArray]

PARAMETERS = (*dict.fromkeys(name for names in BUYING_MODELS.values() for name in names), *SPENDING_PARAMETERS)
"""Every parameter of every model, once: the columns of the table."""

ONE_YEAR = 365 / 7
"""In weeks."""

SCHEMA = pa.schema(
    [
        ("cut_on", pa.date32()),
        ("cohort_group", pa.string()),
        ("model", pa.string()),
        ("value_basis", pa.string()),
        ("customer_count", pa.int64()),
        ("repeat_customer_count", pa.int64()),
        ("customers_left_out", pa.int64()),
        ("log_likelihood", pa.float64()),
        ("is_converged", pa.bool_()),
        ("at_bound", pa.string()),
        ("newcomer_expectation", pa.float64()),
        ("newcomer_expectation_error", pa.float64()),
        *((name, pa.float64()) for name in PARAMETERS),
        *((f"{name}_error", pa.float64()) for name in PARAMETERS),
    ]
)
"""
cut_on, cohort_group         the last day known to the fit; '*' is the whole shop, else a channel
model, value_basis           value_basis is null for models of buying, else 'repeat' or 'all'
customers_left_out           of Gamma-Gamma: customers whose mean value is not above 0
at_bound                     names of parameters at a bound, with blanks between; null where there is none
newcomer_expectation         what is expected of a customer just won: repeat orders in a year, or the value of an order
…_error                      standard errors; null where they are undefined
"""


def fit_tables(
    histories: Columns,
    spending: Columns,
    buying_models: Collection[str],
    value_bases: Collection[str],
    cache: Path | None,
) -> pa.Table:
    """Fit each model to each group. One row per cut, group and model, in that order.

    histories   cut_on, cohort_group, repeats, recency_weeks, age_weeks, customer_count: an array each
    spending    cut_on, cohort_group, value_basis, purchases, mean_value, customer_count; a mean_value of 0 stands for
                all customers whose mean is not above 0
    cache       a folder in which fits are kept by what they were fitted on, or None
    """
    kept = Cache(cache)
    rows: list[dict[str, object]] = []
    for cut, group, _, found in _groups(histories):
        grouped = Histories.of(found["repeats"], found["recency_weeks"], found["age_weeks"], found["customer_count"])
        for model in sorted(buying_models):
            arrays = (grouped.repeats, grouped.recency, grouped.age, grouped.weight)
            fit = kept.fit(model, arrays, lambda model=model, grouped=grouped: _fit_buying(model, grouped))
            rows.append(
                _row(cut, group, None, fit)
                | {"repeat_customer_count": grouped.repeat_customers}
                | _newcomer(fit, lambda fit: float(newcomer_purchases(fit, ONE_YEAR)[0]))
            )
    for cut, group, basis, found in _groups(spending, "value_basis"):
        usable = found["mean_value"] > 0
        if basis not in value_bases or not usable.any():
            continue
        counts = np.asarray(found["customer_count"])
        spent = Spending.of(found["purchases"][usable], found["mean_value"][usable], counts[usable])
        arrays = (spent.purchases, spent.mean, spent.weight)
        fit = kept.fit(SPENDING_MODEL, arrays, lambda spent=spent: _fit_spending(spent))
        rows.append(
            _row(cut, group, basis, fit)
            | {"customers_left_out": int(counts[~usable].sum())}
            | _newcomer(fit, lambda fit: float(expected_order_value(fit, 0, 0.0)))
        )
    kept.forget_the_rest()
    rows.sort(key=lambda row: (row["cut_on"], row["cohort_group"], row["model"], row["value_basis"] or ""))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _groups(columns: Columns, *more: str) -> list[tuple[date, str, str | None, dict[str, NDArray]]]:
    """The rows of each cut and group (and value basis), sorted by them."""
    plain = {name: np.asarray(column) for name, column in columns.items()}
    keys = list(
        zip(
            plain["cut_on"].astype("datetime64[D]").tolist(),
            plain["cohort_group"].tolist(),
            plain[more[0]].tolist() if more else [None] * plain["cut_on"].size,
            strict=True,
        )
    )
    places: dict[tuple[date, str, str | None], list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    return [
        (*key, {name: column[places[key]] for name, column in plain.items()})
        for key in sorted(places, key=lambda key: (key[0], key[1], key[2] or ""))
    ]


def _row(cut: date, group: str, basis: str | None, fit: Fit) -> dict[str, object]:
    return {
        "cut_on": cut,
        "cohort_group": group,
        "model": fit.model,
        "value_basis": basis,
        "customer_count": fit.customers,
        "log_likelihood": fit.log_likelihood,
        "is_converged": fit.converged,
        "at_bound": " ".join(fit.at_bound) or None,
        **fit.parameters,
        **{f"{name}_error": error for name, error in fit.standard_errors.items()},
    }


def _newcomer(fit: Fit, expectation: object) -> dict[str, float | None]:
    """The expectation of a newcomer and its standard error, by its slope along the logarithms of the parameters."""
    step = 1e-4
    slopes: list[float] = []
    for name, value in fit.parameters.items():
        higher, lower = (
            expectation(Fit(**{**fit.__dict__, "parameters": {**fit.parameters, name: value * factor}}))
            for factor in (np.exp(step), np.exp(-step))
        )
        slopes.append((higher - lower) / (2 * step))
    variance = float(np.array(slopes) @ np.array(fit.covariance) @ np.array(slopes))
    return {
        "newcomer_expectation": expectation(fit),
        "newcomer_expectation_error": float(np.sqrt(variance)) if variance > 0 else None,
    }
