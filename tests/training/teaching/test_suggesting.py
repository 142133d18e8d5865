"""The λ that a taught vector begins with: chosen where the control surely keeps its floor."""

import numpy as np
import pytest

from taskarith.evaluation import Estimate
from taskarith.evaluation.estimate import retained
from taskarith.training.teaching.suggesting import COEFFICIENTS, Measured, suggested


def share(correct: int, n: int) -> Estimate:
    return Estimate.share(correct=correct, n=n, total=n, split="validation")


def measured(right: int, *, lost: int, n: int, loss: float = 1.0) -> Measured:
    """`lost` of the control's `n` answers, which were all right before, are wrong now."""
    labels = np.zeros(n, dtype=np.int32)
    after = np.arange(n) < lost
    kept, _ = retained(before=labels, after=after, labels=labels)
    return Measured(share(right, 100), share(n - lost, n), loss, kept)


def test_the_floor_is_held_by_the_lower_end() -> None:
    """96 % of the control are left at every λ: with 100 examples that may be less than 95 %."""
    for n, chosen in ((100, 0.25), (10_000, 1.0)):
        lost = n // 25
        found = {c: measured(round(50 * c), lost=lost, n=n) for c in COEFFICIENTS}
        value, why = suggested(found)
        assert value == chosen
        assert ("none surely leaves 95%" in why) == (n == 100)


def test_of_equal_accuracy_the_lowest_loss_decides() -> None:
    found = {c: measured(90, lost=0, n=200, loss=abs(c - 0.5)) for c in COEFFICIENTS}
    value, why = suggested(found)
    assert value == 0.5
    assert "the lower end of the 95 % interval" in why


@pytest.mark.parametrize("n", [20, 200])
def test_a_control_that_answers_as_before_is_not_taken_to_be_whole(n: int) -> None:
    """Of 20 examples none is lost: that does not show that 95 % are kept."""
    value, _ = suggested({c: measured(round(90 * c), lost=0, n=n) for c in COEFFICIENTS})
    assert value == (0.25 if n == 20 else 1.0)
