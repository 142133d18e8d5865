"""The evaluator: a live model whose weights are recomposed for each edit, and what it answers.

Prepares everything once (the vectors' flat buffers; what `ordered_examples` and `heads_in_use`
hold) and repeats nothing; examples of several tasks share one forward pass. Knows nothing of
sessions, caches or intervals.
One thread at a time changes the weights.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from taskarith.core import EVERY_VECTOR, LAYERS, Edit, TaskVector, layer_groups
from taskarith.errors import AssetError, CoefficientError, UnknownNameError
from taskarith.evaluation.allocator import keep_freed_memory
from taskarith.evaluation.captured import CapturedForward, capture
from taskarith.evaluation.device import Stopwatch, choose_device, computing_dtype, describe_device
from taskarith.evaluation.fisher_gram import Kept, ModelStatistics
from taskarith.evaluation.heads_in_use import HeadsInUse
from taskarith.evaluation.memory import recomposer_of
from taskarith.evaluation.merged_vectors import MergedVectors
from taskarith.evaluation.ordered_examples import OrderedExamples
from taskarith.evaluation.plan import MAX_STEP_IMAGES, STEP_IMAGES, Part, Step
from taskarith.evaluation.results import ResultKey
from taskarith.heads.checkpoint import CheckpointHead
from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.head import Prompts, TextHead
from taskarith.heads.likelihood import LabelLikelihood, rows_together
from taskarith.models.tokens import Tokens
from taskarith.suites import Suite
from taskarith.tasks import SplitName
from taskarith.tasks.metric import Metric

__all__ = ["EVALUATION_VERSION", "Evaluator"]

# Part of every result's key: raise it when the same edit may get other answers.
EVALUATION_VERSION = 5

ACCELERATOR_STEP_IMAGES = 2048
PACED = 4  # examples of each task that tell how fast they are answered


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
        context: what answers depend on beside suite, edit and examples, as text.
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
        self.context = (
            f"{self.device.type}/{numbers}/{EVALUATION_VERSION}/torch {torch.__version__}"
        )
        self._recomposer = recomposer_of(suite, device=self.device)
        self.model: Any = suite.model().to(self.device)
        if hasattr(self.model, "check_dtype"):
            self.model.check_dtype(self.dtype)
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
            fused=suite.weights.family.fused,
            device=self.device,
        )
        self._kept_statistics: Kept = OrderedDict()
        self._in_use: Edit | None = None
        self._examples = OrderedExamples(suite, model=self.model, device=self.device)
        self._heads = HeadsInUse(suite, model=self.model, device=self.device, stored=self._stored)
        self.examples_per_second: float | None = None  # until `prepare` has measured it

    def use(self, edit: Edit) -> Callable[[], float]:
        """Recompose the model's weights for `edit`; gives what tells the seconds that took.

        They are 0 if it was in use. An accelerator is not waited for unless they are asked for.
        A merge that is no plain sum is made first, unless it is one of the last few. Raises
        UnknownNameError where the suite has no such vector; the weights are then as before.
        """
        if edit == self._in_use:
            return lambda: 0.0
        layered = [name for name in edit.settings.get(LAYERS, {}) if name != EVERY_VECTOR]
        named = [*edit.coefficients, *layered]
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

    def layer_groups(self) -> list[str]:
        """The layer groups that an edit can give factors, in the model's order."""
        edited = set(self._recomposer.layout.names)
        network = self.model.network
        named = [*network.named_parameters(remove_duplicate=False), *network.named_buffers()]
        return list(layer_groups(name for name, _ in named if name in edited))

    def base_state(self) -> dict[str, Tensor]:
        """θ₀ of the parameters that edits change, on the device; not to be changed."""
        base = self.suite.base_state()
        return {name: base[name].to(self.device) for name in self._recomposer.layout.names}

    def head(self, task: str) -> EmbeddingHead | TextHead:
        """The head of the task under the edit in use, on the device.

        A head made of words is made anew where the edit moves what encodes words.
        """
        return self._heads.of(task, edit=self._in_use)

    def total(self, task: str, split: SplitName) -> int:
        """How many examples the split holds."""
        return len(self._examples.of(task, split).labels)

    def labels(self, task: str, split: SplitName) -> np.ndarray:
        """The true labels, int32 [total], in the stratified order."""
        return self._examples.of(task, split).labels

    def metric(self, task: str) -> Metric:
        """What the task's examples are counted by."""
        return self.suite.task(task).metric

    def images(self, task: str, split: SplitName, *, start: int, stop: int) -> Tensor:
        """The pixels, uint8 [stop − start, side, side, 3], at positions of the stratified order."""
        return self._examples.images(task, split, start=start, stop=stop)

    @torch.inference_mode(False)
    def prompts(self, task: str, split: SplitName, *, start: int, stop: int) -> Prompts:
        """The texts at positions of the stratified order, as the model takes them."""
        return self._examples.prompts(Part(task, start, stop), split)

    def key(self, edit: Edit, *, task: str, split: SplitName) -> ResultKey:
        """What the answers to `task` under `edit` are kept under."""
        examples, head = (
            self._examples.of(task, split).fingerprint,
            self.suite.head_fingerprint(task),
        )
        return ResultKey(
            suite=self.suite.fingerprint_of(edit, task),
            edit=edit.key(),
            task=task,
            split=split,
            examples=f"{examples}/{head}" if head else examples,
            context=self.context,
        )

    def ahead(self, steps: Iterator[Step]) -> Iterator[Step]:
        """The steps of one request, told beforehand to evaluators that measure many at once."""
        return steps

    def shown(self, task: str, split: SplitName, position: int) -> Mapping[str, Any]:
        """The example at a position of the stratified order, for people."""
        return self.suite.split(task, split).shown(
            int(self._examples.of(task, split).order[position])
        )

    def predict(self, task: str, split: SplitName, *, start: int, stop: int) -> np.ndarray:
        """The rows at positions start…stop under the edit in use."""
        return self.predict_parts([Part(task, start, stop)], split=split)[0]

    def predict_parts(self, parts: Sequence[Part], *, split: SplitName) -> list[np.ndarray]:
        """Rows of each part under the edit in use: int32 answers, or float32 [n, 2] losses.

        Examples of several tasks share a forward pass where their heads only need embeddings, or
        the next token's chances.
        """
        rows: dict[int, np.ndarray] = {}
        embedded: list[int] = []
        likely: list[tuple[int, LabelLikelihood]] = []
        for index, part in enumerate(parts):
            head = self.head(part.task)
            if isinstance(head, EmbeddingHead):
                embedded.append(index)
            elif isinstance(head, LabelLikelihood) and head.in_one_pass(self.model):
                likely.append((index, head))
            else:
                rows[index] = self.rows_by(head, part, split=split)
        answers = self._answers([parts[i] for i in embedded], split=split)
        rows.update(zip(embedded, answers, strict=True))
        rows.update(self._likeliest(likely, parts, split=split))
        return [rows[index] for index in range(len(parts))]

    @torch.inference_mode()
    def rows_by(self, head: TextHead, part: Part, *, split: SplitName) -> np.ndarray:
        """The rows that `head`, the task's own or another, reads off a part's texts."""
        return _as_rows(head.rows(self.model, self._examples.prompts(part, split)))

    @torch.inference_mode()
    def _likeliest(
        self,
        heads: Sequence[tuple[int, LabelLikelihood]],
        parts: Sequence[Part],
        *,
        split: SplitName,
    ) -> dict[int, np.ndarray]:
        """By place in `parts`, the answers of labels of one token."""
        if not heads:
            return {}
        asked = [(head, self._examples.prompts(parts[i], split)) for i, head in heads]
        found = map(_as_rows, rows_together(self.model, asked))
        return dict(zip((i for i, _ in heads), found, strict=True))

    def has_logits(self, task: str) -> bool:
        """Whether `logits` has some for the task."""
        return isinstance(self.head(task), EmbeddingHead | LabelLikelihood | CheckpointHead)

    def logits(self, parts: Sequence[Part], *, split: SplitName) -> list[np.ndarray]:
        """Logits of each part under the edit in use, float32 [examples, classes].

        Raises AssetError for a task whose head has none.
        """
        found = []
        for part in parts:
            head = self.head(part.task)
            if isinstance(head, EmbeddingHead):
                found.append(torch.cat(self._logits([part], split=split)[0]).cpu().numpy())
            elif isinstance(head, LabelLikelihood | CheckpointHead):
                with torch.inference_mode():
                    logits = head.logits(self.model, self._examples.prompts(part, split))
                found.append(logits.float().cpu().numpy())
            else:
                raise AssetError(f"the task {part.task!r} has answers without logits")
        return found

    @torch.inference_mode()
    def embeddings(self, part: Part, *, split: SplitName) -> np.ndarray:
        """L2-normalized embeddings of a part under the edit in use, float32 [images, d]."""
        pieces = [
            self._embed([p for _, p in batch], split=split)
            for batch in _batches([part], size=self.step_images)
        ]
        return torch.cat(pieces).cpu().numpy()

    def prepare(self, tasks: Iterable[str], *, split: SplitName) -> None:
        """Load what measuring these tasks needs and run one image of each, so the first is fast.

        How fast further ones are is then in `examples_per_second`.
        """
        tasks = list(tasks)
        self.predict_parts([Part(task, 0, 1) for task in tasks], split=split)
        few = [Part(task, 0, min(PACED, self.total(task, split))) for task in tasks]
        started = time.perf_counter()
        self.predict_parts(few, split=split)
        seconds = max(time.perf_counter() - started, 1e-6)
        self.examples_per_second = sum(part.stop for part in few) / seconds

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

    def _stored(self, name: str) -> TaskVector:
        """The vector `name` in the numbers in which it is kept."""
        is_there = name in self._recomposer.vectors
        return self._recomposer.vector(name) if is_there else self.vector(name)

    def _vectors_changed(self) -> None:
        self._merged.forget()
        self._heads.vectors_changed()
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
            embeddings = self._embed([p for _, p in batch], split=split)
            sizes = [part.stop - part.start for _, part in batch]
            for (index, part), rows in zip(batch, embeddings.split(sizes), strict=True):
                pieces[index].append(self._embedding_head(part.task).logits(rows))
        return pieces

    def _answers(self, parts: Sequence[Part], *, split: SplitName) -> list[np.ndarray]:
        """The answers of parts whose heads are on embeddings, int32."""
        if not parts:
            return []
        answers = [
            torch.cat([logits.argmax(1) for logits in pieces])
            for pieces in self._logits(parts, split=split)
        ]
        # One transfer for all: waiting for an accelerator once is enough.
        together = torch.cat(answers).to(torch.int32).cpu().numpy()
        return np.split(together, np.cumsum([len(answer) for answer in answers])[:-1])

    def _embedding_head(self, task: str) -> EmbeddingHead:
        head = self.head(task)
        assert isinstance(head, EmbeddingHead)
        return head

    def _embed(self, parts: Sequence[Part], *, split: SplitName) -> Tensor:
        """L2-normalized embeddings float32 [n, d] of all examples of `parts`."""
        if self.suite.split(parts[0].task, split).kind == "images":
            return self._encode(
                torch.cat([self.images(p.task, split, start=p.start, stop=p.stop) for p in parts])
            )
        texts = [self._examples.prompts(part, split).tokens for part in parts]
        embeddings: Tensor = self.model.embed(Tokens.join(texts))
        return embeddings

    def _encode_plainly(self, pixels: Tensor) -> Tensor:
        """L2-normalized embeddings float32 [n, d]."""
        if self.dtype == torch.float32:
            return self.model.encode_images(pixels)
        with torch.autocast(self.device.type, dtype=self.dtype, cache_enabled=False):
            return self.model.encode_images(pixels).float()


def _as_rows(found: Tensor) -> np.ndarray:
    """Rows as estimates take them: float32 [n, 2], or int32 answers [n]."""
    found = found.cpu()
    return found.float().numpy() if found.ndim == 2 else found.int().numpy()


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
