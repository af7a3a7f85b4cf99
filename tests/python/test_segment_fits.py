"""Segments that are fitted: clusters, premium, the check on the lifecycle; on people of whom the answer is known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orchestration.paths import PROJECT
from orchestration.segments import clusters, judged, lifecycle, premium

RULES = {"smallest_fit": 60, "fewest_clusters": 3, "most_clusters": 8, "tree_depth": 3}
WORDS = {
    "measure": np.repeat(clusters.MEASURES, 2),
    "direction": np.array(["high", "low"] * 4),
    "words": np.array([f"{side} {measure}" for measure in clusters.MEASURES for side in ("high", "low")]),
}
DAY = np.datetime64("2024-03-31")
CENTRES = np.array([[1.0, 4.0, 3.0, 6.0], [6.0, 0.5, 3.0, 6.0], [1.0, 0.5, 3.0, 1.0], [4.0, 2.0, 8.0, 4.0]])


def people(count: int = 100, seed: int = 1, centres: NDArray = CENTRES) -> dict[str, NDArray]:
    """So many customers about the first centre, ten fewer about each of the others, on one day."""
    random = np.random.default_rng(seed)
    points = np.concatenate(
        [centre + random.normal(0, 0.2, (count - 10 * place, 4)) for place, centre in enumerate(centres)]
    )
    return columns(points)


def columns(points: NDArray) -> dict[str, NDArray]:
    return {"fit_on": np.repeat(DAY, len(points))} | dict(zip(clusters.MEASURES, points.T, strict=True))


def shuffled(customers: dict[str, NDArray], seed: int = 2) -> dict[str, NDArray]:
    order = np.random.default_rng(seed).permutation(len(customers["fit_on"]))
    return {name: values[order] for name, values in customers.items()}


class TestClusters:
    def test_who_was_put_together_is_found_together(self) -> None:
        found = clusters.cluster_table(people(), RULES, WORDS, None).to_pylist()
        assert [row["cluster"] for row in found] == [1, 2, 3, 4]
        # the last is second by how often they buy
        assert [row["member_count"] for row in found[:2]] == [100, 70]
        assert {row["member_count"] for row in found[2:]} == {90, 80}
        assert {row["customer_count"] for row in found} == {340}
        # the centres come back, told in spreads, who buys most often first
        back = sorted(
            [round(row[f"{m}_mean"] + row[f"{m}_spread"] * row[f"{m}_centre"], 0) for m in clusters.MEASURES]
            for row in found
        )
        assert np.allclose(back, sorted(np.round(CENTRES, 0).tolist()), atol=1)
        frequencies = [row["frequency_centre"] for row in found]
        assert frequencies == sorted(frequencies, reverse=True)
        assert found[0]["cluster_name"] == "high frequency, low recency"
        assert all(row["fit_on"] == date(2024, 3, 31) for row in found)

    def test_members_are_counted_with_their_own_centre(self) -> None:
        """Whatever the order in which the fit comes upon the clusters: the one that differs most in value is known."""
        for seed in range(1, 7):
            found = clusters.cluster_table(people(seed=seed), RULES, WORDS, None).to_pylist()
            (dearest,) = [row for row in found if row["order_value_centre"] > 1]
            (newest,) = [row for row in found if row["tenure_centre"] < -1]
            assert [row["member_count"] for row in (found[0], newest, dearest)] == [100, 80, 70]

    def test_the_silhouette_is_that_of_its_definition(self) -> None:
        """Rousseeuw's (b - a) / max(a, b), over all customers, in plain numpy."""
        customers = people(50)
        found = clusters.cluster_table(customers, RULES, WORDS, None).to_pylist()
        points = np.column_stack([customers[name] for name in clusters.MEASURES])
        scaled = (points - points.mean(axis=0)) / points.std(axis=0)
        centres = np.array([[row[f"{name}_centre"] for name in clusters.MEASURES] for row in found])
        label = np.linalg.norm(scaled[:, None] - centres[None], axis=2).argmin(axis=1)
        distance = np.linalg.norm(scaled[:, None] - scaled[None], axis=2)
        widths = []
        for place, own in enumerate(label):
            among = (label == own) & (np.arange(len(label)) != place)
            a = distance[place][among].mean()
            b = min(distance[place][label == other].mean() for other in set(label) - {own})
            widths.append((b - a) / max(a, b))
        assert found[0]["silhouette"] == pytest.approx(np.mean(widths), abs=1e-5)

    def test_the_order_of_customers_says_nothing(self) -> None:
        customers = people()
        made = clusters.cluster_table(customers, RULES, WORDS, None)
        for seed in range(3):
            assert clusters.cluster_table(shuffled(customers, seed), RULES, WORDS, None).equals(made)

    def test_each_day_is_fitted_of_its_own(self) -> None:
        first, second = people(), people(seed=5)
        second["fit_on"] = np.repeat(np.datetime64("2024-06-30"), len(second["fit_on"]))
        both = {name: np.concatenate([second[name], first[name]]) for name in first}
        found = clusters.cluster_table(both, RULES, WORDS, None).to_pylist()
        alone = [*clusters.cluster_table(first, RULES, WORDS, None).to_pylist(),
                 *clusters.cluster_table(second, RULES, WORDS, None).to_pylist()]  # fmt: skip
        assert found == alone

    @pytest.mark.parametrize(
        ("points", "words"),
        [
            (np.zeros((0, 4)), None),
            (np.zeros((1, 4)), "1 customers, of 60 that are needed"),
            (np.zeros((59, 4)), "59 customers, of 60 that are needed"),
            (np.ones((60, 4)), "1 kinds of behaviour: too much alike"),
            (np.repeat(np.eye(4)[:3], 30, axis=0), "3 kinds of behaviour: too much alike"),
        ],
        ids=["nobody", "one", "one too few", "all alike", "as many kinds as clusters"],
    )
    def test_a_shop_too_poor_is_told_why(self, points: NDArray, words: str | None) -> None:
        found = clusters.cluster_table(columns(points), RULES, WORDS, None).to_pylist()
        assert [(row["cluster"], row["why_not"]) for row in found] == ([(None, words)] if words else [])

    def test_a_measure_in_which_all_are_alike_tells_nobody_apart(self) -> None:
        customers = people()
        customers["tenure"] = np.full(340, 3.0)
        found = clusters.cluster_table(customers, RULES, WORDS, None).to_pylist()
        assert {(row["tenure_mean"], row["tenure_spread"], row["tenure_centre"]) for row in found} == {(3.0, 0.0, 0.0)}

    def test_one_who_differs_by_the_last_place_makes_no_spread(self) -> None:
        """Else an order of another size would be a million spreads away, and its square beyond 64 bits."""
        customers = people()
        customers["order_value"] = np.full(340, 3.4306)
        customers["order_value"][7] = 3.4305
        found = clusters.cluster_table(customers, RULES, WORDS, None).to_pylist()
        assert {(row["order_value_spread"], row["order_value_centre"]) for row in found} == {(0.0, 0.0)}
        alike = columns(np.repeat([[1.0, 0.0, 3.4306, 1.0]], 500, axis=0))
        alike["order_value"][:4] += np.array([0.0001, 0.0002, 0.0003, -0.0001])
        ((row,),) = [clusters.cluster_table(alike, RULES, WORDS, None).to_pylist()]
        assert row["why_not"] == "1 kinds of behaviour: too much alike"

    def test_names_are_told_apart(self) -> None:
        words = dict(zip(zip(WORDS["measure"], WORDS["direction"], strict=True), WORDS["words"], strict=True))
        # the first two share two traits; the last two share all
        centres = [(-2, 1.5, 1, 0.5), (-2, 1.5, -1, 0.5), (3, -1, -0.5, 0.1), (3, -1, -0.5, 0.2)]
        assert clusters.named(centres, words) == [
            "low recency, high frequency, high order_value",
            "low recency, high frequency, low order_value",
            "high recency, low frequency, low order_value, high tenure (1)",
            "high recency, low frequency, low order_value, high tenure (2)",
        ]
        # nobody has bought twice: that no cluster buys often says nothing of any
        centres = [(-2, 0, 1, -2), (-1.5, 0, 1, -1.5), (3, 0, -1, 3)]
        assert clusters.named(centres, words) == [
            "low recency, low tenure, high order_value (1)",
            "low recency, low tenure, high order_value (2)",
            "high recency, high tenure",
        ]

    def test_what_was_fitted_is_not_fitted_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made = clusters.cluster_table(people(), RULES, WORDS, tmp_path)
        monkeypatch.setattr(clusters, "fit", lambda *_: pytest.fail("fitted again"))
        assert clusters.cluster_table(shuffled(people()), RULES, WORDS, tmp_path).equals(made)

    @pytest.mark.parametrize("damaged", ["", '[{"fit_on": {"date"', "null"])
    def test_what_was_not_kept_to_its_end_is_fitted_again(self, damaged: str, tmp_path: Path) -> None:
        made = clusters.cluster_table(people(), RULES, WORDS, tmp_path)
        (kept,) = tmp_path.iterdir()
        whole = kept.read_text(encoding="utf-8")
        kept.write_text(damaged, encoding="utf-8")
        assert clusters.cluster_table(people(), RULES, WORDS, tmp_path).equals(made)
        assert kept.read_text(encoding="utf-8") == whole

    def test_another_input_is_fitted(self, tmp_path: Path) -> None:
        made = clusters.cluster_table(people(), RULES, WORDS, tmp_path)
        assert not clusters.cluster_table(people(seed=9), RULES, WORDS, tmp_path).equals(made)
        assert not clusters.cluster_table(people(), {**RULES, "most_clusters": 3}, WORDS, tmp_path).equals(made)
        renamed = {**WORDS, "words": np.char.add("very ", WORDS["words"])}
        assert not clusters.cluster_table(people(), RULES, renamed, tmp_path).equals(made)
        assert len(list(tmp_path.glob("*.json"))) == 4


ASKED = """
import json, sys
sys.path[:0] = [{tests!r}, {project!r}]
import test_segment_fits as tests
print(json.dumps([tests.clusters.cluster_table(tests.people(), tests.RULES, tests.WORDS, None).to_pylist(),
    tests.premium.premium_table(tests.traits(), tests.RULES, None).to_pylist(),
    tests.lifecycle.lifecycle_table(tests.lives(), tests.RULES, None).to_pylist()], default=str))
"""


def test_the_number_of_threads_says_nothing() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", ASKED.format(tests=str(Path(__file__).parent), project=str(PROJECT))],
            env={**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "4")
    }
    assert len(told) == 1
    assert len(json.loads(told.pop())[0]) == 4


def traits(count: int = 600, seed: int = 3, *, shift: float = 2.0) -> dict[str, NDArray]:
    """Customers of whom a fifth is premium: these have more orders (by `shift` spreads) and come more by referral."""
    random = np.random.default_rng(seed)
    is_premium = np.arange(count) % 5 == 0
    amounts = {
        "orders": np.round(random.normal(0, 1, count) + shift * is_premium + 5, 4),
        "channel: referral": (random.random(count) < np.where(is_premium, 0.6, 0.6 if shift == 0 else 0.1)) * 1.0,
        "shoe size": np.round(random.normal(42, 2, count), 4),
        "rare": (np.arange(count) < 3) * 1.0,
    }
    customers = np.array([f"c{number:04}" for number in range(count)], dtype=object)
    there = [(customer, name) for name in amounts for customer in range(count) if amounts[name][customer] != 0]
    who = np.array([customer for customer, _ in there], dtype=int)
    return {
        "fit_on": np.repeat(DAY, len(there)),
        "customer_id": customers[who] if there else np.array([], dtype=object),
        "is_premium": is_premium[who],
        "is_held_out": who % 3 == 0,
        "trait": np.array([name for _, name in there], dtype=object),
        "amount": np.array([amounts[name][customer] for customer, name in there]),
    }


def parts(table: list[dict], model: str, kind: str) -> list[dict]:
    return [row for row in table if row["model"] == model and row["row_kind"] == kind]


class TestPremium:
    def test_the_traits_that_mark_them_are_found(self) -> None:
        found = premium.premium_table(traits(), RULES, None).to_pylist()
        for model in ("discriminant", "tree"):
            (record,) = parts(found, model, "model")
            weights = {row["trait"]: row["amount"] for row in parts(found, model, "trait")}
            assert (record["customer_count"], record["holdout_count"]) == (400, 200)
            assert record["base_rate"] == 0.8
            assert record["accuracy"] > 0.85
            assert max(weights, key=lambda name: abs(weights[name])) == "orders"
            assert weights["orders"] > 0
            # of what three customers have nothing can be learned
            assert "rare" not in weights
        assert sum(row["amount"] for row in parts(found, "tree", "trait")) == pytest.approx(1, abs=1e-5)

    @pytest.mark.parametrize(("count", "is_told"), [(9, False), (10, True)])
    def test_an_amount_in_which_few_differ_says_nothing(self, count: int, is_told: bool) -> None:
        """Else two of thousands who paid a cent more would say that whoever pays double is premium for sure."""
        given = traits()
        _, first = np.unique(given["customer_id"], return_index=True)
        differs = np.isin(first, first[~given["is_held_out"][first]][:count])
        more = {name: values[first] for name, values in given.items()} | {
            "trait": np.full(len(first), "first order value", dtype=object),
            "amount": np.round(3.43 + differs * np.arange(len(first)) / 1000, 4),
        }
        both = {name: np.concatenate([values, more[name]]) for name, values in given.items()}
        found = premium.premium_table(both, RULES, None).to_pylist()
        told = {row["trait"] for row in parts(found, "discriminant", "trait")}
        assert told == {"orders", "channel: referral", "shoe size"} | ({"first order value"} if is_told else set())

    def test_the_discriminant_is_fishers(self) -> None:
        """Coefficients by hand: the covariance, drawn to its mean and inverted, times the difference of means."""
        names, known, is_so, is_held_out = premium.matrix(traits())
        found = premium.premium_table(traits(), RULES, None).to_pylist()
        used = [row["trait"] for row in parts(found, "discriminant", "trait")]
        fitted = known[~is_held_out][:, [names.index(name) for name in used]]
        outcome = is_so[~is_held_out]
        scaled = (fitted - fitted.mean(axis=0)) / fitted.std(axis=0)
        means = np.array([scaled[outcome == side].mean(axis=0) for side in (False, True)])
        priors = np.array([1 - outcome.mean(), outcome.mean()])
        covariance = sum(prior * drawn(scaled[outcome == side])
                         for side, prior in zip((False, True), priors, strict=True))  # fmt: skip
        difference = np.linalg.solve(covariance, means[1] - means[0])
        intercept = -0.5 * (means[1] + means[0]) @ difference + np.log(priors[1] / priors[0])
        assert [row["amount"] for row in parts(found, "discriminant", "trait")] == pytest.approx(difference, abs=1e-4)
        assert parts(found, "discriminant", "model")[0]["amount"] == pytest.approx(intercept, abs=1e-3)

    def test_leaves_hold_everybody_once_with_the_share_of_the_fitted(self) -> None:
        names, known, is_so, is_held_out = premium.matrix(traits())
        found = premium.premium_table(traits(), RULES, None).to_pylist()
        reached = np.zeros(len(known), dtype=int)
        said = np.zeros(len(known), dtype=bool)
        for leaf in parts(found, "tree", "leaf"):
            there = np.ones(len(known), dtype=bool)
            for row in parts(found, "tree", "condition"):
                if row["leaf"] == leaf["leaf"]:
                    amount = known[:, names.index(row["trait"])]
                    there &= (row["from_amount"] is None) | (amount > (row["from_amount"] or 0))
                    there &= (row["until_amount"] is None) | (amount <= (row["until_amount"] or 0))
            reached += there
            said[there] = leaf["chance"] > 0.5
            assert leaf["chance"] == pytest.approx(is_so[there & ~is_held_out].mean(), abs=1e-6)
        assert set(reached) == {1}
        accuracy = np.mean(said[is_held_out] == is_so[is_held_out])
        assert parts(found, "tree", "model")[0]["accuracy"] == pytest.approx(accuracy, abs=1e-6)

    def test_where_nothing_marks_them_neither_is_better_than_a_guess(self) -> None:
        found = premium.premium_table(traits(shift=0), RULES, None).to_pylist()
        for model in ("discriminant", "tree"):
            (record,) = parts(found, model, "model")
            assert record["accuracy"] <= record["base_rate"]

    def test_the_order_of_rows_says_nothing(self) -> None:
        made = premium.premium_table(traits(), RULES, None)
        assert premium.premium_table(shuffled(traits()), RULES, None).equals(made)

    @pytest.mark.parametrize("count", [0, 1, 59])
    def test_a_shop_too_poor_is_told_why(self, count: int) -> None:
        found = premium.premium_table(traits(count), RULES, None).to_pylist()
        words = f"{count} customers, of 60 that are needed"
        assert [(row["model"], row["why_not"]) for row in found] == (
            [("discriminant", words), ("tree", words)] if count else []
        )

    def test_where_all_are_premium_or_alike_nothing_is_fitted(self) -> None:
        given = traits()
        everybody = {**given, "is_premium": np.ones(len(given["trait"]), dtype=bool)}
        assert {row["why_not"] for row in premium.premium_table(everybody, RULES, None).to_pylist()} == {
            "all have the same outcome"
        }
        last = {**everybody, "is_premium": given["customer_id"] != given["customer_id"][~given["is_held_out"]][0]}
        assert {row["why_not"] for row in premium.premium_table(last, RULES, None).to_pylist()} == {
            "all but one have the same outcome"
        }
        alike = {**given, "amount": np.ones(len(given["trait"]))}
        alike = {name: values[given["trait"] == "orders"] for name, values in alike.items()}
        assert {row["why_not"] for row in premium.premium_table(alike, RULES, None).to_pylist()} == {
            "no trait tells customers apart"
        }
        nobody = {**given, "is_held_out": np.zeros(len(given["trait"]), dtype=bool)}
        assert {row["why_not"] for row in premium.premium_table(nobody, RULES, None).to_pylist()} == {
            "nobody is held out, or everybody"
        }

    def test_what_was_fitted_is_not_fitted_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made = premium.premium_table(traits(), RULES, tmp_path)
        assert not premium.premium_table(traits(seed=4), RULES, tmp_path).equals(made)
        monkeypatch.setattr(premium, "fit", lambda *_: pytest.fail("fitted again"))
        assert premium.premium_table(shuffled(traits()), RULES, tmp_path).equals(made)
        # who they are says nothing, only what they are
        given = traits()
        given["customer_id"] = np.array([f"x{9999 - int(name[1:]):04}" for name in given["customer_id"]], dtype=object)
        assert premium.premium_table(given, RULES, tmp_path).equals(made)


def drawn(rows: NDArray) -> NDArray:
    """The covariance of rows as Ledoit & Wolf draw it to its mean, measure by measure in spreads, from the paper."""
    spread = rows.std(axis=0)
    scaled = (rows - rows.mean(axis=0)) / spread
    count, size = scaled.shape
    covariance = scaled.T @ scaled / count
    target = np.trace(covariance) / size * np.eye(size)
    distance = np.sum((covariance - target) ** 2)
    noise = sum(np.sum((np.outer(row, row) - covariance) ** 2) for row in scaled) / count**2
    share = min(noise, distance) / distance
    return np.outer(spread, spread) * ((1 - share) * covariance + share * target)


def lives(count: int = 600, seed: int = 4) -> dict[str, NDArray]:
    """Customers who come again if they have been quiet for less than three gaps, most of them; stages that say 1.5."""
    random = np.random.default_rng(seed)
    quiet = np.round(random.uniform(0, 6, count), 4)
    comes = random.random(count) < np.where(quiet <= 3, 0.95, 0.05)
    pace = np.ma.masked_array(np.round(random.uniform(0.5, 2, count), 4), mask=np.arange(count) % 2 == 0)
    return {
        "fit_on": np.repeat(DAY, count),
        "lifecycle_stage": np.where(quiet < 1.5, "mature", "declining").astype(object),
        "quiet": quiet,
        "pause": np.ma.masked_array(np.ones(count), mask=np.ones(count, dtype=bool)),
        "pace": pace,
        "purchases": random.integers(1, 9, count).astype(float),
        "has_ordered_next": comes,
        "is_held_out": np.arange(count) % 3 == 0,
    }


class TestLifecycle:
    def test_the_cut_that_decides_is_found_and_how_much_better_it_does(self) -> None:
        found = lifecycle.lifecycle_table(lives(), RULES, None).to_pylist()
        (rules,), (tree,) = parts(found, "rules", "model"), parts(found, "tree", "model")
        cuts = [row["amount"] for row in parts(found, "tree", "cut") if row["trait"] == "quiet"]
        assert min(abs(cut - 3) for cut in cuts) < 0.1
        assert tree["accuracy"] > 0.9
        # the stages call all who were quiet for 1.5 to 3 gaps by what the majority of their stage did
        assert rules["base_rate"] == tree["base_rate"] < rules["accuracy"] < tree["accuracy"]

    @pytest.mark.parametrize(("purchases", "measure"), [(2, "pause"), (4, "pace")])
    def test_whether_a_measure_is_known_is_a_cut_in_purchases(self, purchases: int, measure: str) -> None:
        """Whether there was a pause at all, and a pace, decides here: no amount of either does."""
        given = lives(seed=1)
        for name, least in (("pause", 2), ("pace", 4)):
            given[name] = np.ma.masked_array(np.arange(600) % 97 / 40 + 0.1, mask=given["purchases"] < least)
        random = np.random.default_rng(1)
        is_likely = (given["quiet"] <= 3) & (given["purchases"] >= purchases)
        given["has_ordered_next"] = random.random(600) < np.where(is_likely, 0.95, 0.05)
        found = parts(lifecycle.lifecycle_table(given, RULES, None).to_pylist(), "tree", "cut")
        assert all(np.isfinite(row["amount"]) for row in found), measure
        assert ("purchases", purchases - 0.5) in {(row["trait"], row["amount"]) for row in found}

    def test_stages_are_judged_by_what_most_of_them_did(self) -> None:
        stages = np.array(["new", "new", "new", "lost", "lost", "new", "lost", "unknown"])
        is_so = np.array([True, True, False, False, False, True, True, True])
        is_held_out = np.array([False, False, False, False, False, True, True, True])
        assert lifecycle.by_stage(stages, is_so, is_held_out).tolist() == [True, False, False]
        record = judged.record(is_so, is_held_out, lifecycle.by_stage(stages, is_so, is_held_out))
        # most of the fitted did not come, and all who are held out did: a guess is right of none, the stages of one
        assert (record["base_rate"], record["accuracy"]) == (0, pytest.approx(1 / 3, abs=1e-6))
        assert (record["customer_count"], record["holdout_count"]) == (5, 3)

    def test_the_order_of_rows_says_nothing(self) -> None:
        made = lifecycle.lifecycle_table(lives(), RULES, None)
        assert lifecycle.lifecycle_table(shuffled(lives()), RULES, None).equals(made)

    @pytest.mark.parametrize("count", [0, 1, 59])
    def test_a_shop_too_poor_is_told_why(self, count: int) -> None:
        found = lifecycle.lifecycle_table(lives(count), RULES, None).to_pylist()
        words = f"{count} customers, of 60 that are needed"
        assert [(row["model"], row["why_not"]) for row in found] == (
            [("rules", words), ("tree", words)] if count else []
        )

    def test_where_nobody_comes_again_nothing_is_fitted(self) -> None:
        given = {**lives(), "has_ordered_next": np.zeros(600, dtype=bool)}
        assert {row["why_not"] for row in lifecycle.lifecycle_table(given, RULES, None).to_pylist()} == {
            "all have the same outcome"
        }

    def test_what_was_fitted_is_not_fitted_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made = lifecycle.lifecycle_table(lives(), RULES, tmp_path)
        assert not lifecycle.lifecycle_table(lives(seed=5), RULES, tmp_path).equals(made)
        monkeypatch.setattr(lifecycle, "fit", lambda *_: pytest.fail("fitted again"))
        assert lifecycle.lifecycle_table(shuffled(lives()), RULES, tmp_path).equals(made)
