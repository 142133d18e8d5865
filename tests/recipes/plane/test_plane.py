import math
from collections.abc import Mapping
from dataclasses import replace

import pytest

from taskarith.core import Edit
from taskarith.errors import CoefficientError, RecipeError, UnknownNameError
from taskarith.evaluation import Evaluator, measure
from taskarith.recipes.catalogue import plane_recipe, run_recipe
from taskarith.recipes.plane.protocol import coarse_to_fine
from taskarith.recipes.plane.recipe import PlaneRecipe
from taskarith.recipes.plane.result import PlaneResult
from taskarith.suites import Suite
from tests.recipes.fakes import FakeLab

RECIPE = PlaneRecipe("a", "b", targets=("a", "b"), control="objects", others={"c": 0.2, "a": 9.0})


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    a, b = coefficients.get("a", 0.0), coefficients.get("b", 0.0)
    assert coefficients["c"] == 0.2
    if task == "objects":
        return 0.9 - 0.2 * math.hypot(a, b)
    return 0.5 + 0.3 * (a if task == "a" else b) - 0.1 * (a - b) ** 2


def test_the_grid_is_whole_and_every_level_is_a_coarser_grid() -> None:
    for steps in (4, 8, 16):
        places = list(coarse_to_fine(steps))
        assert sorted(places) == [(x, y) for x in range(steps + 1) for y in range(steps + 1)]
        for level in (1, 2, 4):
            first = places[: (level + 1) ** 2]
            stride = steps // level
            assert all(x % stride == y % stride == 0 for x, y in first)


def test_every_point_is_the_edit_it_says() -> None:
    fake = FakeLab(accuracy)
    result = RECIPE.run(fake.lab)
    assert set(fake.splits()) == {"validation"}
    assert len(result.points) == 81
    assert len(fake.asked) == RECIPE.evaluations()
    for point in result.points:
        assert point.coefficients == {"a": point.x, "b": point.y, "c": 0.2}
        for task, estimate in point.accuracies.items():
            assert estimate.value == pytest.approx(accuracy(point.coefficients, task), abs=6e-4)
    assert {point.x for point in result.points} == {-0.5 + 1.5 * step / 8 for step in range(9)}
    assert result.others == {"c": 0.2}


@pytest.mark.parametrize("forget", [False, True])
def test_the_front_is_that_of_brute_force(forget: bool) -> None:
    result = replace(RECIPE, forget=forget).run(FakeLab(accuracy).lab)
    sign = -1 if forget else 1
    merits = {
        (p.x, p.y): (sign * p.target(("a", "b")), p.accuracies["objects"].value)
        for p in result.points
    }
    undominated = {
        merit
        for merit in merits.values()
        if not any(o != merit and o[0] >= merit[0] and o[1] >= merit[1] for o in merits.values())
    }
    found = [merits[p.x, p.y] for p in result.front]
    assert set(found) == undominated
    assert len(found) == len(undominated)
    assert found == sorted(found, reverse=True)
    assert 1 < len(found) < 40
    assert len(result.tables()[0].rows) == len(found)


def test_on_a_real_suite_it_measures_validation(tiny_suite: Suite) -> None:
    evaluator = Evaluator(tiny_suite, device="cpu")
    recipe = plane_recipe(tiny_suite, x="coins", y="random:dice", steps=4)
    assert recipe.targets == ("coins", "dice")
    result = run_recipe(recipe, evaluator, n=24)
    assert isinstance(result, PlaneResult)
    point = result.points[7]
    own = measure(
        evaluator, Edit("tiny", point.coefficients), tasks=["coins", "dice", "gardens"], n=24
    )
    assert point.accuracies == own


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"y": "a"}, RecipeError, "two directions, got a twice"),
        ({"steps": 5}, RecipeError, "4, 8 or 16 steps a side, got 5"),
        ({"x_ends": (1.0, 0.5)}, RecipeError, "give rising ends"),
        ({"y_ends": (0.0, 4.0)}, CoefficientError, r"λ\(b\) = 4 is out of range"),
        ({"y_ends": (math.nan, 1.0)}, CoefficientError, "finite number"),
    ],
)
def test_nonsense_is_refused(changes: dict[str, object], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        replace(RECIPE, **changes)  # type: ignore[arg-type]


def test_names_are_checked_before_anything_is_measured(tiny_suite: Suite) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'coins'"):
        plane_recipe(tiny_suite, x="coin", y="dice")
    with pytest.raises(UnknownNameError, match="unknown task 'nothing'"):
        plane_recipe(tiny_suite, x="coins", y="dice", targets=["nothing"])
