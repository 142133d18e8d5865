import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import torch

from taskarith.core import Edit
from taskarith.evaluation.evaluator import Evaluator
from taskarith.evaluation.fitting import fit_surrogate
from taskarith.evaluation.measure import Measurer, Piece
from taskarith.evaluation.plan import Part, Step
from taskarith.evaluation.preview import ENOUGH, KEPT, OFF, Preview, kept_scores
from taskarith.evaluation.preview_score import PreviewScore
from taskarith.evaluation.surrogate import Surrogate
from taskarith.suites import Suite

EVERYTHING = 10_000  # steps, more than any fit here takes


@pytest.fixture
def evaluator(tiny_suite: Suite) -> Evaluator:
    return Evaluator(tiny_suite, device="cpu")


def equal(one: Surrogate | None, other: Surrogate) -> bool:
    assert one is not None
    assert one.vectors == other.vectors
    return one.margins.keys() == other.margins.keys() and all(
        torch.equal(margins, other.margins[task]) for task, margins in one.margins.items()
    )


def at_once() -> float:
    """A clock by which nothing takes time: steps are then of the same size everywhere."""
    return 0.0


def large_suite(vectors: int, *, classes: int = 10) -> Suite:
    """Stands in for a suite without files; only its sizes are looked at."""
    names = [f"task{number}" for number in range(vectors)]
    task = SimpleNamespace(classnames=("x",) * classes)
    return cast(
        Suite,
        SimpleNamespace(
            name="large",
            fingerprint="f",
            targets=tuple(names),
            control="control",
            onlookers=(),
            tasks=dict.fromkeys([*names, "control"], task),
            manifest=SimpleNamespace(surrogate=None),
        ),
    )


class Sized:
    """Stands in for an evaluator of which only the speed matters."""

    step_images = 96

    def total(self, task: str, split: str) -> int:
        return 1000

    def has_logits(self, task: str) -> bool:
        return True

    def logits(self, parts: object, *, split: str) -> list[np.ndarray]:
        return []


def test_it_is_fitted_as_by_hand_while_others_are_served(
    tiny_suite: Suite, evaluator: Evaluator
) -> None:
    preview = Preview(tiny_suite, clock=at_once)
    assert (preview.surrogate, preview.used) == (None, False)
    other, heard = Edit("tiny", {"apples": 1.0}), set()
    for _ in preview.fit(evaluator):
        evaluator.use(other)  # as for a commit that comes in between
        heard.add(preview.says())
    assert equal(preview.surrogate, fit_surrogate(evaluator))
    assert preview.used
    assert "preview being fitted, 66 % done: measured nodes only" in heard
    assert preview.says() == ""


def test_it_is_kept_for_the_next_time(tiny_suite: Suite, evaluator: Evaluator) -> None:
    first = Preview(tiny_suite)
    assert len(list(first.fit(evaluator))) > 15
    again = Preview(tiny_suite)
    assert list(again.fit(evaluator)) == []
    assert first.surrogate is not None
    assert equal(again.surrogate, first.surrogate)


def test_a_damaged_one_is_fitted_anew(
    tiny_suite: Suite, evaluator: Evaluator, tmp_path: Path
) -> None:
    (tmp_path / f"{tiny_suite.fingerprint}.safetensors").write_bytes(b"nonsense")
    preview = Preview(tiny_suite, folder=tmp_path, clock=at_once)
    list(preview.fit(evaluator))
    assert equal(preview.surrogate, fit_surrogate(evaluator))


def test_those_kept_are_bounded(tiny_suite: Suite, evaluator: Evaluator, tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        path = tmp_path / f"old{number}.safetensors"
        path.touch()
        os.utime(path, (number, number))
    list(Preview(tiny_suite, folder=tmp_path).fit(evaluator))
    kept = {path.name for path in tmp_path.iterdir()}
    assert len(kept) == KEPT
    assert f"{tiny_suite.fingerprint}.safetensors" in kept
    assert not {f"old{number}.safetensors" for number in range(4)} & kept


def test_too_many_vectors_are_not_tried() -> None:
    preview = Preview(large_suite(14))
    assert preview.says() == "no preview: 14 vectors, more than 12"
    assert list(preview.fit(cast(Evaluator, Sized()))) == []


@pytest.mark.parametrize(
    ("vectors", "classes", "seconds", "says"),
    [
        (8, 10, 20.0, "no preview: fitting it would take 135 minutes here, more than 20"),
        (12, 9000, 0.0, "no preview: 117000 classes in all are too many for one"),
    ],
)
def test_what_would_cost_too_much_is_not_fitted(
    vectors: int, classes: int, seconds: float, says: str
) -> None:
    ticks = count()
    preview = Preview(large_suite(vectors, classes=classes), clock=lambda: seconds * next(ticks))
    assert len(list(preview.fit(cast(Evaluator, Sized())))) == 1  # the step that was timed
    assert preview.says() == says
    assert not preview.used


@pytest.mark.parametrize(("vectors", "seconds", "images"), [(8, 0, 128), (12, 0, 32), (8, 1, 32)])
def test_large_and_slow_suites_get_fewer_images(vectors: int, seconds: int, images: int) -> None:
    asked: list[int] = []

    class Answering(Sized):
        suite = large_suite(vectors)

        def use(self, edit: Edit) -> None:
            pass

        def logits(self, parts: object, *, split: str) -> list[np.ndarray]:
            parts = cast("list[Part]", parts)
            asked.extend(part.stop for part in parts)
            return [np.zeros((part.stop - part.start, 2), dtype=np.float32) for part in parts]

        def labels(self, task: str, split: str) -> np.ndarray:
            return np.zeros(1000, dtype=np.int32)

    ticks = count()
    preview = Preview(Answering.suite, clock=lambda: seconds * next(ticks))
    for _ in zip(range(40), preview.fit(cast(Evaluator, Answering())), strict=False):
        pass
    assert max(asked) == images


def test_a_fit_that_fails_says_so(tiny_suite: Suite) -> None:
    class Broken(Sized):
        def logits(self, parts: object, *, split: str) -> list[np.ndarray]:
            raise RuntimeError("out of memory")

    preview = Preview(tiny_suite)
    with pytest.raises(RuntimeError, match="out of memory"):
        list(preview.fit(cast(Evaluator, Broken())))
    assert preview.says() == "no preview: fitting it failed"


@pytest.fixture
def fitted(tiny_suite: Suite, evaluator: Evaluator) -> Preview:
    preview = Preview(tiny_suite)
    list(preview.fit(evaluator))
    return preview


def measured(evaluator: Evaluator, **coefficients: float) -> Callable[[int], Piece]:
    measurer = Measurer(evaluator)

    def run(n: int) -> Piece:
        tasks = evaluator.suite.targets
        parts = tuple(Part(task, 0, n) for task in tasks)
        return measurer.run(Step(Edit("tiny", coefficients), parts))

    return run


def test_it_is_compared_with_what_is_measured_on_the_same_images(
    fitted: Preview, evaluator: Evaluator
) -> None:
    assert fitted.surrogate is not None
    at = {"apples": 0.7, "dice": -1.3}
    run = measured(evaluator, **at)
    fitted.compare(run(16))  # too few images
    assert fitted.says() == ""
    piece = run(80)
    fitted.compare(piece)
    fitted.compare(run(80))  # known already: not counted again
    near = fitted.surrogate.accuracy({"apples": 0.7, "dice": -1.0})  # as the page shows it
    errors = [
        100 * abs(near[task] - reading.estimate.value) for task, reading in piece.readings.items()
    ]
    mean = f"{np.mean(errors):.1f}"
    assert fitted.says() == f"preview off by {mean} points on average " + (
        f"(95 %: {max(errors):.1f}; 4 compared)"
    )


def test_edits_it_does_not_know_are_no_comparisons(fitted: Preview, evaluator: Evaluator) -> None:
    fitted.compare(measured(evaluator)(80))  # nothing moved: it is fitted there
    fitted.compare(measured(evaluator, eggs=1.0)(80))
    assert fitted.says() == ""


def test_the_score_is_kept_of_the_same_surrogate_only(
    fitted: Preview, evaluator: Evaluator, tiny_suite: Suite, own_cache: Path
) -> None:
    fitted.compare(measured(evaluator, apples=0.9)(80))
    fitted.save()
    assert kept_scores()["tiny"].count == 4
    again = Preview(tiny_suite)
    list(again.fit(evaluator))
    assert again.says() == fitted.says() != ""
    [path] = (own_cache / "previews").glob("*.json")
    path.write_text(path.read_text().replace('"of": "', '"of": "other'))
    anew = Preview(tiny_suite)
    list(anew.fit(evaluator))
    assert anew.says() == ""


def test_one_that_is_too_far_off_is_not_used(
    fitted: Preview, evaluator: Evaluator, tiny_suite: Suite, own_cache: Path
) -> None:
    assert fitted.surrogate is not None
    score = PreviewScore(suite="tiny", of=fitted.surrogate.digest())
    for _ in range(ENOUGH):
        score.add(OFF + 1.2)
    score.save(own_cache / "previews" / f"{tiny_suite.fingerprint}.json")
    preview = Preview(tiny_suite)
    list(preview.fit(evaluator))
    assert preview.to_json() == {
        "ready": True,
        "used": False,
        "says": "preview off by 6.2 points on average here, more than 5: measured nodes only",
    }
