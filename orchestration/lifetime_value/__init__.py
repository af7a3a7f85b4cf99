"""What customers will still be worth: models of buying and of the value of an order, fitted by maximum likelihood.

Pure functions on grouped histories: no file, no clock, no engine. The dbt Python models call them on DuckDB; on another
engine orchestration calls the same. Time is in weeks, exact days ÷ 7, from a customer's first purchase. Purchases of
one customer on one day are one purchase, as in the literature, so a history counts purchase days.
"""

import os

# Matrices here are four by four: threads would wait for each other ten times as long as they compute, and sums would
# hang on how many there are. It is heeded where this is imported before numpy, as a dbt Python model does.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from orchestration.lifetime_value.fitting import Fit, fit_buying, fit_spending
from orchestration.lifetime_value.histories import Histories, Spending
from orchestration.lifetime_value.predictions import (
    expected_order_value,
    expected_purchases,
    newcomer_purchases,
    probability_alive,
)

__all__ = [
    "Fit",
    "Histories",
    "Spending",
    "expected_order_value",
    "expected_purchases",
    "fit_buying",
    "fit_spending",
    "newcomer_purchases",
    "probability_alive",
]
