"""Log-likelihoods with their gradients, on grouped histories.

Each takes the parameters on their own scale and gives the total log-likelihood and its gradient. Sources:

* BG/NBD: Fader, Hardie & Lee (2005), "Counting your customers" the easy way.
* MBG/NBD: Batislam, Denizel & Filiztekin (2007); customers may also stop right after the first purchase.
* Pareto/NBD: Schmittlein, Morrison & Colombo (1987), written as an integral over the time of stopping.
* Gamma-Gamma: Fader & Hardie (2013), The Gamma-Gamma model of monetary value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, psi

from orchestration.lifetime_value.histories import Histories, Numbers, Spending

Likelihood = Callable[[Numbers], tuple[float, Numbers]]
"""Parameters to log-likelihood and gradient."""

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(32)
POINTS, LOG_WEIGHTS = _POINTS[:, None], np.log(_WEIGHTS)[:, None]
"""Gauss-Legendre nodes for the time of stopping: the integrand is smooth in the logarithm of time. A row a node."""

NEGLIGIBLE = 40.0
"""The integral is cut off where the integrand has fallen by e^-40."""

HISTORIES_AT_ONCE = 2048
"""So many have their nodes laid out at once, in the same arrays again and again: they stay in a processor's cache."""


def beta_geometric(histories: Histories, chances_before_repeat: int) -> Likelihood:
    """BG/NBD (0 chances to stop before the first repeat) or MBG/NBD (1: right after the first purchase).

    Parameters r, alpha of the gamma distribution of purchase rates (per week), a, b of the beta distribution of the
    probability to stop after a purchase.
    """
    x, t_x, age, weight = histories.repeats, histories.recency, histories.age, histories.weight
    chances = x + chances_before_repeat
    may_be_gone = chances > 0
    # Most histories share their counts: special functions are computed once for each.
    counts, place = np.unique(x, return_inverse=True)
    total = weight.sum()

    def likelihood(parameters: Numbers) -> tuple[float, Numbers]:
        r, alpha, a, b = parameters
        n = counts + chances_before_repeat
        log_age, log_recency = np.log(alpha + age), np.log(alpha + t_x)
        # Having stopped after the last purchase, against being alive: both over the same factors.
        log_odds = np.full_like(x, -np.inf)
        last = b + chances[may_be_gone] - 1.0
        log_odds[may_be_gone] = (
            np.log(a) - np.log(last) + (r + x[may_be_gone]) * (log_age[may_be_gone] - log_recency[may_be_gone])
        )
        gone = _logistic(log_odds)
        of_count = (
            gammaln(r + counts) - gammaln(r) + gammaln(a + b) - gammaln(b) + gammaln(b + n) - gammaln(a + b + n)
        )  # fmt: skip
        by_history = of_count[place] + r * np.log(alpha) - (r + x) * log_age + np.logaddexp(0.0, log_odds)
        d_r = (psi(r + counts) - psi(r))[place] + np.log(alpha) - (1 - gone) * log_age - gone * log_recency
        d_alpha = r / alpha - (r + x) * ((1 - gone) / (alpha + age) + gone / (alpha + t_x))
        d_a = (psi(a + b) - psi(a + b + n))[place] + gone / a
        d_b = (psi(a + b) - psi(b) + psi(b + n) - psi(a + b + n))[place]
        d_b[may_be_gone] -= gone[may_be_gone] / last
        gradient = _totals(weight, d_r, d_alpha, d_a, d_b)
        return float(_totals(weight, by_history)[0]), gradient

    return likelihood if total > 0 else _nothing(4)


def pareto(histories: Histories) -> Likelihood:
    """Pareto/NBD: r, alpha of the gamma distribution of purchase rates, s, beta of that of stopping rates; by week."""
    room = _room(min(HISTORIES_AT_ONCE, histories.weight.size))
    parts = [_pareto(part, room[..., : part.weight.size]) for part in histories.parts(HISTORIES_AT_ONCE)]

    def likelihood(parameters: Numbers) -> tuple[float, Numbers]:
        values, gradients = zip(*(part(parameters) for part in parts), strict=True)
        return sum(values), np.sum(gradients, axis=0)

    return likelihood if histories.weight.sum() > 0 else _nothing(4)


def _pareto(histories: Histories, room: Numbers) -> Likelihood:
    x, weight, age = histories.repeats, histories.weight, histories.age
    counts, place = np.unique(x, return_inverse=True)

    def likelihood(parameters: Numbers) -> tuple[float, Numbers]:
        r, alpha, s, beta = parameters
        stopping = stopping_times(parameters, histories, room)
        density, work = stopping.log_density, room[-1]
        top = np.maximum(density.max(axis=0), 0.0)
        np.exp(np.subtract(density, top, out=density), out=density)
        alive, gone = np.exp(-top), density.sum(axis=0)
        whole = alive + gone
        alive, gone = alive / whole, gone / whole

        def mean(operation: np.ufunc, values: Numbers) -> Numbers:
            return operation(density, values, out=work).sum(axis=0) / whole

        log_age_alpha, log_age_beta = np.log(alpha + age), np.log(beta + age)
        by_history = (
            (gammaln(r + counts) - gammaln(r))[place]
            + r * np.log(alpha) + s * np.log(beta)
            - (r + x) * log_age_alpha - s * log_age_beta + top + np.log(whole)
        )  # fmt: skip
        d_r = (
            (psi(r + counts) - psi(r))[place]
            + np.log(alpha)
            - alive * log_age_alpha
            - mean(np.multiply, stopping.log_past_alpha)
        )
        d_alpha = r / alpha - (r + x) * (alive / (alpha + age) + mean(np.divide, stopping.past_alpha))
        d_s = np.log(beta) - alive * log_age_beta - mean(np.multiply, stopping.log_past_beta) + gone / s
        d_beta = s / beta - alive * s / (beta + age) - (s + 1) * mean(np.divide, stopping.past_beta)
        gradient = _totals(weight, d_r, d_alpha, d_s, d_beta)
        return float(_totals(weight, by_history)[0]), gradient

    return likelihood


@dataclass(frozen=True)
class StoppingTimes:
    """Nodes at which a customer of the Pareto/NBD may have stopped: an array of node × history each.

    log_density           logarithm of the probability of having stopped there, relative to that of being alive; -inf
                          where there is no time between the last purchase and the end
    past_alpha, past_beta either scale plus the node's time, in weeks; log_… their logarithms
    """

    log_density: Numbers
    past_alpha: Numbers
    past_beta: Numbers
    log_past_alpha: Numbers
    log_past_beta: Numbers


def _room(histories: int) -> Numbers:
    """Room for the five arrays of StoppingTimes, and for one more to work in."""
    return np.empty((6, POINTS.size, histories))


def stopping_times(parameters: Numbers, histories: Histories, room: Numbers | None = None) -> StoppingTimes:
    """Quadrature over the time of stopping, between the last purchase and the end; in `room`, where it is given."""
    r, alpha, s, beta = parameters
    x, t_x, age = histories.repeats, histories.recency, histories.age
    log_nearer, nearer, log_further, further, log_density, work = _room(x.size) if room is None else room
    # In the logarithm of the smaller scale plus time both factors are smooth, however unlike the scales are.
    least, most = min(alpha, beta), max(alpha, beta)
    length = np.log((least + age) / (least + t_x))
    slowest = (
        (r + x) * (least + t_x) / (alpha + t_x) + (s + 1) * (least + t_x) / (beta + t_x) - 1.0
    )  # fmt: skip
    length = np.minimum(length, NEGLIGIBLE / np.maximum(slowest, 1e-300))
    # Logarithms are what this takes its time for: that of the smaller scale plus time is known before it is.
    np.multiply(POINTS + 1, length / 2, out=log_nearer)
    log_nearer += np.log(least + t_x)
    np.exp(log_nearer, out=nearer)
    np.log(np.add(nearer, most - least, out=further), out=log_further)
    both = (nearer, log_nearer), (further, log_further)
    (past_alpha, log_past_alpha), (past_beta, log_past_beta) = both if alpha <= beta else reversed(both)
    with np.errstate(divide="ignore"):
        of_history = np.log(s) + np.log(length / 2) + (r + x) * np.log(alpha + age) + s * np.log(beta + age)
    np.add(log_nearer, LOG_WEIGHTS, out=log_density)
    log_density += of_history
    log_density -= np.multiply(r + x, log_past_alpha, out=work)
    log_density -= np.multiply(s + 1, log_past_beta, out=work)
    return StoppingTimes(log_density, past_alpha, past_beta, log_past_alpha, log_past_beta)


def gamma_gamma(spending: Spending) -> Likelihood:
    """Gamma-Gamma: p, the shape of one customer's order values; q, gamma of the distribution of their scale."""
    n, mean, weight = spending.purchases, spending.mean, spending.weight
    counts, place = np.unique(n, return_inverse=True)
    log_mean = np.log(mean)

    def likelihood(parameters: Numbers) -> tuple[float, Numbers]:
        p, q, gamma = parameters
        log_sum = np.log(gamma + n * mean)
        of_count = gammaln(p * counts + q) - gammaln(p * counts) - gammaln(q) + p * counts * np.log(counts)
        by_customer = of_count[place] + q * np.log(gamma) + (p * n - 1) * log_mean - (p * n + q) * log_sum
        d_p = (counts * (psi(p * counts + q) - psi(p * counts) + np.log(counts)))[place] + n * (log_mean - log_sum)
        d_q = (psi(p * counts + q) - psi(q))[place] + np.log(gamma) - log_sum
        d_gamma = q / gamma - (p * n + q) / (gamma + n * mean)
        return float(_totals(weight, by_customer)[0]), _totals(weight, d_p, d_q, d_gamma)

    return likelihood if weight.sum() > 0 else _nothing(3)


def _logistic(log_odds: Numbers) -> Numbers:
    return np.exp(-np.logaddexp(0.0, -log_odds))


def _totals(weight: Numbers, *by_history: Numbers) -> Numbers:
    """Weighted sums; not as products of matrices, which a library adds up in an order that hangs on its threads."""
    return np.array([np.sum(weight * column) for column in by_history])


def _nothing(parameters: int) -> Likelihood:
    return lambda _: (0.0, np.zeros(parameters))
