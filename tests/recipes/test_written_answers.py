"""Answers that are written, in three numbers, on the shipped text-to-text suite."""

import pytest

from taskarith.evaluation import Evaluator
from taskarith.recipes.sample import Sample
from taskarith.recipes.written_answers import OWN, written_answers
from taskarith.suites import Suite, load_suite

EDITS = {"pretrained": {}, "negated": {OWN: -1.0}}


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    return Evaluator(load_suite("mini-t5"), device="cpu")


def test_negated_answers_leave_the_labels_and_rank_tells_them_from_ignorance(
    evaluator: Evaluator,
) -> None:
    text = written_answers(evaluator, Sample("texts", n=24, rehearsal=True), edits=EDITS)
    before, after = (
        [float(cell.split()[0]) for cell in line.split(" | ")[2:5]]
        for line in text.splitlines()[-2:]
    )
    assert sum(before[:2]) <= 100
    assert after[1] > before[1]  # outside the labels
    assert after[2] > after[0]  # the likeliest label is right more often than what is written


def test_a_suite_without_written_answers_has_no_such_section(tiny_suite: Suite) -> None:
    tiny = Evaluator(tiny_suite, device="cpu")
    assert written_answers(tiny, Sample(), edits=EDITS) == ""
