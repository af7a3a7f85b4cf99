"""What must hold of `referral_profit`: customer and generation of referrers."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, complete, no_row

MART = Mart(key=("customer_id", "generation"), columns=("customer_id", "referrer_id", "generation", "amount"))


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        complete("referrer_id"),
        complete("amount"),
        between("generation", 1),
        no_row(
            "nobody's profit moves to themselves",
            "select customer_id, generation from {batch} where customer_id = referrer_id",
            column="referrer_id",
        ),
        no_row(
            "what moved to and from each customer is what customer_profit says",
            "select owner.customer_id, owner.indirect_profit, owner.profit_to_referrers from customer_profit as owner "
            "left join (select referrer_id, sum(amount) as received from {batch} group by referrer_id) as received "
            "on owner.customer_id = received.referrer_id "
            "left join (select customer_id, sum(amount) as given from {batch} group by customer_id) as given "
            "on owner.customer_id = given.customer_id "
            "where owner.indirect_profit <> coalesce(received.received, 0) "
            "or owner.profit_to_referrers <> coalesce(given.given, 0)",
            column="amount",
        ),
    ]
