"""No method needs more than K + 3 model-sized buffers, but the one whose mathematics does."""

import pytest
import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from taskarith.core import METHODS, Gram, TaskVector, merge
from tests.core.merges.examples import PAIRWISE, MadeUpStatistics, fused_terms

WIDTH, BLOCKS, COUNT = 64, 24, 4
# A block's matrices with query, key and value in one, as open_clip has them.
SHAPES = {
    f"h.{block}.{name}": shape
    for block in range(BLOCKS)
    for name, shape in {
        "attn.in_proj_weight": (3 * WIDTH, WIDTH),
        "attn.out_proj.weight": (WIDTH, WIDTH),
        "mlp.c_fc.weight": (4 * WIDTH, WIDTH),
        "mlp.c_proj.weight": (WIDTH, 4 * WIDTH),
    }.items()
}
SIZE = sum(rows * columns for rows, columns in SHAPES.values())
LARGEST = 4 * WIDTH * WIDTH / SIZE  # the largest tensor as a share of the model
# RegMean holds Gram matrices [in, in] of every map twice: the sum over all tasks, and one task's.
MORE = {"regmean": 6}


class Answers(MadeUpStatistics):
    """As large as a model's, and made before anything is counted."""

    def __init__(self) -> None:
        self.tensors = {name: torch.rand(shape) for name, shape in SHAPES.items()}
        self.squares = {n: torch.eye(columns) for n, (_, columns) in SHAPES.items()}

    def fisher(self, vector: str, *, images: int) -> dict[str, Tensor]:
        return {name: tensor.clone() for name, tensor in self.tensors.items()}

    def grams(self, vector: str, *, images: int) -> dict[str, Gram]:
        return {name: Gram(square.clone()) for name, square in self.squares.items()}

    def entropy(self, merged: TaskVector, **_: object) -> tuple[float, dict[str, Tensor]]:
        return 0.0, {name: tensor.clone() for name, tensor in merged.items()}


def peak(name: str, vectors: dict[str, TaskVector]) -> float:
    """The most memory allocated while merging, beyond the vectors, in float32 models."""
    statistics, settings = Answers(), {"steps": 2} if name == "adamerging" else {}
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        merge(fused_terms(vectors), method=name, settings=settings, statistics=statistics)
    assert profiler.profiler is not None
    assert profiler.profiler.kineto_results is not None
    events = [e for e in profiler.profiler.kineto_results.events() if e.name() == "[memory]"]
    held = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    assert most >= 4 * SIZE  # at least the result, or nothing was counted
    return most / (4 * SIZE)


@pytest.mark.parametrize("name", METHODS)
def test_memory_is_as_stated(name: str) -> None:
    count = 2 if name in PAIRWISE else COUNT
    vectors = {
        f"t{seed}": TaskVector({n: torch.randn(s) for n, s in SHAPES.items()})
        for seed in range(count)
    }
    stated = METHODS[name].buffers
    assert stated <= 3 or stated == MORE[name]
    # A few copies of every vector's part in the largest tensor come on top.
    assert peak(name, vectors) <= stated + 8 * count * LARGEST
