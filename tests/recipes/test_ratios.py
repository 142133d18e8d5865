import math

import pytest

from taskarith.evaluation import Estimate
from taskarith.recipes.ratios import normalized_and_gain, ratio_of_means
from taskarith.recipes.result import shown


def measured(*correct: int, n: int) -> dict[str, Estimate]:
    return {
        f"task {index}": Estimate.share(correct=each, n=n, total=n, split="test")
        for index, each in enumerate(correct)
    }


def test_a_perfect_score_still_has_a_width() -> None:
    """64 of 64 over 64 of 64: resampling the images gave an interval of no width."""
    normalized, gain = normalized_and_gain(
        measured(64, n=64), pretrained=measured(32, n=64), finetuned=measured(64, n=64)
    )
    assert (normalized.value, gain.value) == (1.0, 1.0)
    assert normalized.low < 0.96
    assert normalized.high > 1.04
    assert gain.low < 0.95
    assert gain.high > 1.05


def test_a_gain_over_next_to_nothing_is_not_known() -> None:
    normalized, gain = normalized_and_gain(
        measured(63, n=100), pretrained=measured(60, n=100), finetuned=measured(65, n=100)
    )
    assert gain.value == pytest.approx(0.6)
    assert (gain.low, gain.high) == (-math.inf, math.inf)
    assert gain.to_json()["low"] is None
    assert shown(gain) == "0.600 [−∞, ∞]"
    assert 0.7 < normalized.low < normalized.value < normalized.high < 1.3


def test_few_right_answers_below_the_line_leave_the_ratio_open_upwards() -> None:
    """4 of 16 over 1 of 16: some resamplings had a zero below the line and gave no number."""
    low, high = ratio_of_means(measured(4, n=16), before=measured(1, n=16))
    assert 0 < low < 4 < high < math.inf
    low, high = ratio_of_means(measured(4, n=16), before=measured(0, n=16))
    assert low > 0
    assert high == math.inf


def test_more_tasks_and_more_images_say_more() -> None:
    def width(tasks: int, n: int) -> float:
        edited, before, tuned = (
            measured(*[round(n * share)] * tasks, n=n) for share in (0.8, 0.5, 0.9)
        )
        normalized, gain = normalized_and_gain(edited, pretrained=before, finetuned=tuned)
        assert normalized.low < 0.8 / 0.9 < normalized.high
        assert gain.low < 0.75 < gain.high
        return gain.high - gain.low

    assert width(8, 100) < width(1, 100) / 2
    assert width(1, 1_000) < width(1, 100) / 2
