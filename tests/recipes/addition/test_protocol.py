from collections.abc import Mapping, Sequence

import pytest

from taskarith.evaluation import Estimate
from taskarith.recipes.addition.protocol import ADDITION_GRID, add, choose_common

N = 10_000
FINETUNED = {task: Estimate.share(correct=9_000, n=N, total=N, split="test") for task in ("a", "b")}
PRETRAINED = {
    "a": Estimate.share(correct=5_000, n=N, total=N, split="test"),
    "b": Estimate.share(correct=7_000, n=N, total=N, split="test"),
}


def _score(
    coefficients: Mapping[str, float], tasks: Sequence[str], *, split: str
) -> dict[str, Estimate]:
    """`a` is best at λ = 0.4, `b` at λ = 0.6."""
    best = {"a": 0.4, "b": 0.6}
    return {
        task: Estimate.share(
            correct=round(N * (0.9 - (coefficients.get(task, 0) - best[task]) ** 2)),
            n=N,
            total=N,
            split=split,
        )
        for task in tasks
    }


def test_the_common_coefficient_has_the_best_mean_normalized_accuracy() -> None:
    assert choose_common(_score, tasks=["a", "b"], finetuned=FINETUNED) == 0.5
    assert choose_common(_score, tasks=["a"], finetuned=FINETUNED) == 0.4


def test_ties_go_to_the_smaller_coefficient() -> None:
    def flat(
        coefficients: Mapping[str, float], tasks: Sequence[str], *, split: str
    ) -> dict[str, Estimate]:
        return {task: Estimate.share(correct=1, n=2, total=2, split=split) for task in tasks}

    assert choose_common(flat, tasks=["a"], finetuned=FINETUNED) == ADDITION_GRID[0] == 0


def test_of_equal_means_the_surer_one_is_chosen() -> None:
    """0.9 and 0.1 have a narrower interval together than 0.5 and 0.5."""

    def spread(
        coefficients: Mapping[str, float], tasks: Sequence[str], *, split: str
    ) -> dict[str, Estimate]:
        correct = (45, 5) if coefficients["a"] == 0.7 else (25, 25)
        return {
            task: Estimate.share(correct=right, n=50, total=50, split=split)
            for task, right in zip(tasks, correct, strict=True)
        }

    assert choose_common(spread, tasks=["a", "b"], finetuned=FINETUNED) == 0.7


def test_normalized_accuracy_and_gain_are_means_over_the_added_tasks_alone() -> None:
    result = add(
        _score,
        tasks=["a"],
        coefficient=0.4,
        pretrained=PRETRAINED,
        finetuned=FINETUNED,
        also=["b"],
    )
    assert result.normalized == pytest.approx(1.0)
    assert result.gain == pytest.approx(1.0)
    assert set(result.accuracies) == {"a", "b"}


def test_the_gain_is_taken_of_means_so_one_small_gain_cannot_blow_it_up() -> None:
    result = add(
        _score, tasks=["a", "b"], coefficient=0.5, pretrained=PRETRAINED, finetuned=FINETUNED
    )
    assert result.gain == pytest.approx((0.89 - 0.6) / (0.9 - 0.6))
