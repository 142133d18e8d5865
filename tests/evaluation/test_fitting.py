from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from taskarith.core import Edit
from taskarith.evaluation.evaluator import Evaluator
from taskarith.evaluation.fitting import fit_settings, fit_surrogate, surrogate_error
from taskarith.evaluation.measure import measure
from taskarith.evaluation.plan import Part
from taskarith.evaluation.surrogate import quadratic_terms
from taskarith.suites import Suite

VECTORS = tuple("abcdefgh")


class QuadraticModel:
    """Stands in for an evaluator: its logits are exactly quadratic in the coefficients."""

    def __init__(self, count: int, *, classes: int = 5, images: int = 40) -> None:
        self.suite = SimpleNamespace(
            name="fake", targets=VECTORS[:count], control="control", fingerprint="f"
        )
        rng = np.random.default_rng(count)
        terms = quadratic_terms(np.zeros(count)).shape[1]
        self.weights = rng.normal(size=(images, classes, terms)) * 8
        self.answers = rng.integers(0, classes, images)
        self.edit = Edit("fake")
        self.step_images = 96

    def total(self, task: str, split: str) -> int:
        return len(self.answers)

    def labels(self, task: str, split: str) -> np.ndarray:
        return self.answers

    def use(self, edit: Edit) -> None:
        self.edit = edit

    def logits(self, parts: Sequence[Part], *, split: str) -> list[np.ndarray]:
        return [self.at(self.edit.coefficients).astype(np.float32) for _ in parts]

    def at(self, coefficients: object) -> np.ndarray:
        values = dict(coefficients)  # type: ignore[call-overload]
        setting = np.array([values.get(name, 0.0) for name in self.suite.targets])
        return self.weights @ quadratic_terms(setting)[0]


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_there_are_as_many_passes_as_terms(count: int) -> None:
    settings = fit_settings(count)
    assert settings.shape == (1 + 2 * count + count * (count - 1) // 2, count)
    assert len(np.unique(settings, axis=0)) == len(settings)
    assert np.linalg.cond(quadratic_terms(settings / 0.4)) < 200


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_a_quadratic_is_found_exactly(count: int) -> None:
    model = QuadraticModel(count)
    surrogate = fit_surrogate(cast(Evaluator, model), tasks=["control"], candidates=5)
    rng = np.random.default_rng(0)
    for _ in range(20):
        setting = dict(zip(VECTORS, rng.uniform(-0.6, 0.8, count).round(4).tolist(), strict=False))
        right = model.at(setting).argmax(1) == model.answers
        found = surrogate.accuracy(setting)["control"]
        # Half precision may turn an image that is all but undecided.
        assert abs(found - right.mean()) <= 1 / len(model.answers) + 1e-6
    assert surrogate.margins["control"].shape == (40, 4, len(fit_settings(count)))


def test_half_precision_keeps_the_margins(tiny_suite: Suite) -> None:
    model = QuadraticModel(8)
    surrogate = fit_surrogate(cast(Evaluator, model), tasks=["control"], candidates=5)
    setting = dict.fromkeys(VECTORS, 0.3)
    logits = model.at(setting)
    rows = np.arange(len(logits))
    true = logits[rows, model.answers].copy()
    logits[rows, model.answers] = -np.inf
    terms = quadratic_terms(np.full(8, 0.3))[0]
    found = (surrogate.margins["control"].double().numpy() @ terms).max(1)
    assert found == pytest.approx(logits.max(1) - true, abs=0.1)


def test_few_candidates_keep_the_classes_that_win() -> None:
    model = QuadraticModel(2, classes=30)
    surrogate = fit_surrogate(cast(Evaluator, model), tasks=["control"], candidates=8)
    assert surrogate.margins["control"].shape == (40, 7, 6)
    for setting in fit_settings(2):
        coefficients = dict(zip(VECTORS, setting.tolist(), strict=False))
        right = model.at(coefficients).argmax(1) == model.answers
        found = surrogate.accuracy(coefficients)["control"]
        assert found == pytest.approx(right.mean(), abs=1e-6)


def test_where_it_was_fitted_it_is_right(tiny_suite: Suite) -> None:
    evaluator = Evaluator(tiny_suite, device="cpu")
    seen: list[tuple[int, int]] = []
    surrogate = fit_surrogate(
        evaluator, images=60, progress=lambda done, total: seen.append((done, total))
    )
    assert seen == [(done, 15) for done in range(1, 16)]
    for edit in (Edit("tiny"), Edit("tiny", {"apples": -0.4}), Edit("tiny", {"coins": 0.4})):
        tasks = list(surrogate.margins)
        estimates = measure(evaluator, edit, tasks=tasks, n=60)
        found = surrogate.accuracy(edit.coefficients)
        for task in tasks:
            assert found[task] == pytest.approx(estimates[task].value, abs=1.01 / 60)


def test_its_error_is_measured_and_beats_doing_nothing(tiny_suite: Suite) -> None:
    evaluator = Evaluator(tiny_suite, device="cpu")
    surrogate = fit_surrogate(evaluator, images=60)
    error = surrogate_error(surrogate, evaluator, settings=8, sliders=3)
    assert 0 < error.mean < error.nothing
    assert error.mean <= error.p95
    assert error == surrogate_error(surrogate, evaluator, settings=8, sliders=3)
    assert error != surrogate_error(surrogate, evaluator, settings=8, sliders=3, seed=1)
    assert error.to_json()["settings"] == 8


def test_the_error_of_a_perfect_surrogate_is_zero(tiny_suite: Suite) -> None:
    """With nothing moved the surrogate is exact, and the error says so."""
    evaluator = Evaluator(tiny_suite, device="cpu")
    surrogate = fit_surrogate(evaluator, images=30)
    error = surrogate_error(surrogate, evaluator, settings=3, low=0.0, high=0.0)
    assert (error.mean, error.p95, error.nothing) == (0.0, 0.0, 0.0)
