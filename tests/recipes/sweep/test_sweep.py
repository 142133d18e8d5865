from collections.abc import Mapping

import pytest

from taskarith.errors import CoefficientError, RecipeError, UnknownNameError
from taskarith.recipes.catalogue import sweep_recipe
from taskarith.recipes.sweep.recipe import SweepRecipe
from taskarith.suites import Suite
from tests.recipes.fakes import FakeLab

RECIPE = SweepRecipe({"a": "a", "b": "b"}, ("a", "b", "objects"), "objects", points=5)


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    """Task a is best at 0.5, b at 1; each λ harms the control."""
    if task == "objects":
        return 0.9 - 0.2 * sum(map(abs, coefficients.values()))
    peak = {"a": 0.5, "b": 1.0}[task]
    return 0.8 - 0.2 * abs(coefficients.get(task, 0.0) - peak)


def test_every_point_is_measured_on_validation_and_the_best_is_told() -> None:
    fake = FakeLab(accuracy)
    result = RECIPE.run(fake.lab)
    assert set(fake.splits()) == {"validation"}
    assert len(fake.asked) == RECIPE.evaluations() == 33
    rows = result.rows()
    assert [(row["vector"], row["λ"]) for row in rows[:5]] == [
        ("a", step) for step in (-1.0, -0.5, 0.0, 0.5, 1.0)
    ]
    estimate = result.vectors[1].points[-0.5]["b"]
    assert estimate.value == pytest.approx(accuracy({"b": -0.5}, "b"), abs=6e-4)
    assert [edit for _, edit in result.chosen()] == [{"a": 0.5}, {"b": 1.0}]
    assert result.findings()[0].startswith("a: a is best at λ = 0.5, 80.0 [")
    assert "objects is then 80.0 [" in result.findings()[0]
    assert "5 λ from -1 to 1" in result.protocol()


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"first": 1.0, "last": 1.0}, RecipeError, "rising ends"),
        ({"last": 9.0}, CoefficientError, "out of range"),
        ({"points": 1}, RecipeError, "2 to 401 points"),
        ({"vectors": ["aples"]}, UnknownNameError, "did you mean 'apples'"),
    ],
)
def test_what_cannot_be_swept_is_refused(
    asked: dict[str, object], error: type[Exception], words: str, tiny_suite: Suite
) -> None:
    with pytest.raises(error, match=words):
        sweep_recipe(tiny_suite, **asked)  # type: ignore[arg-type]


def test_nulls_are_swept_too(tiny_suite: Suite) -> None:
    recipe = sweep_recipe(tiny_suite, vectors=["random:coins"], first=-0.5, points=3)
    assert recipe.vectors == {"random:coins": "coins"}
    assert recipe.steps == (-0.5, 0.25, 1.0)
    assert {*tiny_suite.targets, tiny_suite.control} <= set(recipe.tasks)
