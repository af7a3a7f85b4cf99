"""Shops whose customers buy exactly as a model says: to see whether fits find the truth again, and how fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.lifetime_value.histories import Numbers

DAYS_A_WEEK = 7


@dataclass(frozen=True)
class Purchases:
    """What a generated shop sold, one entry a purchase, first purchases included, in no particular order.

    customer  number of the customer, from 0
    day       day of the purchase, counted from the shop's first day
    value     what it was worth
    """

    customer: NDArray[np.int64]
    day: NDArray[np.int64]
    value: Numbers


def simulate(
    model: str,
    buying: Sequence[float],
    spending: Sequence[float],
    *,
    customers: int,
    acquisition_days: int,
    days: int,
    seed: int,
) -> Purchases:
    """Purchases until day `days` of customers won evenly over the first `acquisition_days`; no season.

    buying    r, alpha and a, b (bg_nbd, mbg_nbd) or s, beta (pareto_nbd), time in weeks
    spending  p, q, gamma of Gamma-Gamma

    First purchases are made at noon; a later one is dated by the day in which its moment lies.
    """
    random = np.random.default_rng(seed)
    r, alpha, third, fourth = buying
    p, q, gamma = spending
    won = np.sort(random.integers(0, acquisition_days, customers))
    end = days - won + 0.5
    rate = np.maximum(random.gamma(r, 1 / alpha, customers), 1e-300) / DAYS_A_WEEK
    scale = random.gamma(q, 1 / gamma, customers)
    if model == "pareto_nbd":
        stop_share = np.zeros(customers)
        stop_rate = np.maximum(random.gamma(third, 1 / fourth, customers), 1e-300) / DAYS_A_WEEK
        end = np.minimum(end, random.exponential(1 / stop_rate))
    else:
        stop_share = random.beta(third, fourth, customers)
    who, on = [np.arange(customers)], [won]
    buyer, moment = np.arange(customers), np.zeros(customers)
    if model == "mbg_nbd":
        buyer = buyer[random.random(customers) >= stop_share]
        moment = moment[buyer]
    while buyer.size:
        moment = moment + random.exponential(1 / rate[buyer])
        buys = moment <= end[buyer]
        buyer, moment = buyer[buys], moment[buys]
        who.append(buyer)
        on.append(won[buyer] + np.floor(moment + 0.5).astype(np.int64))
        stays = random.random(buyer.size) >= stop_share[buyer]
        buyer, moment = buyer[stays], moment[stays]
    customer, day = np.concatenate(who), np.concatenate(on)
    return Purchases(customer, day, random.gamma(p, 1 / scale[customer]))
