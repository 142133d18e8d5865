from collections.abc import Mapping
from itertools import permutations

import numpy as np
import pytest
import torch

from taskarith.core import Edit, TaskVector
from taskarith.errors import RecipeError
from taskarith.evaluation import Evaluator
from taskarith.heads.text_loss import text_loss
from taskarith.recipes.study_recipes import transfer_recipe
from taskarith.recipes.suite_lab import suite_lab
from taskarith.recipes.transfer.protocol import (
    COSINE,
    DOWNHILL,
    GRADIENTS,
    SIGNS,
    predictors,
    rank_correlation,
    spearman,
)
from taskarith.recipes.transfer.recipe import TransferRecipe, drawn_pairs
from taskarith.recipes.transfer.result import TransferResult
from taskarith.suites import Suite, load_suite
from tests.recipes.fakes import FakeLab

TASKS = ("zebra", "ape", "bee", "cat")
RECIPE = TransferRecipe(TASKS, pairs=(("zebra", "ape"), ("bee", "cat")), mixture=True, examples=8)


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    """A vector teaches its own task much and its neighbour in the alphabet a little."""
    level = 0.5
    for name, value in coefficients.items():
        if name.startswith("tuned("):
            taught = name[len("tuned(") :].partition(",")[0].split("+")
            level += 0.3 if taught == [task] else 0.35 * (task in taught)
        elif ":" not in name:
            level += value * (0.4 if name == task else 0.1 * (abs(ord(name[0]) - ord(task[0])) < 2))
    return level


@pytest.fixture
def fake() -> FakeLab:
    return FakeLab(accuracy)


@pytest.fixture
def result(fake: FakeLab) -> TransferResult:
    return RECIPE.run(fake.lab)


def test_every_vector_is_measured_on_every_task(result: TransferResult) -> None:
    rows = result.matrix()
    for taught, row in zip(TASKS, rows, strict=True):
        for asked, found in zip(TASKS, row, strict=True):
            expected = accuracy({taught: 1.0}, asked) - 0.5
            assert found.difference == pytest.approx(expected)
    assert all(one.difference == 0 for row in result.matrix(null=True) for one in row)
    (helps, edit), _ = result.chosen()
    assert accuracy(edit, helps.split()[1]) == pytest.approx(0.6)
    assert "4 transfer clearly for the better and 0 for the worse" in result.findings()[0]


def test_joint_training_is_compared_with_as_many_steps_on_one_task(
    fake: FakeLab, result: TransferResult
) -> None:
    assert {course.steps for course in fake.courses} == {result.steps}
    assert {(split, examples) for _, _, split, examples in fake.tuned} == {("train", 8)}
    assert [one.task for one in result.joint] == ["zebra", "ape", "bee", "cat"]
    assert [one.task for one in result.mixture] == list(TASKS)
    for one in (*result.joint, *result.mixture):
        assert one.over_alone.difference == pytest.approx(0.05)


def test_gradients_are_of_validation_and_test_is_asked_for_nothing_chosen(
    fake: FakeLab, result: TransferResult
) -> None:
    for kind, task, split, edit in fake.asked:
        assert split == ("validation" if kind == "gradient" else "test"), (kind, task)
        assert set(edit.values()) <= {1.0}
    assert len(result.predicted) == 4


def test_it_never_takes_more_evaluations_than_it_says(fake: FakeLab) -> None:
    RECIPE.run(fake.lab)
    distinct = {str(question) for question in fake.asked}
    assert len(distinct) + len(fake.tuned) <= RECIPE.evaluations()


def test_predictors_keep_the_order_of_the_tasks() -> None:
    """Whatever their names, which other code sorts by."""
    rng = torch.Generator().manual_seed(0)
    flat = {task: torch.randn(40, generator=rng) for task in TASKS}
    slopes = {task: torch.randn(40, generator=rng) for task in TASKS}
    found = predictors(
        {task: TaskVector({"w": tensor}) for task, tensor in flat.items()},
        {task: TaskVector({"w": tensor, "other": tensor}) for task, tensor in slopes.items()},
    )

    def cosine(one: torch.Tensor, two: torch.Tensor) -> float:
        return float(torch.nn.functional.cosine_similarity(one, two, dim=0))

    for i, j in permutations(range(4), 2):
        one, two = TASKS[i], TASKS[j]
        assert found[COSINE][i, j] == pytest.approx(cosine(flat[one], flat[two]), abs=1e-5)
        assert found[GRADIENTS][i, j] == pytest.approx(cosine(slopes[one], slopes[two]), abs=1e-5)
        assert found[DOWNHILL][i, j] == pytest.approx(-cosine(flat[one], slopes[two]), abs=1e-5)
        agree = float((flat[one].sign() == flat[two].sign()).float().mean())
        assert found[SIGNS][i, j] == pytest.approx(agree)


def test_ranks_are_correlated_as_in_the_textbook() -> None:
    """Against the textbook formula, which holds without ties, and by hand with them."""
    rng = np.random.default_rng(0)
    one, two = rng.permutation(20).astype(float), rng.permutation(20).astype(float)
    d = one.argsort().argsort() - two.argsort().argsort()
    assert spearman(one, two) == pytest.approx(1 - 6 * (d @ d) / (20 * (400 - 1)))
    assert spearman(np.array([1.0, 1.0, 2.0]), np.array([1.0, 1.0, 5.0])) == pytest.approx(1)
    assert spearman(np.ones(3), np.arange(3.0)) == 0


def test_a_good_predictor_stands_out_of_shuffled_tasks_and_noise_does_not() -> None:
    rng = np.random.default_rng(1)
    measured = rng.normal(size=(8, 8))
    pairs = list(permutations(range(8), 2))
    good = rank_correlation(measured + rng.normal(size=(8, 8)) / 3, measured, pairs=pairs)
    assert good.clear
    assert good.value.low < good.value.value < good.value.high <= 1
    assert good.lowest <= good.value.value <= good.highest
    often = [
        rank_correlation(rng.normal(size=(8, 8)), measured, pairs=pairs).clear for _ in range(20)
    ]
    assert sum(often) <= 4  # five in a hundred, more or less


def test_two_pairs_of_three_tasks_tell_nothing_and_say_so() -> None:
    found = rank_correlation(np.eye(3), np.eye(3), pairs=[(0, 1), (1, 0)])
    assert (found.value.low, found.value.high) == (-1.0, 1.0)


def test_pairs_are_spread_over_the_tasks() -> None:
    pairs = drawn_pairs(tuple("abcdefgh"), count=8)
    assert len(set(pairs)) == 8
    often = [sum(task in pair for pair in pairs) for task in "abcdefgh"]
    assert max(often) - min(often) <= 1
    assert drawn_pairs(("a", "b"), count=9) == (("a", "b"),)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda suite: transfer_recipe(suite, tasks=["apples", "birds"]), "at least 3 tasks"),
        (lambda suite: transfer_recipe(suite, pairs=-1), "counted from 0"),
        (
            lambda _: transfer_recipe(load_suite("mini-lm"), tasks=["rude", "mood"]),
            "rude: no right",
        ),
        (lambda suite: transfer_recipe(suite, examples=0), "at least 1 example"),
    ],
)
def test_bad_input_is_refused(make: object, words: str, tiny_suite: Suite) -> None:
    with pytest.raises(RecipeError, match=words):
        make(tiny_suite)  # type: ignore[operator]


@pytest.mark.parametrize("name", ["mini-lm", "tiny"])
def test_gradients_are_those_of_small_steps(name: str, tiny_suite: Suite) -> None:
    """g·v is the slope of the loss along v, by a central difference of losses."""
    suite = tiny_suite if name == "tiny" else load_suite(name)
    task = suite.targets[0]
    evaluator = Evaluator(suite, device="cpu")
    lab = suite_lab(evaluator)
    slope = lab.gradient({}, task, split="validation", examples=16)
    vector = lab.direction(task)
    along = sum(float((slope[part] * vector[part]).sum()) for part in vector)

    labels = torch.from_numpy(evaluator.labels(task, "validation")[:16]).long()

    def loss(coefficient: float) -> float:
        if name == "tiny":
            logits = torch.from_numpy(lab.logits({task: coefficient}, task, split="validation"))
            return float(torch.nn.functional.cross_entropy(logits[:16].double(), labels))
        evaluator.use(Edit(name, {task: coefficient}))
        prompts = evaluator.prompts(task, "validation", start=0, stop=16)
        with torch.no_grad():
            return float(text_loss(evaluator.head(task), evaluator.model, prompts, labels))

    assert along == pytest.approx((loss(0.02) - loss(-0.02)) / 0.04, rel=0.05, abs=1e-3)
    assert along < 0  # a task's own vector goes downhill
