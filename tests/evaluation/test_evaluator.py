from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from taskarith.core import Edit
from taskarith.errors import UnknownNameError
from taskarith.evaluation.evaluator import Evaluator, _batches
from taskarith.evaluation.measure import Measurer
from taskarith.evaluation.order import stratified_order
from taskarith.evaluation.plan import Part
from taskarith.suites import Suite, load_suite
from taskarith.tasks.examples import as_images

MIXED = Edit("tiny", {"apples": -0.5, "birds": 0.75, "flags": 0.3})


@pytest.fixture
def evaluator(tiny_suite: Suite) -> Evaluator:
    return Evaluator(tiny_suite, device="cpu")


def textbook(suite: Suite, edit: Edit, task: str) -> np.ndarray:
    """Logits of the whole validation split by the slow way: new weights, a new model."""
    state = dict(suite.base_state())
    for name, coefficient in edit.coefficients.items():
        state = suite.vector(name, seed=edit.seed).apply_to(state, coefficient)
    model = suite.model()
    model.network.load_state_dict(state)
    split = suite.split(task, "validation")
    order = stratified_order(split.labels.numpy())
    return (model.encode_images(split.pixels[order]) @ suite.class_weights(task).T).numpy()


@pytest.mark.parametrize("edit", [Edit("tiny"), Edit("tiny", {"apples": 1}), MIXED], ids=str)
@pytest.mark.parametrize("task", ["apples", "gardens"])
def test_it_computes_what_the_textbook_says(evaluator: Evaluator, edit: Edit, task: str) -> None:
    evaluator.use(edit)
    (logits,) = evaluator.logits([Part(task, 0, 80)], split="validation")
    assert logits == pytest.approx(textbook(evaluator.suite, edit, task), abs=1e-3)
    answers = evaluator.predict(task, "validation", start=0, stop=80)
    assert answers.dtype == np.int32
    assert (answers == logits.argmax(1)).all()


def test_a_null_direction_depends_on_the_seed(evaluator: Evaluator) -> None:
    seen = []
    for seed in (1, 2, 1):
        edit = Edit("tiny", {"random:apples": 0.8}, seed=seed)
        evaluator.use(edit)
        seen.append(evaluator.logits([Part("apples", 0, 20)], split="validation")[0])
        assert seen[-1] == pytest.approx(textbook(evaluator.suite, edit, "apples")[:20], abs=1e-3)
    assert np.abs(seen[0] - seen[1]).max() > 0.1
    assert (seen[0] == seen[2]).all()


def test_labels_belong_to_the_images(evaluator: Evaluator) -> None:
    split = evaluator.suite.split("coins", "test")
    labels = evaluator.labels("coins", "test")
    pixels = evaluator.images("coins", "test", start=5, stop=25)
    assert len(labels) == evaluator.total("coins", "test") == 120
    for image, label in zip(pixels, labels[5:25], strict=True):
        places = [i for i, other in enumerate(split.pixels) if torch.equal(image, other)]
        assert [int(split.labels[place]) for place in places] == [label]


def test_tasks_together_answer_as_they_do_alone(evaluator: Evaluator) -> None:
    parts = [Part("apples", 3, 40), Part("gardens", 0, 80), Part("dice", 70, 80)]
    evaluator.use(MIXED)
    together = evaluator.predict_parts(parts, split="validation")
    alone = [evaluator.predict(p.task, "validation", start=p.start, stop=p.stop) for p in parts]
    assert [answer.tolist() for answer in together] == [answer.tolist() for answer in alone]


def test_tasks_together_share_one_forward_pass(evaluator: Evaluator) -> None:
    passes: list[int] = []

    def count(module: object, inputs: Sequence[torch.Tensor], output: object) -> None:
        passes.append(len(inputs[0]))

    evaluator.model.network.visual.conv1.register_forward_hook(count)
    tasks = [*evaluator.suite.targets, evaluator.suite.control]
    evaluator.predict_parts([Part(task, 0, 16) for task in tasks], split="validation")
    assert passes == [16 * len(tasks)]


def test_recomposing_is_not_repeated(evaluator: Evaluator) -> None:
    assert evaluator.use(MIXED)() > 0
    assert evaluator.use(MIXED)() == 0
    assert evaluator.use(Edit("tiny"))() > 0


def test_a_thousand_moves_leave_no_trace(evaluator: Evaluator) -> None:
    part = [Part("apples", 0, 16)]
    evaluator.use(MIXED)
    before = evaluator.logits(part, split="validation")[0]
    for step in range(1000):
        evaluator.use(Edit("tiny", {"apples": step / 1000, "birds": -step / 700}))
    evaluator.use(MIXED)
    assert (evaluator.logits(part, split="validation")[0] == before).all()


@pytest.mark.parametrize("wrong", [Edit("tiny", {"pears": 1}), Edit("mini", {"apples": 1})])
def test_an_unknown_edit_leaves_the_weights_alone(evaluator: Evaluator, wrong: Edit) -> None:
    part = [Part("apples", 0, 16)]
    evaluator.use(MIXED)
    before = evaluator.logits(part, split="validation")[0]
    with pytest.raises(UnknownNameError):
        evaluator.use(wrong)
    assert (evaluator.logits(part, split="validation")[0] == before).all()
    assert evaluator.use(MIXED)() == 0


def test_unknown_tasks_and_splits_are_refused(evaluator: Evaluator) -> None:
    with pytest.raises(UnknownNameError, match=r"'aples'.*'apples'"):
        evaluator.total("aples", "validation")
    with pytest.raises(UnknownNameError, match="split"):
        evaluator.total("apples", "exam")  # type: ignore[arg-type]


def test_a_vector_can_be_added(evaluator: Evaluator) -> None:
    vector = evaluator.suite.vector("apples")
    evaluator.use(Edit("tiny", {"apples": 0.5}))
    part = [Part("apples", 0, 16)]
    before = evaluator.logits(part, split="validation")[0]
    evaluator.add_vector("birds", vector)
    evaluator.use(Edit("tiny", {"birds": 0.5}))
    assert (evaluator.logits(part, split="validation")[0] == before).all()


def test_the_key_tells_results_apart(evaluator: Evaluator) -> None:
    keys = {
        evaluator.key(edit, task=task, split=split)
        for edit in (MIXED, Edit("tiny"), Edit("tiny", seed=1))
        for task in ("apples", "gardens")
        for split in ("validation", "test")
    }
    assert len(keys) == 12
    key = evaluator.key(MIXED, task="apples", split="test")
    assert key.suite == evaluator.suite.fingerprint
    assert key.context.startswith("cpu/float32/")


def test_the_key_notices_one_other_picture(tiny_folder: Path, evaluator: Evaluator) -> None:
    key = evaluator.key(MIXED, task="apples", split="test")
    other = Evaluator(load_suite(tiny_folder), device="cpu")
    assert other.key(MIXED, task="apples", split="test") == key
    other = Evaluator(load_suite(tiny_folder), device="cpu")
    as_images(other.suite.split("apples", "test"), of="apples").pixels[-1, 0, 0, 0] += 1
    assert other.key(MIXED, task="apples", split="test") != key


def test_preparing_leaves_the_edit_in_use(evaluator: Evaluator) -> None:
    evaluator.use(MIXED)
    assert evaluator.examples_per_second is None
    evaluator.prepare(evaluator.suite.tasks, split="validation")
    assert evaluator.examples_per_second is not None
    assert evaluator.examples_per_second > 0
    assert evaluator.use(MIXED)() == 0


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_half_precision_is_as_accurate_within_the_interval(tiny_suite: Suite, device: str) -> None:
    full, half = (
        Evaluator(tiny_suite, device=device, dtype=dtype)
        for dtype in (torch.float32, torch.bfloat16)
    )
    assert full.key(MIXED, task="apples", split="test") != half.key(
        MIXED, task="apples", split="test"
    )
    same = []
    for edit in (Edit("tiny"), Edit("tiny", {"apples": 1}), MIXED):
        for task in tiny_suite.tasks:
            readings = [
                Measurer(each).measure(edit, tasks=[task], split="test").readings[task]
                for each in (full, half)
            ]
            low, high = readings[0].estimate.interval
            assert low <= readings[1].estimate.value <= high
            same.append(np.mean(readings[0].rows == readings[1].rows))
    assert np.mean(same) >= 0.97
    (logits,) = half.logits([Part("apples", 0, 8)], split="test")
    assert logits.dtype == np.float32


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 90)), max_size=8), st.integers(1, 64))
def test_batches_hold_every_image_once(ranges: list[tuple[int, int]], size: int) -> None:
    parts = [Part(f"t{i}", start, start + n) for i, (start, n) in enumerate(ranges)]
    batches = list(_batches(parts, size=size))
    counts = [sum(part.stop - part.start for _, part in batch) for batch in batches]
    assert all(count == size for count in counts[:-1])
    assert all(0 < count <= size for count in counts)
    images = [
        (index, part.task, place)
        for batch in batches
        for index, part in batch
        for place in range(part.start, part.stop)
    ]
    assert images == [
        (index, part.task, place)
        for index, part in enumerate(parts)
        for place in range(part.start, part.stop)
    ]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_gpu_answers_as_the_cpu_does(tiny_suite: Suite, evaluator: Evaluator) -> None:
    on_gpu = Evaluator(tiny_suite, device="cuda", dtype=torch.float32)
    parts = [Part(task, 0, 80) for task in tiny_suite.tasks]
    for edit in (Edit("tiny"), MIXED):
        evaluator.use(edit)
        on_gpu.use(edit)
        ours = np.concatenate(on_gpu.predict_parts(parts, split="validation"))
        theirs = np.concatenate(evaluator.predict_parts(parts, split="validation"))
        assert np.mean(ours == theirs) >= 0.99
