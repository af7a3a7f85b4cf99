"""What must hold of `customer_premium`: customer, and how much like a premium one."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, between, no_row, one_of, same_customers

COLUMNS = ("is_premium", "premium_chance", "premium_group")

MART = Mart(key=("customer_id",), columns=("customer_id", *COLUMNS))


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        same_customers("every customer of customers has one row here, and nobody else has"),
        between("premium_chance", 0, 1),
        one_of("premium_group", ["premium", "promising", "other"]),
        no_row(
            "premium is platinum and gold of the pyramid, and unknown exactly of who has not ordered",
            "select judged.customer_id, judged.is_premium, tiers.pyramid_tier from {batch} as judged "
            "inner join customer_pyramid as tiers on judged.customer_id = tiers.customer_id "
            "inner join customer_profit as profit on judged.customer_id = profit.customer_id "
            "where judged.is_premium is distinct from "
            "case when profit.order_count > 0 then tiers.pyramid_tier in ('platinum', 'gold') end",
            column="is_premium",
        ),
        no_row(
            "the group says premium exactly of who is, and says nothing exactly of who has not ordered",
            "select customer_id, is_premium, premium_group from {batch} "
            "where (premium_group = 'premium') is distinct from is_premium",
            column="premium_group",
        ),
        no_row(
            "nobody is promising by a model that is no better than guessing",
            "select customer_id, premium_chance from {batch} where premium_group = 'promising' and (premium_chance is "
            "null or not exists (select 1 from segment_models as model where model.is_in_use "
            "and model.model like 'premium %' and model.accuracy_gain > 0))",
            column="premium_group",
        ),
    ]
