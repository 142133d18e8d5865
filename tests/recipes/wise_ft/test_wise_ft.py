import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from taskarith.evaluation import Estimate
from taskarith.recipes.interpolation import ALPHAS
from taskarith.recipes.interval import Interval
from taskarith.recipes.shifted import Robustness, ask_shifted
from taskarith.recipes.wise_ft.protocol import robustness_line
from taskarith.recipes.wise_ft.recipe import WiseFtRecipe
from taskarith.recipes.wise_ft.result import WiseFtResult
from tests.recipes.fakes import FakeLab, N, looked_at_test_last

SHIFTS = ("blur", "noise")
RECIPE = WiseFtRecipe(
    vectors={"digits": "plain-digits"},
    shifts=SHIFTS,
    control="objects",
    standard={"digits": ("letters", "signs")},
)


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    """The reference is best at α = 0.9, blur at 0.5, noise at 0.7; other models are worse."""
    own, _, shift = task.partition("@")
    if own == "objects":
        return 0.9
    if "letters" in coefficients or "signs" in coefficients:
        return 0.5 if shift else 0.6
    best = {"": 0.9, "blur": 0.5, "noise": 0.7}[shift]
    return (0.7 if shift else 0.9) - 0.3 * (coefficients.get("plain-digits", 0.0) - best) ** 2


@pytest.fixture
def fake() -> FakeLab:
    return FakeLab(accuracy)


@pytest.fixture
def result(fake: FakeLab) -> WiseFtResult:
    return RECIPE.run(fake.lab)


def test_alpha_is_chosen_on_validation_before_test_is_opened(
    fake: FakeLab, result: WiseFtResult
) -> None:
    assert looked_at_test_last(fake)
    (one,) = result.tasks
    by_name = {choice.chosen_by: choice.alpha for choice in one.choices}
    assert by_name == {"best reference": 0.9, "best shifted mean": 0.6, "half-way": 0.5}
    assert list(one.test) == list(one.validation) == list(ALPHAS)
    surely = max(ALPHAS, key=lambda alpha: one.validation[alpha].shifted.low)
    assert by_name["best shifted mean"] == surely
    said = replace(result, sample=replace(result.sample, surely=True)).protocol()
    assert "the best shifted mean, each by the lower end of its 95 % interval" in said
    assert "best shifted mean; half-way" in result.protocol()  # of results that are older


def test_what_is_said_of_a_choice_is_measured_on_test(result: WiseFtResult) -> None:
    (one,) = result.tasks
    for choice in one.choices:
        assert choice.robustness == one.test[choice.alpha]
        reference, shifted = choice.over_finetuned
        ends = one.test[choice.alpha], one.test[1.0]
        references = [end.reference.value for end in ends]
        assert reference.difference == pytest.approx(references[0] - references[1])
        assert shifted.value == pytest.approx(ends[0].shifted.value - ends[1].shifted.value)
        assert choice.effective == pytest.approx(
            choice.robustness.shifted.value - one.line.expected(references[0])
        )
    interior = {c.chosen_by: c for c in one.choices}["best shifted mean"]
    assert interior.over_finetuned[1].low > 0
    assert interior.over_pretrained[1].low > 0


def test_the_shifted_mean_is_over_images_with_an_interval_over_images(fake: FakeLab) -> None:
    asked = ask_shifted(
        fake.lab.answer, {"plain-digits": 0.5}, task="digits", shifts=SHIFTS, split="test"
    )
    blur, noise = (asked.by_shift[shift] for shift in SHIFTS)
    share = (blur.right.astype(float) + noise.right) / 2
    found = asked.robustness.shifted
    assert found.value == pytest.approx(share.mean())
    padded = np.concatenate([share, [0, 0, 1, 1]])
    half = 1.9623 * padded.std(ddof=1) / math.sqrt(N + 4)
    assert found.low == pytest.approx(padded.mean() - half, abs=1e-5)
    assert found.high == pytest.approx(padded.mean() + half, abs=1e-5)
    assert found.over == "1000 images"


def robust(reference: float, shifted: float, n: int = 1000) -> Robustness:
    mean = Interval(shifted, shifted, shifted, f"{n} images")
    return Robustness(
        Estimate.share(correct=round(reference * n), n=n, total=n, split="test"), mean, {}
    )


def test_the_line_is_the_least_squares_fit_on_logit_axes() -> None:
    models = [robust(0.5, 0.4), robust(0.7, 0.5), robust(0.9, 0.8), robust(0.6, 0.45)]
    line = robustness_line(models)
    x, y = (
        np.log(np.array(shares) / (1 - np.array(shares)))
        for shares in ([0.5, 0.7, 0.9, 0.6], [0.4, 0.5, 0.8, 0.45])
    )
    slope, intercept = np.polyfit(x, y, 1)
    assert line is not None
    assert (line.slope, line.intercept) == pytest.approx((slope, intercept))
    assert line.models == 4
    expected = 1 / (1 + math.exp(-(intercept + slope * math.log(3))))
    assert line.expected(0.75) == pytest.approx(expected)


def test_perfect_models_stay_on_the_axes_and_one_reference_has_no_line() -> None:
    line = robustness_line([robust(1.0, 1.0), robust(0.0, 0.0)])
    assert line is not None
    assert math.isfinite(line.slope)
    assert robustness_line([robust(0.5, 0.4), robust(0.5, 0.6)]) is None


def test_models_of_the_line_are_those_that_nobody_interpolated(result: WiseFtResult) -> None:
    (one,) = result.tasks
    assert list(one.standard) == ["", "plain-digits", "letters", "signs"]
    assert one.line is not None
    assert one.line.models == 4
    assert one.standard["plain-digits"] == one.test[1.0]


def test_it_never_takes_more_evaluations_than_it_says(fake: FakeLab, result: WiseFtResult) -> None:
    assert len({str(question) for question in fake.asked}) <= RECIPE.evaluations()
