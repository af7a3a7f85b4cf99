"""What must hold of `premium_traits`: model and trait."""

from __future__ import annotations

from great_expectations.expectations.expectation import Expectation

from expectations.claims import Mart, complete, no_row, one_of

MART = Mart(
    key=("model", "trait"),
    columns=("model", "trait", "fit_on", "trait_rank", "weight", "meaning", "trait_mean", "trait_spread"),
)


def claims() -> list[Expectation]:
    """The claims beside the standing ones."""
    return [
        one_of("model", ["discriminant", "tree"]),
        complete("weight"),
        no_row(
            "ranks are 1, 2, 3 …, what tells most first",
            "select model, trait, trait_rank, weight from (select model, trait, trait_rank, weight, row_number() over "
            "(partition by model order by abs(weight) desc, trait) as place from {batch}) as placed "
            "where trait_rank <> place",
            column="trait_rank",
        ),
        no_row(
            "the parts of what a tree tells are one whole, or there is none",
            "select model, sum(weight) as whole from {batch} where model = 'tree' group by model "
            "having abs(sum(weight) - 1) > 0.0001",
            column="weight",
        ),
        no_row(
            "the discriminant of segment_models goes by some trait, if it was fitted",
            "select models.fit_on, models.accuracy from segment_models as models "
            "left join {batch} as judged on judged.model = 'discriminant' and judged.fit_on = models.fit_on "
            "where models.model = 'premium discriminant' and models.accuracy is not null and judged.trait is null",
            column="trait",
        ),
        no_row(
            "the discriminant goes by each trait that the tree asks",
            "select asked.trait, asked.weight from {batch} as asked left join {batch} as judged "
            "on judged.model = 'discriminant' and judged.trait = asked.trait "
            "where asked.model = 'tree' and judged.trait is null",
            column="trait",
        ),
        no_row(
            "a trait of the discriminant differs between customers",
            "select trait, trait_spread from {batch} where model = 'discriminant' and coalesce(trait_spread, 0) <= 0",
            column="trait_spread",
        ),
    ]
