from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskarith.errors import RecipeError
from taskarith.recipes.soup.protocol import average, greedy_soup, ranked
from taskarith.recipes.soup.recipe import SoupRecipe
from taskarith.recipes.soup.result import SoupResult
from tests.recipes.fakes import FakeLab, N, looked_at_test_last

INGREDIENTS = ("s0", "s1", "s2", "s3")
RECIPE = SoupRecipe(
    task="digits", ingredients=INGREDIENTS, shifts=("blur", "noise"), control="objects"
)
GOOD = {"s0": 0.80, "s1": 0.84, "s2": 0.70, "s3": 0.82}


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    """The mean of what is in it, and a little more for every ingredient."""
    if task == "objects" or not coefficients:
        return 0.5
    mean = sum(GOOD[name] * value for name, value in coefficients.items())
    return mean + 0.015 * (len(coefficients) - 1) - (0.2 if "@" in task else 0.0)


@pytest.fixture
def fake() -> FakeLab:
    return FakeLab(accuracy)


@pytest.fixture
def result(fake: FakeLab) -> SoupResult:
    return RECIPE.run(fake.lab)


def test_ingredients_are_ranked_on_validation(fake: FakeLab) -> None:
    order = ranked(fake.lab.score, ingredients=INGREDIENTS, task="digits")
    assert list(order) == ["s1", "s3", "s0", "s2"]
    assert set(fake.splits()) == {"validation"}


accuracies = st.lists(st.integers(0, 100), min_size=4, max_size=4)


@given(accuracies, st.dictionaries(st.frozensets(st.integers(0, 3)), st.integers(0, 100)))
def test_the_greedy_soup_is_the_paper_s(alone: list[int], together: dict) -> None:
    """Recipe 1 of arXiv 2203.05482, written out, on any accuracies whatever."""

    def made_up(coefficients: Mapping[str, float], task: str) -> float:
        taken = frozenset(int(name) for name in coefficients)
        (first,) = list(taken) if len(taken) == 1 else (None,)
        return (alone[first] if first is not None else together.get(taken, 50)) / 100

    lab = FakeLab(made_up).lab
    order = list(ranked(lab.score, ingredients=["0", "1", "2", "3"], task="digits"))
    assert order == sorted(order, key=lambda name: -alone[int(name)])
    soup: list[str] = []
    for name in order:
        with_it = made_up(dict.fromkeys([*soup, name], 1.0), "digits")
        if not soup or with_it >= made_up(dict.fromkeys(soup, 1.0), "digits"):
            soup.append(name)
    assert greedy_soup(lab.score, order=order, task="digits") == tuple(soup)


def test_every_choice_is_made_before_test_is_opened(fake: FakeLab, result: SoupResult) -> None:
    assert looked_at_test_last(fake)
    kinds = {model.kind: model for model in result.models}
    assert list(kinds) == [
        "best single", "uniform soup", "greedy soup", "learned soup", "learned soup by layer",
        "logit ensemble",
    ]  # fmt: skip
    assert kinds["best single"].weights == {"": {"s1": 1.0}}
    assert kinds["uniform soup"].weights == {"": average(INGREDIENTS)}
    # s1 and s3 make 0.845, with s0 0.85, and s2 would take it down to 0.835.
    assert kinds["greedy soup"].weights == {"": average(["s1", "s3", "s0"])}
    assert kinds["logit ensemble"].passes == 4


def test_soups_stand_beside_the_best_single_model_and_under_shift(result: SoupResult) -> None:
    best = result.models[0]
    assert best.over_best is None
    for model in result.models[1:]:
        assert model.over_best is not None
        reference, shifted = model.over_best
        assert reference.difference == pytest.approx(
            model.robustness.reference.value - best.robustness.reference.value
        )
        assert shifted.value == pytest.approx(
            model.robustness.shifted.value - best.robustness.shifted.value
        )
        assert set(model.robustness.by_shift) == {"blur", "noise"}
    assert list(result.ingredients) == list(result.validation)


def test_the_ensemble_answers_by_the_mean_of_the_logits(fake: FakeLab) -> None:
    def logits(coefficients: Mapping[str, float], task: str, *, split: str) -> np.ndarray:
        ((name, value),) = coefficients.items()
        assert (value, split) == (1.0, "test")
        return np.random.default_rng([int(name[1:]), len(task)]).normal(size=(N, 2))

    result = RECIPE.run(replace(fake.lab, logits=logits))
    found = result.models[-1].robustness
    for task, estimate in (
        ("digits", found.reference),
        *((f"digits@{shift}", estimate) for shift, estimate in found.by_shift.items()),
    ):
        mean = np.mean([logits({name: 1.0}, task, split="test") for name in INGREDIENTS], axis=0)
        assert estimate.value == np.mean(mean.argmax(1) == np.arange(N) % 2)


@pytest.mark.parametrize("ingredients", [(), ("s0",), ("s0", "s0")])
def test_too_few_ingredients_are_refused(ingredients: tuple[str, ...]) -> None:
    with pytest.raises(RecipeError, match="at least 2 different ingredients"):
        SoupRecipe(task="digits", ingredients=ingredients, shifts=(), control="objects")


def test_it_never_takes_more_evaluations_than_it_says(fake: FakeLab, result: SoupResult) -> None:
    assert len({str(question) for question in fake.asked}) <= RECIPE.evaluations()
