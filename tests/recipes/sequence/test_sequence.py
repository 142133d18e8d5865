import re
from collections.abc import Mapping

import pytest
import torch

from taskarith.core import TaskVector
from taskarith.errors import RecipeError
from taskarith.evaluation import Evaluator
from taskarith.figures import recipe_figures
from taskarith.recipes.learning_time import learned_examples
from taskarith.recipes.sequence.protocol import drawn_orders, largest_curvature
from taskarith.recipes.sequence.recipe import SequenceRecipe
from taskarith.recipes.sequence.result import (
    PLAIN,
    PRETRAINED,
    SHARP,
    SHUFFLED,
    Chain,
    SequenceResult,
)
from taskarith.recipes.stored import shipped_result
from taskarith.recipes.study_recipes import sequence_recipe
from taskarith.recipes.suite_lab import suite_lab
from taskarith.recipes.tuning import TUNING
from taskarith.suites import Suite, load_suite
from tests.recipes.fakes import FakeLab, looked_at_test_last

TASKS = ("a", "b", "c")
RECIPE = SequenceRecipe(TASKS, orders=2, steps=5, examples=8)


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    """What was learned last is known; what was learned before is half forgotten, from shuffled all.

    A tuned vector tells by how many vectors were there before which one it is in a sequence.
    """
    shuffled = any(name.startswith("held") for name in coefficients)
    level = 0.3 if shuffled else 0.5
    taught = {}
    for name, value in coefficients.items():
        if found := re.match(r"tuned\(([abc+]+), 8, from (\d)(, sharp)?", name):
            taught[found[1]] = int(found[2]), value, found[3]
    last = max((place for place, _, _ in taught.values()), default=0)
    for tasks, (place, value, sharp) in taught.items():
        if task in tasks.split("+"):
            kept = 1.0 if place == last else 0.0 if shuffled else 0.75 if sharp else 0.5
            level += 0.4 * kept * value
    return min(level, 1.0)


@pytest.fixture
def fake() -> FakeLab:
    return FakeLab(accuracy)


@pytest.fixture
def result(fake: FakeLab) -> SequenceResult:
    return RECIPE.run(fake.lab)


def test_every_order_is_learned_from_both_starts_in_both_ways(result: SequenceResult) -> None:
    kinds = [(start, way) for start in (PRETRAINED, SHUFFLED) for way in (PLAIN, SHARP)]
    assert result.kinds() == kinds
    for kind in kinds:
        assert [chain.order for chain in result.of(*kind)] == list(drawn_orders(TASKS, count=2))
        assert all(len(chain.accuracies) == 4 for chain in result.of(*kind))


def test_what_is_learned_and_forgotten_is_counted(result: SequenceResult) -> None:
    (chain, _) = result.of(PRETRAINED, PLAIN)
    assert chain.learned() == pytest.approx(dict.fromkeys(TASKS, 0.4))
    assert chain.forgotten() == pytest.approx({"a": 0.2, "b": 0.2})
    assert chain.forward() == pytest.approx({"b": 0.0, "c": 0.0})
    assert result.by_task(PRETRAINED, SHARP, Chain.forgotten)["a"] == pytest.approx(0.1)
    assert result.by_task(SHUFFLED, PLAIN, Chain.forgotten)["a"] == pytest.approx(0.4)
    shuffled, sharp, *_ = result.findings()
    assert shuffled.startswith("from shuffled weights: 20.0 [20.0, 20.0] points more forgotten")
    assert sharp.startswith("sharpness-aware: -10.0 [-10.0, -10.0] points more forgotten")


def test_every_choice_is_made_before_test_is_opened(fake: FakeLab, result: SequenceResult) -> None:
    assert looked_at_test_last(fake)
    assert all(split == "train" for _, _, split, _ in fake.tuned)
    assert {course.sharpness for course in fake.courses} == {0.0, 0.05}
    assert {course.steps for course in fake.courses} == {5, 15}  # fifteen: all tasks jointly
    assert [one.coefficient for one in result.added] == [1.0] * 4


def test_it_never_takes_more_evaluations_than_it_says(fake: FakeLab) -> None:
    RECIPE.run(fake.lab)
    distinct = {str(question) for question in fake.asked}
    assert len(distinct) + len(fake.tuned) <= RECIPE.evaluations()


def test_it_says_beforehand_how_much_it_learns() -> None:
    once = FakeLab(accuracy)
    RECIPE.run(once.lab)
    passes = sum((course.steps or 0) * (2 if course.sharpness else 1) for course in once.courses)
    assert learned_examples(RECIPE) == passes * TUNING.few.batch


def test_the_path_of_the_first_sequence_is_drawn_on_the_loss(result: SequenceResult) -> None:
    (plane,) = result.planes
    assert (plane.start, plane.way, plane.order) == (PRETRAINED, PLAIN, TASKS)
    assert list(plane.losses) == ["a", "c"]
    figures = recipe_figures(result)
    assert len(figures) == 2 + 2
    heat, path = figures[2].data
    assert (heat.type, len(path.x)) == ("heatmap", len(TASKS) + 1)
    assert [one[0] for one in path.customdata] == ["pretrained", *TASKS]
    assert "0 pretrained, 1 a, 2 b, 3 c" in figures[2].layout.title.text
    assert [table.title for table in result.tables()][-1] == "Loss along the path"


def test_what_was_measured_without_a_plane_reads_as_before() -> None:
    found = shipped_result(load_suite("mini-t5"), "sequence")
    assert isinstance(found, SequenceResult)
    assert len(recipe_figures(found)) == 2 + 2 * len(found.planes)


def test_orders_begin_with_other_tasks() -> None:
    orders = drawn_orders("abcd", count=4)
    assert [order[0] for order in orders] == list("abcd")
    assert all(sorted(order) == list("abcd") for order in orders)
    assert len(drawn_orders("ab", count=9)) == 2


def test_the_largest_curvature_is_that_of_a_known_hessian(fake: FakeLab) -> None:
    """Of a quadratic, ½ xᵀHx, whose gradient is H·x."""
    curved = torch.diag(torch.tensor([5.0, 1.0, 0.5]))
    held: dict[str, TaskVector] = {}

    class Holding(FakeLab):
        def hold(self, vector: TaskVector):  # type: ignore[no-untyped-def]
            held["v"] = vector
            return super().hold(vector)

    def slope(edit: Mapping[str, float]) -> TaskVector:
        moved = torch.ones(3)
        for name, value in edit.items():
            if name.startswith("held"):
                moved = moved + value * held["v"]["w"]
        return TaskVector({"w": curved @ moved})

    found = largest_curvature(Holding(accuracy).lab, slope, {})
    assert found == pytest.approx(5.0, rel=1e-2)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda suite: sequence_recipe(suite, tasks=["apples"]), "2 to 6 tasks, got apples"),
        (lambda suite: sequence_recipe(suite, orders=0), "at least 1 order"),
        (lambda suite: sequence_recipe(suite, examples=0), "at least 1 order, 1 step and 1"),
    ],
)
def test_bad_input_is_refused(make: object, words: str, tiny_suite: Suite) -> None:
    with pytest.raises(RecipeError, match=words):
        make(tiny_suite)  # type: ignore[operator]


def test_shuffled_weights_are_the_same_numbers_elsewhere(tiny_suite: Suite) -> None:
    lab = suite_lab(Evaluator(tiny_suite, device="cpu"))
    base, vector = tiny_suite.base_state(), lab.shuffled(3)
    assert set(vector) == set(tiny_suite.vector(tiny_suite.targets[0]))
    for name, tensor in vector.items():
        moved = (base[name].float() + tensor).flatten()
        assert not torch.equal(moved, base[name].float().flatten())
        torch.testing.assert_close(moved.sort()[0], base[name].float().flatten().sort()[0])
    assert all(torch.equal(lab.shuffled(3)[name], tensor) for name, tensor in vector.items())
