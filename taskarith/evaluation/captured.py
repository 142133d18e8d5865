"""A forward pass recorded once and replayed: one launch instead of one for every operation.

Small batches of small models leave a GPU waiting for its next order. A CUDA graph reads the weights
where they lie, so it stays right while they are recomposed in place. Knows nothing of models.
"""

import warnings
from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["CapturedForward", "capture"]

MAX_IMAGES = 256  # larger batches keep a GPU busy, and each recording keeps memory of its own
MAX_RECORDINGS = 8
SEEN_BEFORE = 2  # batches of a shape that run plainly first: a shape may never come again
WARM_UPS = 3

Forward = Callable[[Tensor], Tensor]


class CapturedForward:
    """Answers as `forward` does, by a recording where batches of a shape come again and again.

    `record` makes a recording of it, as `capture` does. Where that fails it says so once, in a
    warning, and runs plainly.
    """

    def __init__(self, forward: Forward, *, record: Callable[[Forward, Tensor], Forward]) -> None:
        self._forward = forward
        self._record = record
        self._seen: Counter[torch.Size] = Counter()
        self._recordings: dict[torch.Size, Forward] = {}
        self._able = True

    def __call__(self, batch: Tensor) -> Tensor:
        """What `forward(batch)` gives, in memory of its own."""
        shape = batch.shape
        if shape not in self._recordings and not self._recorded(batch):
            return self._forward(batch)
        return self._recordings[shape](batch)

    def _recorded(self, batch: Tensor) -> bool:
        """Record the pass for this shape, if that is worth it and works."""
        full = len(self._recordings) >= MAX_RECORDINGS
        if not self._able or full or len(batch) > MAX_IMAGES:
            return False
        self._seen[batch.shape] += 1
        if self._seen[batch.shape] <= SEEN_BEFORE:
            return False
        try:
            self._recordings[batch.shape] = self._record(self._forward, batch)
        except RuntimeError as error:
            self._able = False
            text = f"small batches run slower, without CUDA graphs: {error!s:.200}"
            warnings.warn(text, RuntimeWarning, stacklevel=3)
        return self._able


def capture(forward: Forward, example: Tensor) -> Forward:
    """Record `forward` on a batch like `example` as a CUDA graph; RuntimeError where it fails."""
    pixels = example.clone()
    with torch.cuda.device(example.device):
        here, aside = torch.cuda.current_stream(), torch.cuda.Stream()
        aside.wait_stream(here)
        with torch.cuda.stream(aside):  # libraries set themselves up outside of the recording
            for _ in range(WARM_UPS):
                forward(pixels)
        here.wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        # Other threads may use the device meanwhile.
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            answer = forward(pixels)

    def replay(batch: Tensor) -> Tensor:
        pixels.copy_(batch)
        graph.replay()
        return answer.clone()

    return replay
