from collections.abc import Mapping, Sequence

import pytest

from taskarith.evaluation.intervals import paired_difference, wilson_interval
from taskarith.recipes.interpolation import ALPHAS
from taskarith.recipes.paint.protocol import CRITERIA
from taskarith.recipes.paint.recipe import PaintRecipe
from taskarith.recipes.paint.result import PaintResult
from taskarith.recipes.sample import Sample
from tests.recipes.fakes import FakeLab, N, looked_at_test_last

TASKS = ("attack", "counting")
RECIPE = PaintRecipe(
    tasks=TASKS,
    supported=("objects",),
    unseen_controls=("places",),
    neutral={"attack": "no-attack"},
    onlookers=("digits",),
)


def share(coefficients: Mapping[str, float], task: str) -> float:
    """How far the weights have gone towards a task: by its own vector, or one tuned on it."""
    return sum(
        value
        for name, value in coefficients.items()
        if name == task or (name.startswith("tuned(") and task in name.split(",")[0])
    )


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    moved = sum(coefficients.values())
    if task in ("objects", "places"):
        return 0.8 - 0.06 * moved**2
    if task in ("no-attack", "digits"):
        return 0.7 + 0.02 * share(coefficients, "attack")
    return 0.4 + 0.5 * min(1.0, share(coefficients, task)) - 0.02 * moved


@pytest.fixture
def fake() -> FakeLab:
    return FakeLab(accuracy)


@pytest.fixture
def result(fake: FakeLab) -> PaintResult:
    return RECIPE.run(fake.lab)


def rounded(coefficients: Mapping[str, float], task: str) -> float:
    return round(1000 * accuracy(coefficients, task)) / 1000


def surely(edit: Mapping[str, float], *groups: Sequence[str]) -> float:
    """The mean over groups of tasks of their mean accuracies, less how far its interval reaches."""
    mean, square = 0.0, 0.0
    for tasks in groups:
        for task in tasks:
            share, weight = rounded(edit, task), 1 / len(tasks) / len(groups)
            mean += weight * share
            square += (weight * (share - wilson_interval(round(N * share), N)[0])) ** 2
    return mean - square**0.5


def keeps(edit: Mapping[str, float]) -> bool:
    """Whether the control is surely within a point: the fake loses answers and gains none."""
    lost = round(N * (0.8 - rounded(edit, "objects")))
    return not any(edit.values()) or paired_difference(gained=0, lost=lost, n=N)[0] >= -0.01


def patches(result: PaintResult, way: str) -> dict[str, list]:
    return {
        criterion: [
            one.patched
            for one in result.patches
            if (one.patched.way, one.patched.criterion) == (way, criterion)
        ]
        for criterion in CRITERIA
    }


def test_alpha_is_that_of_brute_force_for_both_criteria(result: PaintResult) -> None:
    for task in TASKS:
        means = {a: surely({task: a}, [task], ["objects"]) for a in ALPHAS}
        kept = [a for a in ALPHAS if keeps({task: a})]
        best = {
            "best mean": max(ALPHAS, key=lambda a, means=means: (means[a], -a)),
            "within a point": max(kept, key=lambda a, task=task: (rounded({task: a}, task), -a)),
        }
        for criterion, found in patches(result, "one").items():
            (patched,) = [one for one in found if one.tasks == (task,)]
            assert patched.edit == {task: best[criterion]}
            assert patched.alphas == {task: best[criterion]}
    assert 0.2 == best["within a point"] < best["best mean"]


def test_validation_chooses_and_test_comes_last(fake: FakeLab, result: PaintResult) -> None:
    assert looked_at_test_last(fake)
    for patch in result.patches:
        for task in ("objects", "places", "no-attack", "digits", *TASKS):
            assert patch.accuracies[task].split == "test"
            assert patch.changes[task].difference == pytest.approx(
                patch.accuracies[task].value - result.pretrained[task].value
            )


def test_parallel_patching_refines_the_common_alpha(result: PaintResult) -> None:
    for criterion, (patched,) in patches(result, "parallel").items():

        def quality(a: float, b: float, criterion: str = criterion) -> float:
            edit = dict(zip(TASKS, (a, b), strict=True))
            if criterion == "best mean":
                return surely(edit, TASKS, ["objects"])
            return surely(edit, TASKS) if keeps(edit) else -1.0

        common = max(quality(a, a) for a in ALPHAS)
        assert quality(*patched.edit.values()) >= common
        assert set(patched.edit) == set(TASKS)


def test_joint_patching_fine_tunes_once_on_all_tasks(fake: FakeLab, result: PaintResult) -> None:
    assert ({}, TASKS, "train", None) in fake.tuned
    for patched in (one for found in patches(result, "joint").values() for one in found):
        (name,) = patched.edit
        assert name.startswith("tuned(attack+counting")
        assert patched.alphas == {"joint": patched.edit[name]}


def test_sequential_patching_starts_each_task_from_what_is_patched_so_far(
    fake: FakeLab, result: PaintResult
) -> None:
    for patched in (one for found in patches(result, "sequential").values() for one in found):
        (first, one), _ = patched.edit.items()
        assert ({first: one}, ("counting",), "train", None) in fake.tuned
        assert list(patched.alphas) == ["attack", "counting"]
        assert list(patched.alphas.values()) == list(patched.edit.values())
    within = patches(result, "sequential")["within a point"][0]
    assert keeps(within.edit)


def test_attacks_transfer_and_curves_are_reported(result: PaintResult) -> None:
    tables = {table.title: table for table in result.tables()}
    (attack,) = tables["The attack before any patch"].rows
    assert attack["under attack"] == result.pretrained["attack"]
    assert attack["without"] == result.pretrained["no-attack"]
    transfer = tables["Does patching one task help another?"].rows
    assert {row["other task"] for row in transfer if row["patched"] == "attack"} == {
        "counting", "no-attack", "digits",
    }  # fmt: skip
    curves = tables["Along α (validation)"]
    assert curves.long
    own = [row for row in curves.rows if (row["patched"], row["way"]) == ("attack", "one")]
    assert len(own) == 2 * len(ALPHAS)
    assert any("costs the pretrained model 30.0 points" in line for line in result.findings())


def test_one_task_or_no_ways_leaves_patching_together_out(fake: FakeLab) -> None:
    unjoined = PaintRecipe(tasks=TASKS, supported=("objects",), ways=()).run(fake.lab)
    assert {patch.patched.way for patch in unjoined.patches} == {"one"}
    assert fake.tuned == []
    single = PaintRecipe(tasks=("counting",), supported=("objects",)).run(fake.lab)
    assert {patch.patched.way for patch in single.patches} == {"one", "alone"}


def test_a_task_is_also_fine_tuned_and_patched_alone(fake: FakeLab, result: PaintResult) -> None:
    for task in TASKS:
        assert ({}, (task,), "train", None) in fake.tuned
    for patched in (one for found in patches(result, "alone").values() for one in found):
        (name,) = patched.edit
        assert name.startswith(f"tuned({patched.tasks[0]}")
        assert patched.alphas == {"alone": patched.edit[name]}


def test_findings_say_what_else_a_patch_did(result: PaintResult) -> None:
    (line, *_) = (one for one in result.findings() if one.startswith("attack (one"))
    patch = result.patches[0]
    change = 100 * patch.changes["no-attack"].difference
    assert f"; no-attack {change:+.1f}; at worst" in line
    assert f"α {patch.patched.alphas['attack']:.2f}" in line


def test_it_never_takes_more_evaluations_than_it_says(fake: FakeLab, result: PaintResult) -> None:
    assert len({str(question) for question in fake.asked}) + len(fake.tuned) <= (
        RECIPE.evaluations()
    )


def test_it_says_how_the_choice_was_made() -> None:
    for surely in (True, False):
        lab = FakeLab(accuracy, sample=Sample(n=64, surely=surely)).lab
        protocol = PaintRecipe(tasks=TASKS, supported=("objects",), ways=()).run(lab).protocol()
        assert ("the best by the lower end" in protocol) is surely
        assert ("1,000 where there are as many" in protocol) is surely
