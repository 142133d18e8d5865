from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from taskarith.core import Edit
from taskarith.evaluation import Evaluator, Part
from taskarith.evaluation.captured import MAX_IMAGES, MAX_RECORDINGS, CapturedForward, capture
from taskarith.suites import Suite

Forward = Callable[[Tensor], Tensor]


class Pass:
    """Doubles a batch; remembers the shapes that ran plainly, and what was recorded."""

    def __init__(self) -> None:
        self.plain: list[int] = []
        self.recorded: list[int] = []

    def forward(self, batch: Tensor) -> Tensor:
        self.plain.append(len(batch))
        return 2 * batch

    def record(self, forward: Forward, example: Tensor) -> Forward:
        self.recorded.append(len(example))
        return lambda batch: 2 * batch


def test_a_shape_that_comes_again_is_recorded_once() -> None:
    own = Pass()
    captured = CapturedForward(own.forward, record=own.record)
    for value in range(6):
        batch = torch.full((3, 2), value)
        assert torch.equal(captured(batch), 2 * batch)
    captured(torch.ones(4, 2))
    assert own.plain == [3, 3, 4]
    assert own.recorded == [3]


def test_large_batches_and_too_many_shapes_run_plainly() -> None:
    own = Pass()
    captured = CapturedForward(own.forward, record=own.record)
    sizes = [MAX_IMAGES + 1, *range(1, MAX_RECORDINGS + 3)]
    for size in sizes:
        for _ in range(4):
            captured(torch.ones(size, 1))
    assert own.recorded == list(range(1, MAX_RECORDINGS + 1))
    assert own.plain.count(MAX_RECORDINGS + 2) == own.plain.count(MAX_IMAGES + 1) == 4


def test_where_nothing_can_be_recorded_it_runs_plainly_and_says_so_once() -> None:
    def fail(forward: Forward, example: Tensor) -> Forward:
        raise RuntimeError("operation not permitted when stream is capturing")

    own = Pass()
    captured = CapturedForward(own.forward, record=fail)
    with pytest.warns(RuntimeWarning, match="without CUDA graphs: operation not") as caught:
        answers = [captured(torch.ones(size)) for size in (3, 3, 3, 3, 5, 5, 5, 5)]
    assert len(caught) == 1
    assert [len(answer) for answer in answers] == own.plain == [3, 3, 3, 3, 5, 5, 5, 5]


@pytest.mark.gpu
def test_a_recording_follows_weights_that_change_in_place() -> None:
    layer = torch.nn.Linear(8, 8, device="cuda").requires_grad_(False)
    batches = torch.randn(3, 5, 8, device="cuda")
    replay = capture(layer, batches[0])
    for batch in batches:
        layer.weight.mul_(-0.5)
        assert torch.allclose(replay(batch), layer(batch), atol=1e-5)


@pytest.mark.gpu
def test_an_evaluator_answers_alike_with_and_without(tiny_suite: Suite) -> None:
    evaluator = Evaluator(tiny_suite, device="cuda")
    for step in range(8):
        evaluator.use(Edit("tiny", {"apples": step / 10}))
        (captured,) = evaluator.logits([Part("apples", 0, 16)], split="validation")
        evaluator._encode, kept = evaluator._encode_plainly, evaluator._encode
        (plain,) = evaluator.logits([Part("apples", 0, 16)], split="validation")
        evaluator._encode = kept
        assert captured == pytest.approx(plain, abs=1e-2)
    assert isinstance(evaluator._encode, CapturedForward)
    assert evaluator._encode._recordings
