"""Models of lifetime value: published answers, recovery of known truth, and shops too poor for a model."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest
from conftest import SHARED
from scipy import integrate
from scipy.special import beta as beta_function
from scipy.special import gammaln

from orchestration.lifetime_value import (
    Fit,
    Histories,
    Spending,
    expected_order_value,
    expected_purchases,
    fit_buying,
    fit_spending,
    likelihoods,
    newcomer_purchases,
    probability_alive,
    tables,
)
from orchestration.lifetime_value.fitting import BUYING_MODELS, likelihood_of
from orchestration.lifetime_value.histories import HistoryError
from orchestration.lifetime_value.likelihoods import gamma_gamma
from orchestration.lifetime_value.predictions import purchases_if_alive

MODELS = tuple(BUYING_MODELS)

PUBLISHED = {
    # Fader, Hardie & Lee (2005); Batislam et al. (2007) by BTYDplus; refitted to more digits
    "bg_nbd": ({"r": 0.242595, "alpha": 4.413602, "a": 0.792922, "b": 2.425907}, -9582.4292, 1e-4),
    "pareto_nbd": ({"r": 0.553277, "alpha": 10.57768, "s": 0.606240, "beta": 11.66874}, -9594.9762, 1e-3),
    "mbg_nbd": ({"r": 0.524843, "alpha": 6.183085, "a": 0.891359, "b": 1.614002}, -9582.1357, 1e-4),
}

SUFFIX = {"bg_nbd": "bgnbd", "mbg_nbd": "mbgnbd", "pareto_nbd": "pnbd"}


# --- the published answers on CDNOW's sample ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cdnow(shared_data: Path) -> dict[str, np.ndarray]:
    """What an independent implementation computed for the 2,357 customers, by column."""
    assert shared_data
    with (SHARED / "reference" / "cdnow_customers.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2357
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in rows[0]}


@pytest.fixture(scope="module")
def cdnow_fits(cdnow: dict[str, np.ndarray]) -> dict[str, Fit]:
    histories = Histories.of(cdnow["x"], cdnow["t_x_days"] / 7, cdnow["T_days"] / 7)
    return {model: fit_buying(model, histories) for model in MODELS}


@pytest.mark.parametrize("model", MODELS)
def test_the_published_parameters_are_found(cdnow_fits: dict[str, Fit], model: str) -> None:
    parameters, log_likelihood, within = PUBLISHED[model]
    fit = cdnow_fits[model]
    assert fit.parameters == pytest.approx(parameters, rel=within)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.01)
    assert fit.converged and not fit.at_bound and fit.customers == 2357
    assert all(error is not None and 0 < error < fit.parameters[name] for name, error in fit.standard_errors.items())


@pytest.mark.parametrize("model", MODELS)
def test_each_customer_is_predicted_as_published(
    cdnow: dict[str, np.ndarray], cdnow_fits: dict[str, Fit], model: str
) -> None:
    history = (cdnow["x"], cdnow["t_x_days"] / 7, cdnow["T_days"] / 7)
    fit = cdnow_fits[model]
    np.testing.assert_allclose(probability_alive(fit, *history), cdnow[f"p_alive_{SUFFIX[model]}"], atol=1e-5)
    np.testing.assert_allclose(expected_purchases(fit, *history, 39), cdnow[f"exp39w_{SUFFIX[model]}"], atol=1e-4)


def test_holdout_totals_are_the_published_ones(cdnow: dict[str, np.ndarray], cdnow_fits: dict[str, Fit]) -> None:
    history = (cdnow["x"], cdnow["t_x_days"] / 7, cdnow["T_days"] / 7)
    totals = {model: expected_purchases(fit, *history, 39).sum() for model, fit in cdnow_fits.items()}
    assert totals == pytest.approx({"bg_nbd": 1653, "mbg_nbd": 1577, "pareto_nbd": 1666}, abs=0.6)
    assert cdnow["holdout39w_n"].sum() == 1882


def test_the_textbook_customer(cdnow_fits: dict[str, Fit]) -> None:
    fit = cdnow_fits["bg_nbd"]
    assert probability_alive(fit, 2, 213 / 7, 272 / 7)[0] == pytest.approx(0.7266, abs=5e-5)
    assert expected_purchases(fit, 2, 213 / 7, 272 / 7, 39)[0] == pytest.approx(1.226, abs=5e-4)


@pytest.mark.parametrize(
    ("mean", "purchases_more", "parameters", "log_likelihood", "customers", "expected"),
    [
        ("monetary_repeat_mean", 0, (6.24957, 3.74422, 15.4435), -4055.9177, 946, "exp_avg_profit_gg"),
        ("monetary_all_mean", 1, (9.88129, 3.39876, 7.92857), -9898.4509, 2349, "exp_avg_profit_gg_all"),
    ],
    ids=["repeat orders", "all orders"],
)
def test_the_published_value_of_an_order(
    cdnow: dict[str, np.ndarray],
    mean: str,
    purchases_more: int,
    parameters: tuple[float, ...],
    log_likelihood: float,
    customers: int,
    expected: str,
) -> None:
    purchases, value = cdnow["x"] + purchases_more, np.nan_to_num(cdnow[mean])
    usable = (purchases > 0) & (value > 0)
    fit = fit_spending(Spending.of(purchases[usable], value[usable]))
    assert tuple(fit.parameters.values()) == pytest.approx(parameters, rel=1e-4)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.01)
    assert fit.customers == customers and fit.converged
    np.testing.assert_allclose(expected_order_value(fit, purchases, value), cdnow[expected], atol=1e-3)


def test_the_published_value_of_twelve_months(cdnow: dict[str, np.ndarray], cdnow_fits: dict[str, Fit]) -> None:
    """Months of 4.345 weeks, discounted by 1.1^(1/12) a month."""
    history = (cdnow["x"], cdnow["t_x_days"] / 7, cdnow["T_days"] / 7)
    for model, column, purchases, mean in (
        ("bg_nbd", "clv12m_bgnbd_gg", cdnow["x"], "monetary_repeat_mean"),
        ("pareto_nbd", "clv12m_pnbd_gg", cdnow["x"], "monetary_repeat_mean"),
        ("bg_nbd", "clv12m_bgnbd_gg_all", cdnow["x"] + 1, "monetary_all_mean"),
    ):
        value = np.nan_to_num(cdnow[mean])
        usable = (purchases > 0) & (value > 0)
        spending = fit_spending(Spending.of(purchases[usable], value[usable]))
        so_far = [expected_purchases(cdnow_fits[model], *history, 4.345 * month) for month in range(13)]
        discounted = sum((so_far[month] - so_far[month - 1]) / 1.1 ** (month / 12) for month in range(1, 13))
        predicted = discounted * expected_order_value(spending, purchases, value)
        np.testing.assert_allclose(predicted, cdnow[column], atol=1e-3)
        if column == "clv12m_bgnbd_gg":
            assert predicted.sum() == pytest.approx(72360.63, abs=0.1)


# --- independent answers, without data ------------------------------------------------------------------------------


def some_histories(customers: int = 400, seed: int = 5) -> Histories:
    """Customers of a Pareto/NBD shop, in exact days."""
    return Histories.of(*drawn("pareto_nbd", (0.8, 8.0, 0.7, 9.0), customers, seed)[:3])


def drawn(
    model: str, parameters: tuple[float, ...], customers: int, seed: int, ahead: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Histories of customers who buy as the model says, and what they buy in `ahead` weeks more.

    Purchases are drawn one after the other for all customers at once; several on one day are left as they are.
    """
    random = np.random.default_rng(seed)
    r, alpha, third, fourth = parameters
    age = np.ceil(random.uniform(20, 104, customers) * 7) / 7
    rate = random.gamma(r, 1 / alpha, customers)
    if model == "pareto_nbd":
        stops_at = random.exponential(1 / np.maximum(random.gamma(third, 1 / fourth, customers), 1e-300))
        stop_share = np.zeros(customers)
    else:
        stops_at = np.full(customers, np.inf)
        stop_share = random.beta(third, fourth, customers)
    buying = np.ones(customers, dtype=bool)
    if model == "mbg_nbd":
        buying = random.random(customers) >= stop_share
    now, repeats, recency, later = np.zeros(customers), np.zeros(customers), np.zeros(customers), np.zeros(customers)
    while buying.any():
        now[buying] += random.exponential(1 / np.maximum(rate[buying], 1e-300))
        buying &= now < np.minimum(stops_at, age + ahead)
        seen = buying & (now <= age)
        repeats[seen] += 1
        recency[seen] = now[seen]
        later[buying & (now > age)] += 1
        buying &= random.random(customers) >= stop_share
    return repeats, recency, age, later


@pytest.mark.parametrize("model", MODELS)
def test_gradients_are_those_of_the_likelihood(model: str) -> None:
    likelihood = likelihood_of(model, some_histories())
    for parameters in ((0.5, 8.0, 0.7, 3.0), (2.0, 0.5, 5.0, 0.2), (0.1, 90.0, 0.05, 400.0)):
        at = np.array(parameters)
        steps = np.diag(at * 1e-4)
        slopes = [(likelihood(at + step)[0] - likelihood(at - step)[0]) / (2 * step.sum()) for step in steps]
        np.testing.assert_allclose(likelihood(at)[1], slopes, rtol=1e-5, atol=1e-3)


def test_histories_are_looked_at_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing hangs on how many are laid out at once: the last part is shorter, and none leaves its numbers behind."""
    at, histories = np.array((0.5, 8.0, 0.7, 3.0)), some_histories()
    assert histories.weight.size % 7
    monkeypatch.setattr(likelihoods, "HISTORIES_AT_ONCE", 10**6)
    value, gradient = likelihood_of("pareto_nbd", histories)(at)
    monkeypatch.setattr(likelihoods, "HISTORIES_AT_ONCE", 7)
    by_parts = likelihood_of("pareto_nbd", histories)
    for _ in range(2):
        assert by_parts(at)[0] == pytest.approx(value, rel=1e-13)
        np.testing.assert_allclose(by_parts(at)[1], gradient, rtol=1e-11)


def test_the_gradient_of_spending_is_that_of_its_likelihood() -> None:
    random = np.random.default_rng(2)
    likelihood = gamma_gamma(Spending.of(random.integers(1, 9, 300), random.lognormal(3, 1, 300)))
    at = np.array([4.0, 3.0, 12.0])
    slopes = [(likelihood(at + step)[0] - likelihood(at - step)[0]) / (2 * step.sum()) for step in np.diag(at * 1e-6)]
    np.testing.assert_allclose(likelihood(at)[1], slopes, rtol=1e-5)


HISTORIES = [(0, 0.0, 30.0), (0, 0.0, 0.0), (1, 10.0, 30.0), (1, 30.0, 30.0), (5, 12.0, 52.0), (40, 50.0, 104.0)]


@pytest.mark.parametrize("history", HISTORIES, ids=str)
@pytest.mark.parametrize("model", MODELS)
def test_the_likelihood_is_the_integral_over_customers(model: str, history: tuple[int, float, float]) -> None:
    """Each customer has a rate and a tendency to stop of their own: integrated numerically over both."""
    x, t_x, age = history
    r, alpha, third, fourth = parameters = (0.8, 6.0, 1.3, 2.5)
    scale = np.exp(gammaln(r + x) - gammaln(r) + r * np.log(alpha))

    def gone_at(at: float, rate: float) -> float:
        return rate * np.exp(-rate * at) * (alpha + at) ** -(r + x)

    def pareto(rate: float) -> float:
        gone = integrate.quad(gone_at, t_x, age, args=(rate,), epsabs=0)[0]
        density = fourth**third * rate ** (third - 1) * np.exp(-fourth * rate - gammaln(third))
        return density * scale * (np.exp(-rate * age) * (alpha + age) ** -(r + x) + gone)

    def beta_geometric(share: float) -> float:
        chances = x + (model == "mbg_nbd")
        alive = (1 - share) ** chances * (alpha + age) ** -(r + x)
        gone = share * (1 - share) ** (chances - 1) * (alpha + t_x) ** -(r + x) if chances else 0.0
        density = share ** (third - 1) * (1 - share) ** (fourth - 1) / beta_function(third, fourth)
        return density * scale * (alive + gone)

    if model == "pareto_nbd":
        expected = integrate.quad(pareto, 0, 30, limit=400, epsabs=0)[0]
    else:
        expected = integrate.quad(beta_geometric, 0, 1, limit=400, epsabs=0)[0]
    found = likelihood_of(model, Histories.of([x], [t_x], [age]))(np.array(parameters))[0]
    assert found == pytest.approx(np.log(expected), abs=1e-6)


@pytest.mark.parametrize("parameters", [(0.24, 4.4, 0.3, 0.4), (0.24, 4.4, 0.79, 2.4), (3.0, 10.0, 40.0, 900.0)])
@pytest.mark.parametrize("history", [(0, 0.0), (0, 30.0), (7, 30.0), (250, 80.0)])
def test_expected_purchases_are_the_integral_over_customers(
    parameters: tuple[float, ...], history: tuple[int, float]
) -> None:
    """Also where a + b < 1, where the published closed form is not a number."""
    r, alpha, a, b = parameters
    x, age = history
    fit = Fit("bg_nbd", dict(zip(("r", "alpha", "a", "b"), parameters, strict=True)), {}, 0.0, 1, True, (), ())
    k, z = r + x, 52 / (alpha + age)

    def integrand(logit: float) -> float:
        log_p, log_rest = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
        weight = np.exp(a * log_p + (b + x) * log_rest - np.log(beta_function(a, b + x)))
        p = np.exp(log_p)
        return weight * -np.expm1(-k * np.log1p(p * z)) / p

    middle = np.log(a / (b + x))
    expected = sum(
        integrate.quad(integrand, low, low + 10, epsabs=0, epsrel=1e-12, limit=200)[0]
        for low in np.arange(middle - 120, middle + 120, 10)
    )
    assert purchases_if_alive(fit, x, age, 52)[0] == pytest.approx(expected, rel=1e-8)


# --- shops too poor for a model ------------------------------------------------------------------------------------


POOR = {
    "one customer, one day": ([0], [0], [0]),
    "one customer, who came once": ([0], [0], [30]),
    "one customer, who came often": ([20], [30], [30]),
    "nobody came back": ([0] * 50, [0] * 50, list(range(1, 51))),
    "one day of history": ([0] * 80, [0] * 80, [0] * 80),
    "nobody stops": ([20] * 60, [52] * 60, [52] * 60),
    "all alike": ([3] * 60, [20] * 60, [40] * 60),
    "everybody stops after one repeat": ([1] * 60, [1] * 60, [100] * 60),
    "one who buys daily among many who do not": ([0] * 99 + [299], [0] * 99 + [100], [100] * 100),
}


@pytest.mark.parametrize("shop", POOR)
@pytest.mark.parametrize("model", MODELS)
def test_a_poor_shop_is_flagged_and_predicted(model: str, shop: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        histories = Histories.of(*POOR[shop])
        fit = fit_buying(model, histories)
        predicted = expected_purchases(fit, histories.repeats, histories.recency, histories.age, 52)
        newcomer = newcomer_purchases(fit, [13, 52])
    assert np.all(np.isfinite(predicted)) and np.all(predicted >= 0)
    assert np.all(np.isfinite(newcomer)) and newcomer[0] <= newcomer[1]
    # None of these can tell all four parameters: the fit says so and never looks sound.
    assert fit.at_bound or not fit.converged or None in fit.standard_errors.values()


def test_spending_of_poor_shops_is_flagged() -> None:
    for purchases, mean in (([1], [20.0]), ([1] * 40, [20.0] * 40), ([3, 4], [1.0, 1e9])):
        fit = fit_spending(Spending.of(purchases, mean))
        assert np.all(np.isfinite(expected_order_value(fit, np.array([0, 1, 5]), np.array([0.0, 20.0, -3.0]))))
        assert fit.at_bound or not fit.converged or None in fit.standard_errors.values()


def test_impossible_histories_are_refused() -> None:
    for history in (([1], [9], [5]), ([-1], [0], [5]), ([0], [2], [5])):
        with pytest.raises(HistoryError):
            Histories.of(*history)
    with pytest.raises(HistoryError):
        Spending.of([2], [0.0])
    with pytest.raises(ValueError, match="no customer"):
        fit_buying("bg_nbd", Histories.of([], [], []))


@pytest.mark.parametrize("model", MODELS)
def test_the_order_of_the_rows_and_their_grouping_do_not_matter(model: str) -> None:
    repeats, recency, age, _ = drawn(model, (0.8, 8.0, 0.7, 3.0), 3000, seed=1)
    recency = np.round(recency)
    recency = np.where(repeats == 0, 0, np.minimum(recency, age))
    shuffle = np.random.default_rng(3).permutation(repeats.size)
    whole = fit_buying(model, Histories.of(repeats, recency, age))
    shuffled = fit_buying(model, Histories.of(repeats[shuffle], recency[shuffle], age[shuffle]))
    grouped = Histories.of(repeats, recency, age)
    again = fit_buying(model, Histories.of(grouped.repeats, grouped.recency, grouped.age, grouped.weight))
    assert whole == shuffled == again
    assert grouped.weight.max() > 1


@pytest.mark.parametrize("model", MODELS)
def test_what_the_customers_were_drawn_from_is_found_again(model: str) -> None:
    truth = (0.7, 7.0, 0.8, 2.5) if model != "pareto_nbd" else (0.7, 7.0, 0.8, 15.0)
    repeats, recency, age, later = drawn(model, truth, 20_000, seed=11, ahead=26)
    fit = fit_buying(model, Histories.of(repeats, recency, age))
    for value, (name, found) in zip(truth, fit.parameters.items(), strict=True):
        assert abs(found - value) < 4 * fit.standard_errors[name], name
    predicted = expected_purchases(fit, repeats, recency, age, 26).sum()
    assert predicted == pytest.approx(later.sum(), rel=0.05)


# --- every week of real shops ---------------------------------------------------------------------------------------


def weekly_cuts(orders: duckdb.DuckDBPyRelation, every: int) -> Iterator[tuple[np.ndarray, ...]]:
    """Repeats, recency and age in weeks and mean value at the end of each week, from customer_id, ordered_on, value."""
    days = orders.aggregate("customer_id, ordered_on, sum(value) as value").fetchnumpy()
    _, customer = np.unique(days["customer_id"].astype(str), return_inverse=True)
    on, value = days["ordered_on"].astype("datetime64[D]").astype(int), days["value"].astype(float)
    for cut in range(on.min(), on.max() + 1, 7 * every):
        seen, who = on[on <= cut], customer[on <= cut]
        first = np.full(customer.max() + 1, np.iinfo(int).max)
        np.minimum.at(first, who, seen)
        last = np.zeros_like(first)
        np.maximum.at(last, who, seen)
        count = np.bincount(who, minlength=first.size)
        spent = np.bincount(who, value[on <= cut], minlength=first.size)
        known = count > 0
        yield (
            count[known] - 1.0,
            (last - first)[known] / 7,
            (cut - first)[known] / 7,
            (spent / np.maximum(count, 1))[known],
        )


WEEKS = pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.long)])
"""Each week is fitted by `make test-long`, one in four by `make test`."""


def weeks_are_predicted(orders: duckdb.DuckDBPyRelation, every: int, least: int) -> None:
    cuts = 0
    for repeats, recency, age, mean in weekly_cuts(orders, every):
        histories = Histories.of(repeats, recency, age)
        spending = fit_spending(Spending.of(repeats[mean > 0] + 1, mean[mean > 0]))
        worth = expected_order_value(spending, repeats + 1, mean)
        assert np.all(np.isfinite(worth)) and np.all(worth >= 0), (age.max(), spending)
        for model in MODELS:
            fit = fit_buying(model, histories)
            predicted = expected_purchases(fit, repeats, recency, age, 52)
            assert np.all(np.isfinite(predicted)) and np.all(predicted >= 0), (model, fit)
            alive = probability_alive(fit, repeats, recency, age)
            assert np.all((alive >= 0) & (alive <= 1)), (model, fit)
            # Later than the first weeks there is enough to go by: no search is left hanging.
            assert fit.converged or len(repeats) < 1000, (model, age.max(), fit)
        cuts += 1
    assert cuts >= least // every


@WEEKS
def test_weeks_of_cdnow_are_predicted(every: int, shared_data: Path) -> None:
    with duckdb.connect() as connection:
        weeks_are_predicted(
            connection.sql(
                "select substr(line, 8, 4) as customer_id, cast(strptime(substr(line, 13, 8), '%Y%m%d') as date) "
                "as ordered_on, cast(trim(substr(line, 24)) as double) as value "
                f"from read_csv('{shared_data}/cdnow/CDNOW_sample.txt', columns = {{'line': 'varchar'}}, "
                "header = false, delim = '|')"
            ),
            every,
            least=78,
        )


@WEEKS
def test_weeks_of_online_retail_are_predicted(every: int, shared_data: Path) -> None:
    with duckdb.connect() as connection:
        weeks_are_predicted(
            connection.sql(
                'select "CustomerID" as customer_id, cast("InvoiceDate" as date) as ordered_on, '
                'cast("Quantity" as double) * cast("UnitPrice" as double) as value '
                f"from read_csv('{shared_data}/online_retail/by_day/*.csv', union_by_name = true, all_varchar = false) "
                'where "CustomerID" is not null and "InvoiceNo" not like \'C%\' and "Quantity" > 0 and "UnitPrice" > 0'
            ),
            every,
            least=53,
        )


# --- the table of fits ----------------------------------------------------------------------------------------------


def grouped(cut: str, seed: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Grouped histories and spending of one cut, as the models hand them in."""
    found = some_histories(500, seed)
    count = found.weight.size
    random = np.random.default_rng(seed)
    same = {"cut_on": np.full(count, np.datetime64(cut)), "cohort_group": np.full(count, "*", dtype=object)}
    histories = {"repeats": found.repeats, "recency_weeks": found.recency, "age_weeks": found.age}
    spending = {
        "value_basis": np.full(count, "all", dtype=object),
        "purchases": found.repeats + 1,
        # the first stands for customers without a value above 0
        "mean_value": np.where(np.arange(count) == 0, 0.0, random.lognormal(3, 0.5, count)),
    }
    counts = {"customer_count": found.weight.astype(int)}
    return same | histories | counts, same | spending | counts


def test_a_fit_is_made_again_only_when_its_input_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counted(model: str, histories: Histories) -> Fit:
        made.append(model)
        return fit_buying(model, histories)

    monkeypatch.setattr(tables, "_fit_buying", counted)
    cache = tmp_path / "fits"

    def fitted(seed: int, folder: Path | None) -> list[dict]:
        histories, spending = grouped("2025-06-30", seed)
        return tables.fit_tables(histories, spending, ["bg_nbd", "mbg_nbd"], ["all"], folder).to_pylist()

    first = fitted(1, cache)
    assert [row["model"] for row in first] == ["bg_nbd", "gamma_gamma", "mbg_nbd"]
    assert made == ["bg_nbd", "mbg_nbd"]
    assert fitted(1, cache) == first == fitted(1, None)
    assert made == ["bg_nbd", "mbg_nbd"] * 2
    # another history is another fit, and what is no longer asked for is forgotten
    assert fitted(2, cache) != first
    assert made == ["bg_nbd", "mbg_nbd"] * 3
    assert len(list(cache.iterdir())) == 3


@pytest.mark.parametrize("damaged", ["", '{"model": "bg_', "[]", "{}", "null"])
def test_a_kept_fit_that_was_not_written_to_its_end_is_made_again(damaged: str, tmp_path: Path) -> None:
    def fitted() -> list[dict]:
        histories, spending = grouped("2025-06-30", 1)
        return tables.fit_tables(histories, spending, ["bg_nbd"], ["all"], tmp_path).to_pylist()

    first = fitted()
    kept = {file: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    for file in kept:
        file.write_text(damaged, encoding="utf-8")
    assert fitted() == first
    assert {file: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()} == kept


def test_what_a_newcomer_is_expected_to_do_has_a_standard_error() -> None:
    """By the delta method; beside it, how it scatters over shops drawn from the same truth."""
    found = []
    for seed in range(24):
        repeats, recency, age, _ = drawn("bg_nbd", (0.7, 7.0, 0.8, 2.5), 1500, seed)
        count = repeats.size
        histories = {
            "cut_on": np.full(count, np.datetime64("2025-06-30")),
            "cohort_group": np.full(count, "*", dtype=object),
            "repeats": repeats,
            "recency_weeks": recency,
            "age_weeks": age,
            "customer_count": np.ones(count, dtype=int),
        }
        nothing = {name: np.array([]) for name in ("purchases", "mean_value", "customer_count")} | {
            "cut_on": np.array([], dtype="datetime64[D]"),
            "cohort_group": np.array([], dtype=object),
            "value_basis": np.array([], dtype=object),
        }
        found += tables.fit_tables(histories, nothing, ["bg_nbd"], [], None).to_pylist()
    scatter = np.std([row["newcomer_expectation"] for row in found])
    assert np.mean([row["newcomer_expectation_error"] for row in found]) == pytest.approx(scatter, rel=0.4)
