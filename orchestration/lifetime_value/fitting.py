"""Maximum likelihood: several starts, bounds that are reported, standard errors from the curvature at the maximum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from orchestration.lifetime_value import likelihoods
from orchestration.lifetime_value.histories import Histories, Numbers, Spending
from orchestration.lifetime_value.likelihoods import Likelihood

BUYING_MODELS: Mapping[str, tuple[str, ...]] = {
    "bg_nbd": ("r", "alpha", "a", "b"),
    "mbg_nbd": ("r", "alpha", "a", "b"),
    "pareto_nbd": ("r", "alpha", "s", "beta"),
}
"""The models of buying and their parameters, in order."""

SPENDING_MODEL = "gamma_gamma"
SPENDING_PARAMETERS = ("p", "q", "gamma")

BOUNDS: Mapping[str, tuple[float, float]] = {
    "r": (1e-2, 1e2),
    "alpha": (1e-2, 1e4),
    "a": (1e-3, 1e3),
    "b": (1e-3, 1e3),
    "s": (1e-3, 1e3),
    "beta": (1e-2, 1e5),
    "p": (1e-2, 1e4),
    # At 1 the expected value of a newcomer's order would be without end.
    "q": (1.05, 1e4),
    # In units of the mean order value.
    "gamma": (1e-4, 1e6),
}
"""How far parameters may go. A fit that ends here says so: with `a` at its least, for one, nobody is seen to stop."""

BUYING_STARTS: Mapping[str, Sequence[tuple[float, float, float]]] = {
    # r, then what stands for stopping; alpha follows from the shop's rate of buying.
    "bg_nbd": ((0.3, 0.8, 2.5), (1.0, 0.1, 2.0), (2.0, 2.0, 10.0)),
    "mbg_nbd": ((0.5, 0.9, 1.6), (1.0, 0.1, 2.0), (2.0, 2.0, 10.0)),
    "pareto_nbd": ((0.5, 0.6, 12.0), (1.5, 0.3, 50.0)),
}

SPENDING_STARTS = ((6.0, 4.0), (1.5, 8.0), (30.0, 2.0))
"""p and q; gamma follows from the mean order value."""

FLAT = 1e-6
"""A maximum is one where the gradient by the logarithm of a parameter is less than this per customer."""

POLISHING_STEPS = 40
SHORTENINGS = 6


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    parameters       by name
    standard_errors  by name; None for a parameter at its bound, and where the curvature is none of a maximum
    log_likelihood   at the parameters, over all customers
    customers        how many it was fitted on
    converged        whether this is a maximum: the gradient is flat along every parameter that is not at its bound
    at_bound         names of the parameters that ended at a bound
    covariance       of the logarithms of the parameters, in order; zero for those at a bound
    """

    model: str
    parameters: Mapping[str, float]
    standard_errors: Mapping[str, float | None]
    log_likelihood: float
    customers: int
    converged: bool
    at_bound: tuple[str, ...]
    covariance: tuple[tuple[float, ...], ...]

    @property
    def values(self) -> Numbers:
        """The parameters in the model's own order."""
        return np.array(list(self.parameters.values()))


def fit_buying(model: str, histories: Histories) -> Fit:
    """Fit one of BUYING_MODELS. Raises ValueError for no customers at all; a shop too poor for the model is flagged."""
    if histories.customers == 0:
        raise ValueError("There is no customer to fit a model on.")
    names = BUYING_MODELS[model]
    exposure = float(np.sum(histories.weight * histories.age))
    rate = max(float(np.sum(histories.weight * histories.repeats)), 0.5) / max(exposure, 1.0)
    starts = [np.array([r, max(r / rate / 2, 0.1), *stopping]) for r, *stopping in BUYING_STARTS[model]]
    return _best(model, names, likelihood_of(model, histories), starts, histories.customers)


def likelihood_of(model: str, histories: Histories) -> Likelihood:
    """The log-likelihood of a model of buying."""
    if model == "pareto_nbd":
        return likelihoods.pareto(histories)
    return likelihoods.beta_geometric(histories, chances_before_repeat(model))


def chances_before_repeat(model: str) -> int:
    """How often a customer may have stopped before the first repeat."""
    return 1 if model == "mbg_nbd" else 0


def fit_spending(spending: Spending) -> Fit:
    """Fit the Gamma-Gamma model, in units of the mean so that no currency is out of bounds.

    Raises ValueError for no customers.
    """
    if spending.customers == 0:
        raise ValueError("There is no customer to fit a model on.")
    orders = spending.weight * spending.purchases
    unit = float(np.sum(orders * spending.mean)) / float(np.sum(orders))
    scaled = Spending(spending.purchases, spending.mean / unit, spending.weight)
    starts = [np.array([p, q, (q - 1) / p]) for p, q in SPENDING_STARTS]
    found = _best(SPENDING_MODEL, SPENDING_PARAMETERS, likelihoods.gamma_gamma(scaled), starts, spending.customers)
    error = found.standard_errors["gamma"]
    return Fit(
        found.model,
        {**found.parameters, "gamma": found.parameters["gamma"] * unit},
        {**found.standard_errors, "gamma": None if error is None else error * unit},
        # A density per unit of value: in the shop's money it is thinner by the unit.
        found.log_likelihood - float(spending.weight.sum()) * float(np.log(unit)),
        found.customers,
        found.converged,
        found.at_bound,
        found.covariance,
    )


def _best(model: str, names: Sequence[str], likelihood: Likelihood, starts: Sequence[Numbers], customers: int) -> Fit:
    """The highest maximum found from these starts, in the logarithms of the parameters."""
    low, high = (np.log([BOUNDS[name][side] for name in names]) for side in (0, 1))

    def negative(logs: Numbers) -> tuple[float, Numbers]:
        parameters = np.exp(logs)
        value, gradient = likelihood(parameters)
        return -value / customers, -gradient * parameters / customers

    ends = []
    for start in starts:
        with np.errstate(over="ignore", invalid="ignore"):
            found = minimize(
                negative,
                np.clip(np.log(start), low, high),
                jac=True,
                method="L-BFGS-B",
                bounds=list(zip(low, high, strict=True)),
                options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-7},
            )
        ends.append((float(found.fun), tuple(found.x)))
    logs = np.array(min(ends)[1])
    logs = _polished(negative, logs, low, high)
    value, gradient = negative(logs)
    held = _held(logs, gradient, low, high)
    free = np.flatnonzero(~held)
    covariance = np.zeros((len(names), len(names)))
    errors: list[float | None] = [None] * len(names)
    curvature = _curvature(negative, logs, free) * customers
    if free.size and np.all(np.isfinite(curvature)) and np.all(np.linalg.eigvalsh(curvature) > 0):
        covariance[np.ix_(free, free)] = np.linalg.inv(curvature)
        for place in free:
            # Of the logarithm, taken to the parameter's own scale.
            errors[place] = float(np.exp(logs[place]) * np.sqrt(covariance[place, place]))
    return Fit(
        model,
        dict(zip(names, (float(value) for value in np.exp(logs)), strict=True)),
        dict(zip(names, errors, strict=True)),
        -value * customers,
        customers,
        bool(np.all(np.abs(gradient[free]) < FLAT)),
        tuple(name for name, is_held in zip(names, held, strict=True) if is_held),
        tuple(tuple(float(value) for value in row) for row in covariance),
    )


def _held(logs: Numbers, gradient: Numbers, low: Numbers, high: Numbers) -> np.ndarray:
    """Which parameters a bound holds: they lie there, to a thousandth, since a search creeps up to it."""
    return (logs <= low + 1e-3) | (logs >= high - 1e-3)


def _curvature(negative: Likelihood, logs: Numbers, free: np.ndarray, step: float = 1e-4) -> Numbers:
    """Second derivatives along the free parameters: central differences of the analytic gradient."""
    columns = []
    for place in free:
        move = np.zeros_like(logs)
        move[place] = step
        columns.append((negative(logs + move)[1] - negative(logs - move)[1])[free] / (2 * step))
    curvature = np.array(columns).reshape(free.size, free.size)
    return (curvature + curvature.T) / 2


def _polished(negative: Likelihood, logs: Numbers, low: Numbers, high: Numbers) -> Numbers:
    """Newton's steps from where the search ended: these likelihoods are flat ridges, on which it ends early."""
    value, gradient = negative(logs)
    for _ in range(POLISHING_STEPS):
        free = np.flatnonzero(~_held(logs, gradient, low, high))
        if free.size == 0 or np.all(np.abs(gradient[free]) < FLAT * 1e-4):
            break
        curvature = _curvature(negative, logs, free)
        if not np.all(np.isfinite(curvature)):
            break
        # Where the ridge bends the other way, its curvature is taken as positive: downhill all the same.
        bends, directions = np.linalg.eigh(curvature)
        bends = np.maximum(np.abs(bends), 1e-10)
        step = np.zeros_like(logs)
        step[free] = -directions @ ((directions.T @ gradient[free]) / bends)
        # A step of the logarithm above 1 would be trusting the parabola too far.
        step /= max(1.0, float(np.abs(step).max()))
        for _ in range(SHORTENINGS):
            moved = np.clip(logs + step, low, high)
            moved_value, moved_gradient = negative(moved)
            if moved_value <= value + 1e-15 * abs(value):
                break
            step /= 4
        else:
            break
        logs, value, gradient = moved, moved_value, moved_gradient
    return logs
