from collections.abc import Mapping, Sequence

import pytest

from taskarith.evaluation import Estimate
from taskarith.recipes.negation import NEGATION_GRID, choose_negation, negate

N = 1_000


class FakeSuite:
    """Target accuracy falls with −λ, the control falls later; every look is noted."""

    def __init__(self) -> None:
        self.looks: list[tuple[str, str, float]] = []

    def __call__(
        self, coefficients: Mapping[str, float], tasks: Sequence[str], *, split: str
    ) -> dict[str, Estimate]:
        value = coefficients.get("digits", 0.0)
        accuracy = {"digits": 0.6 + 0.5 * value, "objects": min(0.8, 1.1 + 0.6 * value)}
        self.looks += [(task, split, value) for task in tasks]
        return {task: Estimate(round(N * accuracy[task]), N, N, split) for task in tasks}


def test_the_choice_is_that_of_brute_force() -> None:
    score = FakeSuite()
    floor = 0.95 * score({}, ["objects"], split="validation")["objects"].accuracy
    holds = [
        value
        for value in NEGATION_GRID
        if score({"digits": value}, ["objects"], split="validation")["objects"].accuracy >= floor
    ]
    best = min(
        holds,
        key=lambda value: (
            score({"digits": value}, ["digits"], split="validation")["digits"].correct
        ),
    )
    assert choose_negation(score, vector="digits", target="digits", control="objects") == best
    assert best == pytest.approx(-0.55)


def test_nothing_holds_but_the_pretrained_model() -> None:
    def score(
        coefficients: Mapping[str, float], tasks: Sequence[str], *, split: str
    ) -> dict[str, Estimate]:
        right = 0 if coefficients.get("digits") else N
        return {task: Estimate(right, N, N, split) for task in tasks}

    assert choose_negation(score, vector="digits", target="digits", control="objects") == 0.0


def test_the_test_split_is_looked_at_once_and_after_the_choice() -> None:
    score = FakeSuite()
    result = negate(score, vector="digits", task="digits", control="objects")
    on_test = [look for look in score.looks if look[1] == "test"]
    assert on_test == [("digits", "test", -0.55), ("objects", "test", -0.55)]
    assert score.looks[-2:] == on_test
    assert result.coefficient == -0.55
    assert result.selected_on == len(NEGATION_GRID) == 21
