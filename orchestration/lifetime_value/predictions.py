"""What a fitted model expects of a customer with a history: the same formulas that the SQL scores are written in.

Expected purchases of the beta-geometric models are P(alive) × G, with G the expectation over the customer's probability
p to stop after a purchase, beta(a, b + chances survived), of (1 − (1 + p·t/(alpha + T))^−(r + x)) / p. Integrated as a
trapezoid over logit(p): it needs no hypergeometric function and has no pole at a + b = 1, where the closed form fails.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln

from orchestration.lifetime_value.fitting import Fit, chances_before_repeat
from orchestration.lifetime_value.histories import Histories, Numbers
from orchestration.lifetime_value.likelihoods import stopping_times

NODES_EACH_SIDE = 50
"""Of the middle of the trapezoid."""

STEP = 0.4
"""Of the trapezoid, in logit(p), where the distribution is wide; it narrows with the distribution."""

SMALL = 1e-3
"""Below this a power is taken as its first terms: the difference from 1 would be rounding."""


def probability_alive(fit: Fit, repeats: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Numbers:
    """Probability that customers have not stopped, per history; times in weeks."""
    x, t_x, t = (np.atleast_1d(np.asarray(column, dtype=np.float64)) for column in (repeats, recency, age))
    if fit.model == "pareto_nbd":
        log_density = stopping_times(fit.values, Histories(x, t_x, t, np.ones_like(x))).log_density
        log_odds = np.logaddexp.reduce(log_density, axis=0)
    else:
        r, alpha, a, b = fit.values
        chances = x + chances_before_repeat(fit.model)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_odds = np.log(a) - np.log(b + chances - 1) + (r + x) * np.log((alpha + t) / (alpha + t_x))
        log_odds = np.where(chances > 0, log_odds, -np.inf)
    return np.exp(-np.logaddexp(0.0, log_odds))


def expected_purchases(fit: Fit, repeats: ArrayLike, recency: ArrayLike, age: ArrayLike, weeks: ArrayLike) -> Numbers:
    """Purchases expected in the next `weeks` of customers with these histories."""
    return probability_alive(fit, repeats, recency, age) * purchases_if_alive(fit, repeats, age, weeks)


def newcomer_purchases(fit: Fit, weeks: ArrayLike) -> Numbers:
    """Purchases expected in the `weeks` after a first one."""
    span = np.atleast_1d(np.asarray(weeks, dtype=np.float64))
    nothing = np.zeros_like(span)
    return expected_purchases(fit, nothing, nothing, nothing, span)


def purchases_if_alive(fit: Fit, repeats: ArrayLike, age: ArrayLike, weeks: ArrayLike) -> Numbers:
    """Purchases expected in the next `weeks` of customers known not to have stopped."""
    x, t, span = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(column, dtype=np.float64)) for column in (repeats, age, weeks))
    )
    if fit.model == "pareto_nbd":
        r, alpha, s, beta = fit.values
        growth = np.log1p(span / (beta + t))
        active = (beta + t) * (growth if abs(s - 1) < 1e-9 else -np.expm1(-(s - 1) * growth) / (s - 1))
        return (r + x) / (alpha + t) * active
    r, alpha, a, b = fit.values
    chances = x + chances_before_repeat(fit.model)
    return _mean_over_stopping(r + x, span / (alpha + t), a, b + chances)


def expected_order_value(fit: Fit, purchases: ArrayLike, mean: ArrayLike) -> Numbers:
    """Expected value of an order of customers with so many purchases of this mean value; 0 purchases is a newcomer.

    A mean below 0 counts as 0: losses are not extrapolated.
    """
    p, q, gamma = fit.values
    n, m = (np.asarray(column, dtype=np.float64) for column in (purchases, mean))
    return p * (gamma + n * np.where(n > 0, np.maximum(m, 0.0), 0.0)) / (p * n + q - 1)


def _mean_over_stopping(k: Numbers, z: Numbers, a: float, b: Numbers) -> Numbers:
    """Mean over p ~ beta(a, b) of (1 − (1 + p·z)^−k) / p."""
    step = STEP * np.minimum(1.0, np.sqrt(1 / a + 1 / b))
    # The straight line between the ends of the integrand has a mean in closed form; what is left vanishes at both.
    at_zero, at_one = k * z, -np.expm1(-k * np.log1p(z))
    total = at_zero + (at_one - at_zero) * a / (a + b)
    log_scale = np.log(step) - betaln(a, b)
    for node in range(-NODES_EACH_SIDE, NODES_EACH_SIDE + 1):
        logit = np.log(a / b) + node * step
        log_p, log_rest = -np.logaddexp(0.0, -logit), -np.logaddexp(0.0, logit)
        p = np.exp(log_p)
        small = (k + 1) * p * z
        power = np.where(
            small < SMALL,
            at_zero * (1 - (k + 1) * p * z / 2 * (1 - (k + 2) * p * z / 3 * (1 - (k + 3) * p * z / 4))),
            -np.expm1(-k * np.log1p(p * z)) / p,
        )
        total = total + np.exp(log_scale + a * log_p + b * log_rest) * (power - at_zero - (at_one - at_zero) * p)
    return total
