import numpy as np
import pytest

from taskarith.core import Edit
from taskarith.errors import UnknownNameError
from taskarith.evaluation.evaluator import Evaluator
from taskarith.evaluation.measure import Measurer, measure, sweep
from taskarith.evaluation.plan import Part, Step, commit_steps, point_steps
from taskarith.evaluation.results import ResultCache
from taskarith.suites import Suite
from tests.evaluation.fakes import TOTAL, FakePredictor, edit

TASKS = ["apples", "birds", "gardens"]


@pytest.fixture
def evaluator(tiny_suite: Suite) -> Evaluator:
    return Evaluator(tiny_suite, device="cpu")


def test_accuracy_is_the_share_of_right_answers(evaluator: Evaluator) -> None:
    edit = Edit("tiny", {"apples": -0.5})
    estimates = measure(evaluator, edit, tasks=TASKS)
    assert list(estimates) == TASKS
    evaluator.use(edit)
    for task, estimate in estimates.items():
        answers = evaluator.predict(task, "validation", start=0, stop=80)
        right = answers == evaluator.labels(task, "validation")
        assert estimate.value == pytest.approx(right.mean())
        assert (estimate.n, estimate.provisional) == (80, False)


def test_editing_does_what_task_arithmetic_says(evaluator: Evaluator) -> None:
    rows = sweep(evaluator, Edit("tiny"), vary="apples", coefficients=(-1, 0, 1), tasks=["apples"])
    negated, pretrained, finetuned = (row.estimate.value for row in rows)
    assert negated < pretrained < finetuned


def test_a_sweep_is_its_measurements(evaluator: Evaluator) -> None:
    start = Edit("tiny", {"birds": 0.4, "apples": 0.9})
    rows = sweep(
        evaluator, start, vary="apples", coefficients=[0.0, -0.5], tasks=TASKS, split="test", n=30
    )
    assert [(row.coefficient, row.task) for row in rows] == [
        (value, task) for value in (0.0, -0.5) for task in TASKS
    ]
    for row in rows:
        alone = measure(
            evaluator,
            Edit("tiny", {"birds": 0.4, "apples": row.coefficient}),
            tasks=[row.task],
            split="test",
            n=30,
        )
        assert alone[row.task] == row.estimate


def test_step_by_step_comes_to_the_same(evaluator: Evaluator) -> None:
    """What the page shows in the end is what the command line prints."""
    edit = Edit("tiny", {"coins": 0.6})
    measurer = Measurer(evaluator)
    steps = commit_steps(
        edit,
        focus="coins",
        tasks=TASKS,
        total=lambda task: evaluator.total(task, "validation"),
    )
    last = {
        task: reading.estimate
        for piece in map(measurer.run, steps)
        if piece.kind == "point"
        for task, reading in piece.readings.items()
    }
    assert last == measure(evaluator, edit, tasks=TASKS)


def test_n_beyond_the_split_is_the_whole_split(evaluator: Evaluator) -> None:
    estimate = measure(evaluator, Edit("tiny"), tasks=["apples"], n=10_000)["apples"]
    assert (estimate.n, estimate.provisional) == (80, False)


def test_unknown_names_are_refused(evaluator: Evaluator) -> None:
    with pytest.raises(UnknownNameError, match="'pears'"):
        measure(evaluator, Edit("tiny", {"pears": 1}), tasks=["apples"])
    with pytest.raises(UnknownNameError, match="'pears'"):
        measure(evaluator, Edit("tiny"), tasks=["pears"])


def test_only_what_is_missing_is_computed() -> None:
    predictor = FakePredictor()
    measurer = Measurer(predictor)
    measurer.run(Step(edit("a"), (Part("x", 0, 16),)))
    step = Step(edit("a"), (Part("x", 16, 40), Part("y", 0, 40)))
    piece = measurer.run(step)
    assert predictor.computed[-1] == (edit("a"), (Part("x", 16, 40), Part("y", 0, 40)))
    assert not piece.cached
    assert {task: reading.estimate.n for task, reading in piece.readings.items()} == {
        "x": 40,
        "y": 40,
    }
    assert measurer.run(step).cached
    assert len(predictor.computed) == 2


def test_a_gap_before_a_step_is_filled() -> None:
    predictor = FakePredictor()
    piece = Measurer(predictor).run(Step(edit("a"), (Part("x", 16, 32),)))
    assert predictor.computed == [(edit("a"), (Part("x", 0, 32),))]
    assert piece.readings["x"].estimate.n == 32


def test_a_longer_known_run_still_gives_the_same_piece() -> None:
    predictor = FakePredictor()
    measurer = Measurer(predictor)
    steps = list(point_steps(edit("a"), tasks=["x"], total=lambda _: TOTAL, step_images=20))
    before = [measurer.run(step).readings["x"].estimate for step in steps]
    assert [measurer.run(step).readings["x"].estimate for step in steps] == before
    assert [estimate.n for estimate in before] == [20, 40, 60, 80, 100]


def test_a_part_is_never_kept_as_the_whole() -> None:
    cache = ResultCache(on_disk=False)
    predictor = FakePredictor()
    assert measure(predictor, edit("a"), tasks=["x"], n=10, cache=cache)["x"].provisional
    whole = measure(predictor, edit("a"), tasks=["x"], cache=cache)["x"]
    assert (whole.n, whole.provisional) == (TOTAL, False)


def test_answers_are_given_with_the_accuracy_and_cannot_be_changed() -> None:
    reading = Measurer(FakePredictor()).run(Step(edit("a"), (Part("x", 0, 8),))).readings["x"]
    assert reading.rows.tolist() == [0] * 8
    assert reading.estimate.value == 0.5
    with pytest.raises(ValueError, match="read-only"):
        reading.rows[0] = 1


def test_a_piece_says_where_on_the_curve_it_is() -> None:
    measurer = Measurer(FakePredictor())
    parts = (Part("x", 0, 8),)
    node = measurer.run(Step(Edit("fake", {"v": -0.5}), parts, kind="slice", focus="v"))
    assert (node.kind, node.focus, node.coefficient) == ("slice", "v", -0.5)
    assert measurer.run(Step(Edit("fake"), parts, kind="slice", focus="v")).coefficient == 0
    assert measurer.run(Step(Edit("fake"), parts)).coefficient is None


def test_results_are_shared_by_way_of_the_disk() -> None:
    first = FakePredictor()
    cache = ResultCache()
    measure(first, edit("a"), tasks=["x"], n=40, cache=cache)
    cache.close()
    second = FakePredictor()
    measure(second, edit("a"), tasks=["x"], n=60, cache=ResultCache())
    assert second.computed == [(edit("a"), (Part("x", 40, 60),))]


def test_only_chosen_edits_count_as_looks() -> None:
    cache = ResultCache(on_disk=False)
    predictor = FakePredictor()
    for chosen in (edit("a"), edit("b"), edit("a"), Edit("fake")):
        measure(predictor, chosen, tasks=["x"], split="test", cache=cache)
    measure(predictor, edit("c"), tasks=["x"], split="test", kind="reference", cache=cache)
    measure(predictor, edit("d"), tasks=["x"], split="validation", cache=cache)
    assert cache.looks("fake").here == 2


def test_a_repeated_task_is_measured_once() -> None:
    predictor = FakePredictor()
    assert list(measure(predictor, edit("a"), tasks=["x", "x"], n=5)) == ["x"]
    assert sum(len(parts) for _, parts in predictor.computed) == 1


def test_answers_that_turned_can_be_paired(evaluator: Evaluator) -> None:
    measurer = Measurer(evaluator)
    runs = [
        measurer.measure(each, tasks=["apples"]).readings["apples"].rows
        for each in (Edit("tiny"), Edit("tiny", {"apples": -1}))
    ]
    assert len(runs[0]) == len(runs[1]) == 80
    assert np.any(runs[0] != runs[1])
