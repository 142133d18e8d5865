"""The search recipe on a made-up lab, where the best edit is known."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from taskarith.core import Edit
from taskarith.errors import CoefficientError, RecipeError, UnknownNameError
from taskarith.evaluation import Evaluator, measure
from taskarith.recipes.catalogue import run_recipe, search_recipe
from taskarith.recipes.sample import Sample
from taskarith.recipes.search.protocol import best_trial
from taskarith.recipes.search.recipe import SearchRecipe
from taskarith.recipes.search.result import CMA, COMMON, LENGTHS, RANDOM, SearchResult
from taskarith.recipes.search.seekers import CmaSeeker, RandomSeeker
from taskarith.recipes.search.space import Space
from taskarith.suites import Suite
from tests.recipes.fakes import FakeLab, looked_at_test_last

BEST = {"a": 0.9, "b": 0.2, "c": 0.5}
RECIPE = SearchRecipe(
    Space(tuple(BEST)), control="objects", unseen_controls=("places",), budget=40, seeds=2
)


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    """Every task is best at its own λ; other vectors cost it, and all of them the control."""
    if any(name.startswith("merged") for name in coefficients):
        return 0.6
    if list(coefficients.values()) == [1.0]:
        return 0.95 if task in coefficients else 0.5
    moved = sum(coefficients.values())
    if task in ("objects", "places"):
        return 0.9 - 0.01 * moved
    off = [abs(coefficients.get(name, 0.0) - best) for name, best in BEST.items()]
    return 0.92 - 0.3 * abs(coefficients.get(task, 0.0) - BEST[task]) - 0.05 * sum(off)


def test_it_finds_what_a_common_coefficient_cannot() -> None:
    result = RECIPE.run(FakeLab(accuracy).lab)
    by_how = {(one.how, one.seed): one for one in result.outcomes}
    assert list(by_how) == [
        (CMA, 1), (CMA, 2), (RANDOM, 1), (RANDOM, 2), (COMMON, 0), (LENGTHS, 0)
    ]  # fmt: skip
    found = by_how[CMA, 1].trial
    assert found is not None
    assert np.abs(np.array(found.point) - list(BEST.values())).max() < 0.15
    common = by_how[COMMON, 0].trial
    assert common is not None
    assert len(set(common.point)) == 1
    assert found.quality > common.quality
    behind = by_how[COMMON, 0].behind
    assert behind is not None
    assert behind.low < behind.value < behind.high
    assert behind.value > 0
    assert by_how[CMA, 1].behind is None
    assert dict(result.chosen())[CMA] == dict(zip("abc", found.point, strict=True))


def test_every_seeker_has_the_same_budget_and_test_comes_last() -> None:
    fake = FakeLab(accuracy)
    result = RECIPE.run(fake.lab)
    assert looked_at_test_last(fake)
    assert [len(trials) for trials in result.searches] == [40] * 5
    assert len({str(question) for question in fake.asked}) <= RECIPE.evaluations()
    for outcome, trials in zip(result.outcomes, result.searches, strict=False):
        assert outcome.trial == best_trial(trials, floor=RECIPE.floor)
        assert all(0 <= value <= 1.5 for trial in trials for value in trial.point)


def test_the_same_seed_searches_the_same_edits() -> None:
    one, two = (RECIPE.run(FakeLab(accuracy).lab) for _ in range(2))
    assert one == two
    assert one.searches[0] != one.searches[1]


def test_the_floor_is_kept_where_it_can_be_and_missing_it_is_said() -> None:
    strict = replace(RECIPE, floor=0.98)
    result = strict.run(FakeLab(accuracy).lab)
    kept = {(one.how, one.seed): one.trial.kept for one in result.outcomes if one.trial}
    assert min(kept[CMA, 1], kept[CMA, 2], kept[COMMON, 0]) >= 0.98
    free = RECIPE.run(FakeLab(accuracy).lab)
    assert max(t.kept for t in free.searches[0]) > min(t.kept for t in free.searches[0])
    unkept = replace(RECIPE, floor=1.0, budget=4).run(FakeLab(accuracy).lab)
    assert any("no edit kept the floor for CMA-ES, seed 1" in line for line in unkept.findings())
    # Doing nothing, where the common λ starts, keeps every floor.
    assert unkept.outcomes[-2].trial is not None
    assert unkept.outcomes[-2].trial.point == (0.0, 0.0, 0.0)


def test_the_front_is_that_of_brute_force() -> None:
    result = RECIPE.run(FakeLab(accuracy).lab)
    trials = result.searches[0]
    undominated = {
        (one.target, one.control)
        for one in trials
        if not any(
            other.target >= one.target
            and other.control >= one.control
            and (other.target, other.control) != (one.target, one.control)
            for other in trials
        )
    }
    assert {(one.target, one.control) for one in result.front} == undominated


def test_it_says_by_how_much_the_choice_flatters() -> None:
    result = RECIPE.run(FakeLab(accuracy, sample=Sample(surely=True)).lab)
    assert result.flattery is not None
    assert "the choice flatters" in result.findings()[-1]
    assert "by the lower end" in result.protocol()


def test_settings_of_a_method_are_searched_too() -> None:
    space = Space(("a", "b"), method="breadcrumbs")
    assert space.names == ("λ(a)", "λ(b)", "density", "outliers")
    assert space.read(np.ones(4)) == (1.5, 1.5, 1.0, 0.5)
    assert space.read(np.zeros(4))[2] == 0.01  # density is above 0
    point = space.read(space.start)
    assert point == (0.3, 0.3, 0.143, 0.007)
    assert space.settings(point) == {"density": 0.143, "outliers": 0.007, "scale": 1.0}
    assert space.common(0.5) == (0.5, 0.5, 0.143, 0.007)
    consensus = Space(("a", "b"), method="consensus")
    assert consensus.settings(consensus.read(consensus.start))["agreement"] == 2


@pytest.mark.parametrize("make", [CmaSeeker, RandomSeeker])
@pytest.mark.parametrize("size", [1, 3])
def test_places_are_inside_the_box(make: type, size: int) -> None:
    seeker = make(np.full(size, 0.5), seed=3)
    for _ in range(60):
        place = seeker.ask()
        assert place.shape == (size,)
        assert ((place >= 0) & (place <= 1)).all()
        seeker.tell(place, -float(((place - 0.97) ** 2).sum()))
    if make is CmaSeeker:
        assert np.abs(seeker.ask() - 0.97).max() < 0.15


@pytest.mark.parametrize(
    ("changes", "kind", "says"),
    [
        ({"budget": 0}, RecipeError, "from 2 to 10,000 edits, got a budget of 0"),
        ({"budget": 10**9}, RecipeError, "got a budget of 1,000,000,000"),
        ({"floor": 0}, RecipeError, "0 < floor"),
        ({"seeds": 0}, RecipeError, "needs a seed"),
        ({"method": "stew"}, UnknownNameError, "unknown method 'stew'"),
        ({"method": "fisher"}, RecipeError, "looks at examples at every merge"),
        ({"method": "slerp"}, RecipeError, "merges 2 vectors, got 4"),
        ({"most": 0}, RecipeError, "give a most above 0"),
        ({"most": 1e9}, CoefficientError, "--most"),
        ({"tasks": ["coins"]}, RecipeError, "at least 2 tasks"),
        ({"tasks": ["coins", "stew"]}, UnknownNameError, "unknown task 'stew'"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_words(
    changes: dict[str, object], kind: type[Exception], says: str, tiny_suite: Suite
) -> None:
    with pytest.raises(kind, match=says):
        search_recipe(tiny_suite, **changes)  # type: ignore[arg-type]


def test_on_a_real_suite_it_measures_the_merges_it_names(tiny_suite: Suite) -> None:
    evaluator = Evaluator(tiny_suite, device="cpu")
    recipe = search_recipe(
        tiny_suite, tasks=["coins", "dice"], method="ties", budget=4, seeds=1, floor=0.5
    )
    result = run_recipe(recipe, evaluator)
    assert isinstance(result, SearchResult)
    trial = result.outcomes[0].trial
    assert trial is not None
    space = recipe.space
    edit = Edit(
        "tiny", space.coefficients(trial.point), method="ties", settings=space.settings(trial.point)
    )
    own = measure(evaluator, edit, tasks=["coins", "dice"], split="test")
    for task, estimate in own.items():
        # merge(λ·τ) kept as one vector rounds as it does in place, but for an answer on the edge
        assert abs(estimate.value - result.outcomes[0].accuracies[task].value) <= 1.5 / estimate.n
