"""A family of language models from outside the package goes through all of it.

Nothing in `taskarith` knows the toy; what is asserted here holds for whatever family comes next.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from taskarith.cli import main
from taskarith.core import Edit
from taskarith.evaluation import Evaluator, Measurer, PairedDifference, ResultCache, measure
from taskarith.export.accuracies import known_accuracies
from taskarith.export.exporting import export_edit
from taskarith.sources.tensors import read_tensors
from taskarith.suites import Suite, load_suite
from taskarith.tasks.metric import METRICS
from tests.toy import SIZES, TASKS

FORGET = Edit("toy", {"fruits": -1.0})


@pytest.fixture
def suite(toy_folder: Path) -> Suite:
    return load_suite(toy_folder)


def test_rows_are_those_of_the_model_by_itself(suite: Suite) -> None:
    """Answers and losses of an edit, beside a new model with the edit's weights."""
    evaluator = Evaluator(suite, device="cpu")
    measurer = Measurer(evaluator)
    readings = measurer.measure(FORGET, tasks=list(suite.tasks)).readings
    model = suite.model()
    edited = suite.vector("fruits").apply_to(suite.base_state(), -1.0)
    model.network.load_state_dict(edited)
    for task in TASKS:
        texts = suite.split(task, "validation")
        order = evaluator._examples.of(task, "validation").order.tolist()
        for row, place in zip(readings[task].rows, order, strict=True):
            ids = torch.tensor([[model.ids[word] for word in texts.shown(place)["text"].split()]])
            scores = model.network(ids)[0, -1][[model.ids[word] for word in TASKS[task]]]
            assert row == int(scores.argmax())
    losses = readings["places"].rows
    assert losses.shape == (SIZES["validation"], 2)
    assert readings["places"].estimate.value == pytest.approx(
        math.exp(losses[:, 0].sum() / losses[:, 1].sum())
    )


def test_fine_tuning_helps_its_task_and_leaves_the_control(suite: Suite) -> None:
    evaluator = Evaluator(suite, device="cpu")
    before = measure(evaluator, Edit("toy"), tasks=list(suite.tasks))
    for task in TASKS:
        after = measure(evaluator, Edit("toy", {task: 1.0}), tasks=[task, "places"])
        assert after[task].value > before[task].value + 0.2
        retained = after["places"].skill / before["places"].skill
        assert 0.9 < retained < 1.1


def test_rows_of_both_kinds_come_back_from_the_cache(suite: Suite, tmp_path: Path) -> None:
    evaluator = Evaluator(suite, device="cpu")
    first = Measurer(evaluator, cache=ResultCache(tmp_path)).measure(
        FORGET, tasks=list(suite.tasks)
    )
    again = Measurer(evaluator, cache=ResultCache(tmp_path)).measure(
        FORGET, tasks=list(suite.tasks)
    )
    assert again.cached
    for task, reading in first.readings.items():
        assert np.array_equal(again.readings[task].rows, reading.rows)
        assert again.readings[task].estimate == reading.estimate


def test_a_paired_difference_of_perplexities_is_what_is_retained(suite: Suite) -> None:
    measurer = Measurer(Evaluator(suite, device="cpu"))
    rows = [measurer.measure(e, tasks=["places"]).readings["places"] for e in (Edit("toy"), FORGET)]
    before, after = rows
    pair = PairedDifference.of(
        before=before.rows,
        after=after.rows,
        labels=np.zeros(len(before.rows)),
        metric=METRICS["perplexity"],
    )
    assert pair.difference == pytest.approx(after.estimate.skill / before.estimate.skill - 1)
    assert pair.low < pair.difference < pair.high
    assert pair.gained is None


def test_the_command_line_measures_it(toy_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["evaluate", "--suite", str(toy_folder), "--set=fruits=1", "--device=cpu", "--json"])
        == 0
    )
    estimates = json.loads(capsys.readouterr().out)["estimates"]
    assert estimates["places"]["metric"] == "perplexity"
    assert estimates["fruits"]["metric"] == "accuracy"
    assert estimates["fruits"]["value"] > 0.7


def test_an_edit_leaves_as_its_own_checkpoint(suite: Suite, tmp_path: Path) -> None:
    export_edit(suite, FORGET, tmp_path / "out", to="toy")
    tensors = read_tensors(tmp_path / "out" / "toy.safetensors")
    expected = suite.vector("fruits").apply_to(suite.base_state(), -1.0)
    for name, tensor in expected.items():
        torch.testing.assert_close(tensors[name], tensor, rtol=0, atol=1e-6)


def test_what_was_measured_of_a_perplexity_travels_with_an_export(
    suite: Suite, tmp_path: Path
) -> None:
    """Losses are no answers to be counted: the control's estimate is that of its metric."""
    evaluator, cache = Evaluator(suite, device="cpu"), ResultCache(tmp_path)
    expected = measure(evaluator, FORGET, tasks=["fruits", "places"], cache=cache)
    known = {row.task: row for row in known_accuracies(evaluator, FORGET, cache=cache)}
    assert known["places"].edited == expected["places"]
    assert known["fruits"].edited == expected["fruits"]
