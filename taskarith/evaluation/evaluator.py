"""The evaluator: a live model whose weights are recomposed for each edit, and what it answers.

Prepares everything once (heads, orders, the vectors' flat buffers) and repeats nothing; images
of several tasks share one forward pass. Knows nothing of sessions, caches or intervals. One
thread at a time changes the weights.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from taskarith.core import LAYERS, Edit, TaskVector
from taskarith.errors import CoefficientError, UnknownNameError
from taskarith.evaluation.allocator import keep_freed_memory
from taskarith.evaluation.captured import CapturedForward, capture
from taskarith.evaluation.device import Stopwatch, choose_device, computing_dtype, describe_device
from taskarith.evaluation.memory import recomposer_of
from taskarith.evaluation.merging import MergedVectors
from taskarith.evaluation.order import stratified_order
from taskarith.evaluation.plan import MAX_STEP_IMAGES, STEP_IMAGES, Part, Step
from taskarith.evaluation.results import ResultKey
from taskarith.evaluation.statistics import Kept, ModelStatistics
from taskarith.suites import Suite
from taskarith.tasks import SplitName
from taskarith.tasks.metric import Metric

__all__ = ["EVALUATION_VERSION", "Evaluator"]

# Part of every result's key: raise it when the same edit may get other answers.
EVALUATION_VERSION = 4

ACCELERATOR_STEP_IMAGES = 2048
RESIDENT_BYTES = 4 * 2**30  # pixels kept on an accelerator, as uint8
FINGERPRINT_IMAGES = 64


@dataclass(frozen=True, eq=False)
class _Ordered:
    """A split in its stratified order: where each image lies, its label, and a fingerprint."""

    order: Tensor
    labels: np.ndarray
    fingerprint: str


class Evaluator:
    """Recomposes a suite's model and runs images through it.

    Weights are made in float32. The forward pass multiplies in `dtype` (None: bfloat16 on GPUs
    that are quick at it, float32 elsewhere); embeddings and heads are float32 again.

    Pixels stay uint8 and are normalized on the way in: that costs under 2 % of the forward pass
    of `mini` and saves three quarters of the memory that float32 would take. `total`, `labels`
    and `key` may be asked from any thread, everything else from one.

    Attributes:
        device, dtype: where and in which numbers it computes.
        described: the device in words.
        model: the live model; its weights are those of the edit in use.
        step_images: how many images a step should hold to be both fast and soon done.
    """

    def __init__(
        self,
        suite: Suite,
        *,
        device: str | torch.device | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.suite = suite
        self.device = choose_device(str(device) if device is not None else None)
        self.dtype = dtype or computing_dtype(self.device)
        self.described = describe_device(self.device)
        on_cpu = self.device.type == "cpu"
        if on_cpu:
            keep_freed_memory()
        self.step_images = STEP_IMAGES if on_cpu else ACCELERATOR_STEP_IMAGES
        numbers = str(self.dtype).removeprefix("torch.")
        self._context = (
            f"{self.device.type}/{numbers}/{EVALUATION_VERSION}/torch {torch.__version__}"
        )
        self._recomposer = recomposer_of(suite, device=self.device)
        self.model = suite.model().to(self.device)
        self._recomposer.bind(self.model.network)
        self._encode: Callable[[Tensor], Tensor] = self._encode_plainly
        if self.device.type == "cuda":
            self._encode = CapturedForward(self._encode_plainly, record=capture)
        self._null_seeds: dict[str, int] = {}
        self._added: set[str] = set()
        self._merged = MergedVectors(
            vector=self.vector,
            statistics=lambda seed: ModelStatistics(self, seed=seed, kept=self._kept_statistics),
            keep=self._recomposer.add_vector,
            drop=self._recomposer.remove_vector,
            device=self.device,
        )
        self._kept_statistics: Kept = OrderedDict()
        self._in_use: Edit | None = None
        self._ordered: dict[tuple[str, str], _Ordered] = {}
        self._heads: dict[str, Tensor] = {}
        self._resident: dict[tuple[str, str], Tensor] = {}

    def use(self, edit: Edit) -> Callable[[], float]:
        """Recompose the model's weights for `edit`; gives what tells the seconds that took.

        They are 0 if it was in use. An accelerator is not waited for unless they are asked for.
        A merge that is no plain sum is made first, unless it is one of the last few. Raises
        UnknownNameError where the suite has no such vector; the weights are then as before.
        """
        if edit == self._in_use:
            return lambda: 0.0
        named = [*edit.coefficients, *edit.settings.get(LAYERS, {})]
        self.suite.check_edit(Edit(edit.suite, {n: 1.0 for n in named if n not in self._added}))
        watch = Stopwatch(self.device)
        is_sum, layers = edit.method == "sum", edit.settings.get(LAYERS)
        coefficients = self._plain(edit) if is_sum else {self._merged.name_of(edit): 1.0}
        before, self._in_use = self._in_use, None  # should it fail half-way, nothing is in use
        try:
            self._recomposer.recompose(coefficients, layers=layers if is_sum else None)
        except (UnknownNameError, CoefficientError):
            self._in_use = before  # refused before it changed anything
            raise
        self._in_use = edit
        return watch.stop().seconds

    def add_vector(self, name: str, vector: TaskVector) -> None:
        """Let edits name one more vector, or replace one; not part of any result's key."""
        self._recomposer.add_vector(name, vector)
        self._added.add(name)
        self._vectors_changed()

    def remove_vector(self, name: str) -> None:
        """Forget a vector that `add_vector` added, and free its memory."""
        self._recomposer.remove_vector(name)
        self._added.discard(name)
        self._vectors_changed()

    def vector(self, name: str, *, seed: int = 0) -> TaskVector:
        """The vector that edits call `name`, in float32; `seed` is that of a null direction.

        Taken from where the sums take it, or read from the suite where it is not there.
        """
        is_null = ":" in name and name not in self._added
        if name in self._recomposer.vectors and not is_null:
            stored = self._recomposer.vector(name)
            return TaskVector({n: tensor.float() for n, tensor in stored.items()})
        return self.suite.vector(name, seed=seed)

    def base_state(self) -> dict[str, Tensor]:
        """θ₀ of the parameters that edits change, on the device; not to be changed."""
        base = self.suite.base_state()
        return {name: base[name].to(self.device) for name in self._recomposer.layout.names}

    def head(self, task: str) -> Tensor:
        """The zero-shot head of the task [classes, d], on the device."""
        if task not in self._heads:
            self._heads[task] = self.suite.head(task).to(self.device)
        return self._heads[task]

    def total(self, task: str, split: SplitName) -> int:
        """How many images the split holds."""
        return len(self._order_of(task, split).labels)

    def labels(self, task: str, split: SplitName) -> np.ndarray:
        """The true labels, int32 [total], in the stratified order."""
        return self._order_of(task, split).labels

    def metric(self, task: str) -> Metric:
        """What the task's examples are counted by."""
        return self.suite.task(task).metric

    def images(self, task: str, split: SplitName, *, start: int, stop: int) -> Tensor:
        """The pixels, uint8 [stop − start, side, side, 3], at positions of the stratified order."""
        order = self._order_of(task, split).order[start:stop]
        if self.device.type == "cpu":
            # Rows copied whole: four times as fast as indexing, which goes pixel by pixel.
            return self.suite.split(task, split).images.index_select(0, order)
        resident = self._resident.get((task, split))
        if resident is None:
            pixels = self.suite.split(task, split).images
            if self._resident_bytes() + pixels.nbytes > RESIDENT_BYTES:
                return pixels[order].to(self.device)
            resident = pixels[self._order_of(task, split).order].to(self.device)
            self._resident[task, split] = resident
        return resident[start:stop]

    def key(self, edit: Edit, *, task: str, split: SplitName) -> ResultKey:
        """What the answers to `task` under `edit` are kept under."""
        return ResultKey(
            suite=self.suite.fingerprint_of(edit, task),
            edit=edit.key(),
            task=task,
            split=split,
            examples=self._order_of(task, split).fingerprint,
            context=self._context,
        )

    def ahead(self, steps: Iterator[Step]) -> Iterator[Step]:
        """The steps of one request, told beforehand to evaluators that measure many at once."""
        return steps

    def predict(self, task: str, split: SplitName, *, start: int, stop: int) -> np.ndarray:
        """Predicted labels, int32 [stop − start], of the edit in use."""
        return self.predict_parts([Part(task, start, stop)], split=split)[0]

    def predict_parts(self, parts: Sequence[Part], *, split: SplitName) -> list[np.ndarray]:
        """Predicted labels of each part, int32; images of several tasks share a forward pass."""
        answers = [
            torch.cat([logits.argmax(1) for logits in pieces])
            for pieces in self._logits(parts, split=split)
        ]
        if not answers:
            return []
        # One transfer for all: waiting for an accelerator once is enough.
        together = torch.cat(answers).to(torch.int32).cpu().numpy()
        return np.split(together, np.cumsum([len(answer) for answer in answers])[:-1])

    def logits(self, parts: Sequence[Part], *, split: SplitName) -> list[np.ndarray]:
        """Logits of each part under the edit in use, float32 [images, classes]."""
        return [torch.cat(pieces).cpu().numpy() for pieces in self._logits(parts, split=split)]

    @torch.inference_mode()
    def embeddings(self, part: Part, *, split: SplitName) -> np.ndarray:
        """L2-normalized embeddings of a part under the edit in use, float32 [images, d]."""
        pieces = [
            self._encode(self.images(p.task, split, start=p.start, stop=p.stop))
            for batch in _batches([part], size=self.step_images)
            for _, p in batch
        ]
        return torch.cat(pieces).cpu().numpy()

    def prepare(self, tasks: Iterable[str], *, split: SplitName) -> None:
        """Load what measuring these tasks needs and run one image of each, so the first is fast."""
        self.predict_parts([Part(task, 0, 1) for task in tasks], split=split)

    def _plain(self, edit: Edit) -> Mapping[str, float]:
        """The coefficients of a sum, whose vectors are now all there, nulls of its seed.

        What the page has sliders for is there from the start; the rest is read when asked for.
        """
        for name in edit.coefficients:
            is_null = ":" in name and name not in self._added
            if is_null and self._null_seeds.get(name) != edit.seed:
                self._recomposer.add_vector(name, self.vector(name, seed=edit.seed))
                self._null_seeds[name] = edit.seed
            elif name not in self._recomposer.vectors:
                self._recomposer.add_vector(name, self.vector(name))
        return edit.coefficients

    def _vectors_changed(self) -> None:
        self._merged.forget()
        self._kept_statistics.clear()
        self._in_use = None

    @torch.inference_mode()
    def _logits(self, parts: Sequence[Part], *, split: SplitName) -> list[list[Tensor]]:
        """Logits of each part, in pieces where a part was spread over several batches."""
        pieces: list[list[Tensor]] = [[] for _ in parts]
        images = sum(part.stop - part.start for part in parts)
        # A step is one batch. Of more, batches of a step's size are the fastest: in those of
        # MAX_STEP_IMAGES an image took 4 % more of the processor's time.
        size = images if images <= MAX_STEP_IMAGES else self.step_images
        for batch in _batches(parts, size=max(1, size)):
            pixels = torch.cat(
                [self.images(p.task, split, start=p.start, stop=p.stop) for _, p in batch]
            )
            embeddings = self._encode(pixels)
            sizes = [part.stop - part.start for _, part in batch]
            for (index, part), rows in zip(batch, embeddings.split(sizes), strict=True):
                pieces[index].append(rows @ self.head(part.task).T)
        return pieces

    def _order_of(self, task: str, split: SplitName) -> _Ordered:
        found = self._ordered.get((task, split))
        if found is None:
            loaded = self.suite.split(task, split)
            order = torch.from_numpy(stratified_order(loaded.labels.numpy()))
            labels = loaded.labels[order].numpy().astype(np.int32)
            digest = hashlib.sha256(labels.tobytes())
            # The first images stand for all: another version of a library that draws them draws
            # every one a little differently.
            digest.update(loaded.images[order[:FINGERPRINT_IMAGES]].numpy().tobytes())
            found = _Ordered(order, labels, digest.hexdigest()[:16])
            self._ordered[task, split] = found
        return found

    def _resident_bytes(self) -> int:
        return sum(pixels.nbytes for pixels in self._resident.values())

    def _encode_plainly(self, pixels: Tensor) -> Tensor:
        """L2-normalized embeddings float32 [n, d]."""
        if self.dtype == torch.float32:
            return self.model.encode_images(pixels)
        with torch.autocast(self.device.type, dtype=self.dtype, cache_enabled=False):
            return self.model.encode_images(pixels).float()


def _batches(parts: Sequence[Part], *, size: int) -> Iterator[list[tuple[int, Part]]]:
    """Cut parts into batches of at most `size` images; each piece with its part's index."""
    batch: list[tuple[int, Part]] = []
    room = size
    for index, part in enumerate(parts):
        start = part.start
        while start < part.stop:
            stop = min(part.stop, start + room)
            batch.append((index, Part(part.task, start, stop)))
            room -= stop - start
            start = stop
            if room == 0:
                yield batch
                batch, room = [], size
    if batch:
        yield batch
