"""ZeroGPU by a stand-in that, as it does, copies everything on the way in and on the way out."""

import pickle
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from taskarith.core import Edit
from taskarith.errors import MissingDependencyError
from taskarith.evaluation import Evaluator, Measurer, Part, Piece, Step, commit_steps
from taskarith.evaluation.zero_gpu import BorrowedGpu, Measure, borrowed
from taskarith.suites import Suite
from taskarith.ui.serving.launch import opener

EDIT = Edit("tiny", {"apples": -0.5, "birds": 0.75})
TASKS = ("apples", "birds", "gardens")


class Lender:
    """Stands in for `spaces.GPU`: counts the calls, and how many runs of answers each wants."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def __call__(self, function: Measure) -> Measure:
        def elsewhere(folder: str, wanted: list) -> list[np.ndarray]:
            self.calls.append(len(wanted))
            folder, wanted = pickle.loads(pickle.dumps((folder, wanted)))
            answers: list[np.ndarray] = pickle.loads(pickle.dumps(function(folder, wanted)))
            return answers

        return elsewhere


@pytest.fixture
def lender() -> Lender:
    return Lender()


@pytest.fixture
def evaluator(tiny_suite: Suite, lender: Lender) -> BorrowedGpu:
    return BorrowedGpu(tiny_suite, measure=borrowed(lender))


def plan(evaluator: Evaluator, edit: Edit) -> Iterator[Step]:
    return commit_steps(
        edit,
        focus="apples",
        tasks=TASKS,
        total=lambda task: evaluator.total(task, "validation"),
        references=[Edit("tiny")],
    )


def all_pieces(measurer: Measurer, steps: Iterator[Step]) -> list[Piece]:
    return [measurer.run(step) for step in steps]


def test_one_call_measures_a_whole_request(evaluator: BorrowedGpu, lender: Lender) -> None:
    own = Evaluator(evaluator.suite, device="cpu")
    expected = all_pieces(Measurer(own), plan(own, EDIT))
    measurer = Measurer(evaluator)
    found = all_pieces(measurer, evaluator.ahead(plan(evaluator, EDIT)))
    assert len(lender.calls) == 1
    assert len(found) == len(expected) > 10
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.edit == theirs.edit
        for task, reading in theirs.readings.items():
            assert (ours.readings[task].rows == reading.rows).all()
    all_pieces(measurer, evaluator.ahead(plan(evaluator, EDIT)))  # from the cache
    assert len(lender.calls) == 1


def test_requests_of_two_windows_take_turns_and_a_call_each(
    evaluator: BorrowedGpu, lender: Lender
) -> None:
    measurer = Measurer(evaluator)
    edits = [EDIT, Edit("tiny", {"apples": 0.2, "coins": 0.3})]
    steps = [evaluator.ahead(plan(evaluator, edit)) for edit in edits]
    for one, other in zip(*steps, strict=False):
        measurer.run(one)
        measurer.run(other)
    assert len(lender.calls) == 2


def test_what_nobody_announced_is_a_call_of_its_own(evaluator: BorrowedGpu, lender: Lender) -> None:
    own = Evaluator(evaluator.suite, device="cpu")
    parts = [Part("apples", 5, 40), Part("gardens", 0, 80)]
    for each in (own, evaluator):
        each.use(EDIT)
    answers = [each.predict_parts(parts, split="test") for each in (own, evaluator)]
    assert [a.tolist() for a in answers[0]] == [a.tolist() for a in answers[1]]
    assert lender.calls == [2]


def test_starting_asks_for_no_gpu_and_logits_come_from_here(
    evaluator: BorrowedGpu, lender: Lender
) -> None:
    own = Evaluator(evaluator.suite, device="cpu")
    evaluator.prepare(TASKS, split="validation")
    for each in (own, evaluator):
        each.use(EDIT)
    logits = [
        each.logits([Part("apples", 0, 16)], split="validation")[0] for each in (own, evaluator)
    ]
    assert (logits[0] == logits[1]).all()
    assert lender.calls == []


def test_its_results_are_kept_apart_from_a_cpus(evaluator: BorrowedGpu) -> None:
    own = Evaluator(evaluator.suite, device="cpu")
    assert evaluator.described == "ZeroGPU"
    keys = [each.key(EDIT, task="apples", split="test") for each in (own, evaluator)]
    assert keys[0].context != keys[1].context


def test_a_space_on_zero_gpu_opens_its_engines_so(
    tiny_suite: Suite, lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=lambda duration: lender))
    explorer = opener(None)(str(tiny_suite.folder))
    try:
        evaluator = explorer.make_evaluator()
        evaluator.use(EDIT)
        evaluator.predict("apples", "validation", start=0, stop=8)
    finally:
        explorer.close()
    assert isinstance(evaluator, BorrowedGpu)
    assert lender.calls == [1]


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spaces", None)
    with pytest.raises(MissingDependencyError, match="pip install spaces"):
        borrowed()
