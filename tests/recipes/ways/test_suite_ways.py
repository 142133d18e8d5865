"""Ways on real models: each is measured where what it moves has a place."""

from dataclasses import replace

import numpy as np
import pytest

from taskarith.errors import RecipeCancelled
from taskarith.evaluation import Evaluator
from taskarith.evaluation.order import stratified_order
from taskarith.heads.from_examples import head_of_examples
from taskarith.recipes import suite_ways
from taskarith.recipes.lab import Meter
from taskarith.recipes.suite_lab import suite_lab
from taskarith.recipes.way_ground import kept_under
from taskarith.recipes.way_lab import MADE, RANDOM, Learning
from taskarith.suites import Suite, load_suite
from taskarith.tasks.few import few_of_each, shuffled_labels

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


def test_few_examples_an_edit_to_start_from_and_what_a_head_is_made_of(tiny_suite: Suite) -> None:
    evaluator = Evaluator(tiny_suite, device="cpu")
    lab, origin = suite_lab(evaluator), {"birds": 0.5}
    few = Learning("apples", "lp-ft", steps=1, batch=8, few=2, origin=tuple(origin.items()))
    learned, began = lab.ways.learn(few), lab.ways.began(few)
    classes = len(tiny_suite.task("apples").classnames)
    assert learned.examples == began.examples == 2 * classes
    # The probe is fitted to the edit's embeddings of those few pictures, and answers at the edit.
    examples = few_of_each(tiny_suite.split("apples", "train"), shots=2, seed=0)
    model = tiny_suite.model_at(origin)
    head = head_of_examples("linear-probe", model, examples, classes=classes)
    pictures = tiny_suite.split("apples", "test")
    wanted = head.logits(model.encode_images(pictures.pixels)).argmax(1).numpy()
    told = began.answer({}, "apples", split="test")
    order = stratified_order(pictures.labels.numpy())
    assert (told.rows == wanted[order]).mean() > 0.98  # rounding alone may tell them apart
    assert np.array_equal(told.rows, learned.answer({}, "apples", split="test").rows)
    logits = began.logits({}, "apples", split="test")
    assert np.array_equal(logits.argmax(1), told.rows)
    assert (began.moved, learned.fitted) == (0, head.weights.numel() + classes)
    other = lab.ways.began(replace(few, seed=1)).logits({}, "apples", split="test")
    assert not np.array_equal(other, logits)
    plain = Learning("apples", "full", steps=1)
    named = replace(plain, knowledge=tuple(f"it is number {n}" for n in range(classes)))
    logits = [lab.ways.began(one).logits({}, "apples", split="test") for one in (plain, named)]
    assert np.array_equal(logits[0], lab.logits({}, "apples", split="test"))
    assert not np.array_equal(*logits)


def test_shuffled_labels_teach_the_same_pictures_something_else(tiny_suite: Suite) -> None:
    lab = suite_lab(Evaluator(tiny_suite, device="cpu"))
    right = Learning("apples", "full", steps=2, batch=8, faster=30.0, few=2)
    learned, null = (lab.ways.learn(one) for one in (right, replace(right, shuffled=True)))
    assert null.examples == learned.examples
    asked = [one.logits({}, "apples", split="test") for one in (learned, null)]
    assert np.array_equal(*asked)  # the head is the task's own, and test's labels stay
    asked = [one.logits({MADE: 1.0}, "apples", split="test") for one in (learned, null)]
    assert not np.array_equal(*asked)
    labels = [one.answer({}, "apples", split="test").labels for one in (learned, null)]
    assert np.array_equal(*labels)
    # A head that examples make is made of the shuffled ones.
    examples = few_of_each(tiny_suite.split("apples", "train"), shots=2, seed=0)
    shuffled = shuffled_labels(examples, seed=0)
    assert sorted(shuffled.labels.tolist()) == sorted(examples.labels.tolist())
    classes = len(tiny_suite.task("apples").classnames)
    head = head_of_examples("linear-probe", tiny_suite.model(), shuffled, classes=classes)
    pictures = tiny_suite.split("apples", "test")
    wanted = head.logits(tiny_suite.model().encode_images(pictures.pixels)).argmax(1).numpy()
    probe = lab.ways.began(replace(right, way="lp-ft", shuffled=True))
    rows = probe.answer({}, "apples", split="test").rows
    order = stratified_order(pictures.labels.numpy())
    assert (rows == wanted[order]).mean() > 0.98


def test_what_was_kept_before_there_were_more_settings_still_holds() -> None:
    plain = kept_under(Learning("apples", "lora", steps=3))
    assert list(plain) == [
        "task", "way", "steps", "batch", "faster", "settings", "anchor", "sharpness", "seed",
        "start",
    ]  # fmt: skip
    assert kept_under(Learning("apples", "lora", steps=3, few=5))["few"] == 5
