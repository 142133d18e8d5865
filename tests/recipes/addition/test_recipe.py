from collections.abc import Mapping
from itertools import combinations

import pytest

from taskarith.recipes.addition.protocol import ADDITION_GRID
from taskarith.recipes.addition.recipe import AdditionRecipe
from taskarith.recipes.sample import Sample
from tests.recipes.fakes import FakeLab, looked_at_test_last

TASKS = ("a", "b", "c", "d")
BEST = {"a": 0.3, "b": 0.5, "c": 0.6, "d": 0.8}
RECIPE = AdditionRecipe(tasks=TASKS, control="objects", unseen_controls=("places",), joint="joint")


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    """A task rises to its own best λ, suffers a little from the others, and is best alone at 1."""
    if task in ("objects", "places"):
        return 0.9 - 0.05 * sum(coefficients.values())
    if coefficients == {task: 1.0}:
        return 0.95
    if "joint" in coefficients:
        return 0.9
    own = coefficients.get(task, 0.0)
    others = sum(value for name, value in coefficients.items() if name != task)
    return 0.9 - 0.5 * (own - BEST[task]) ** 2 - 0.01 * others


def mean(coefficients: Mapping[str, float], tasks: tuple[str, ...]) -> float:
    return sum(round(1000 * accuracy(coefficients, task)) for task in tasks) / len(tasks)


def test_every_subset_gets_the_common_coefficient_of_brute_force() -> None:
    fake = FakeLab(accuracy)
    result = RECIPE.run(fake.lab)
    assert looked_at_test_last(fake)
    subsets = [c for size in (2, 3, 4) for c in combinations(TASKS, size)]
    assert [one.tasks for one in result.sums] == subsets
    for one in result.sums:
        best = max(ADDITION_GRID, key=lambda v, t=one.tasks: (mean(dict.fromkeys(t, v), t), -v))
        assert one.coefficients == dict.fromkeys(one.tasks, best)
    assert result.together is result.sums[-1]


def test_one_coefficient_a_task_does_at_least_as_well_as_a_common_one() -> None:
    result = RECIPE.run(FakeLab(accuracy).lab)
    assert result.each.normalized > result.together.normalized
    common = dict.fromkeys(TASKS, result.together.coefficient)
    moved = {name: value for name, value in result.each.coefficients.items() if value != 0.55}
    assert len(moved) == 4
    assert mean(result.each.coefficients, TASKS) > mean(common, TASKS)


def test_it_says_by_how_much_the_chosen_coefficient_flatters() -> None:
    result = RECIPE.run(FakeLab(accuracy, sample=Sample(surely=True)).lab)
    assert result.flattery == pytest.approx(0, abs=0.02)  # the fake's answers hold no luck
    assert "the choice flatters" in result.findings()[-1]
    assert "by the lower end" in result.protocol()


def test_references_stand_beside_it() -> None:
    result = RECIPE.run(FakeLab(accuracy).lab)
    assert result.joint is not None
    assert result.joint.how == "joint fine-tuning"
    assert result.joint.normalized == pytest.approx(0.9 / 0.95, rel=1e-2)
    assert {task: one.value for task, one in result.finetuned.items()} == dict.fromkeys(TASKS, 0.95)
    assert set(result.finetuned_control) == set(TASKS)
    assert [row["how"] for row in result.rows()] == [
        "nothing", "common λ", "λ of each", "joint fine-tuning",
    ]  # fmt: skip
    by_number = result.tables()[1].rows
    assert [(row["tasks"], row["subsets"]) for row in by_number] == [(2, 6), (3, 4), (4, 1)]
    assert "objects" in result.together.accuracies
    assert "places" in result.sums[0].accuracies


def test_a_sample_of_the_subsets_keeps_all_pairs_and_the_whole() -> None:
    sampled = AdditionRecipe(tasks=(*TASKS, "e", "f"), control="objects", per_size=3)
    sizes = [len(subset) for subset in sampled.subsets()]
    assert {size: sizes.count(size) for size in set(sizes)} == {2: 15, 3: 3, 4: 3, 5: 3, 6: 1}
    assert sampled.subsets() == sampled.subsets()
    assert len(set(sampled.subsets())) == len(sizes)


def test_it_never_takes_more_evaluations_than_it_says() -> None:
    fake = FakeLab(accuracy)
    RECIPE.run(fake.lab)
    assert len({str(question) for question in fake.asked}) <= RECIPE.evaluations()
