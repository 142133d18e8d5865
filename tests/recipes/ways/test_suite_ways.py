"""Ways on real models: each is measured where what it moves has a place."""

from dataclasses import replace

import numpy as np
import pytest

from taskarith.errors import RecipeCancelled
from taskarith.evaluation import Evaluator
from taskarith.recipes import suite_ways
from taskarith.recipes.lab import Meter
from taskarith.recipes.suite_lab import suite_lab
from taskarith.recipes.way_lab import MADE, RANDOM, Learning
from taskarith.suites import Suite, load_suite

WIDTH = 128  # of mini-t5's embeddings


def test_prompts_have_a_place_beside_a_language_model() -> None:
    evaluator = Evaluator(load_suite("mini-t5"), device="cpu")
    lab, task = suite_lab(evaluator, n=24), "was-it-done"
    first = Learning(task, "soft-prompt", steps=1, batch=4, settings=(("length", 2),))
    later = lab.ways.learn(replace(first, start=first, faster=20.0), beside={"first": first})
    assert (later.moved, later.size) == (2 * WIDTH, 4 * WIDTH)
    found = {
        name: later.answer(edit, task, split="validation")
        for name, edit in {"0": {}, "first": {"first": 1.0}, "made": {MADE: 1.0}}.items()
    }
    before = lab.answer({}, task, split="validation")
    assert found["made"].total == before.total
    assert (found["made"].labels == before.labels).all()
    assert np.array_equal(found["0"].rows, found["first"].rows)  # it began where that one ended
    told = lab.ways.refused(Learning(task, "ia3", steps=1, start=first))
    assert "begins at the base" in str(told)
    assert "reads none" in str(lab.ways.refused(Learning(task, "lp-ft", steps=1)))
    told = lab.ways.refused(Learning(task, "lit", steps=1))
    assert told == "Text tower alone (LiT) is for images"


def test_what_was_learned_is_kept_and_goes_on_after_a_stop(
    tiny_suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluator = Evaluator(tiny_suite, device="cpu")
    learning = Learning("apples", "lora", steps=3, batch=8)
    asked: list[int] = []
    meter = Meter(cancelled=lambda: len(asked) > 1 or asked.append(1) is not None)
    with pytest.raises(RecipeCancelled):
        suite_lab(evaluator, meter=meter).ways.learn(learning)
    first = suite_lab(evaluator).ways.learn(learning)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was learned before")

    monkeypatch.setattr(suite_ways, "learn_task", never)
    again = suite_lab(evaluator).ways.learn(learning)
    assert (again.seconds, again.moved, again.size) == (first.seconds, first.moved, first.size)
    rows = [one.answer({MADE: 1.0}, "apples", split="test").rows for one in (first, again)]
    assert np.array_equal(*rows)


def test_the_text_tower_changes_answers_and_nothing_at_zero(tiny_suite: Suite) -> None:
    lab = suite_lab(Evaluator(tiny_suite, device="cpu"))
    learned = lab.ways.learn(Learning("apples", "lit", steps=3, batch=8, faster=30.0))
    before = lab.answer({}, "apples", split="test").rows
    assert np.array_equal(learned.answer({}, "apples", split="test").rows, before)
    assert not np.array_equal(learned.answer({MADE: 1.0}, "apples", split="test").rows, before)
    shifted = learned.answer({MADE: 1.0}, "apples@blur", split="test")
    assert shifted.total == len(before)
    null = learned.answer({RANDOM: 1.0}, "apples", split="test")
    assert np.array_equal(null.rows, learned.answer({RANDOM: 1.0}, "apples", split="test").rows)
