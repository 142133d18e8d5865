"""Ways of fine-tuning on a real suite: each learned and asked where all that it moves has a place.

That is a suite derived for it, in a folder that is gone with the lab: the parent's vectors, and one
more that covers what the way moves, be it the text tower or numbers beside the model's own, under
the head that the way asks for. What was learned is kept by a hash of all that made it.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor

from taskarith.core import Edit, TaskVector, random_vector
from taskarith.errors import RecipeError, SettingError
from taskarith.evaluation import Evaluator, Measurer, Part, ResultCache
from taskarith.heads.describing import EMBEDDING_KINDS, EXAMPLE_KINDS
from taskarith.heads.embedding import EmbeddingHead
from taskarith.recipes.lab import Answers, Meter
from taskarith.recipes.sample import Sample
from taskarith.recipes.tuning import keep_vector, kept_path, kept_vector
from taskarith.recipes.way_ground import (
    OWN,
    derived_for,
    from_origin,
    how_of,
    kept_under,
    learns_here,
)
from taskarith.recipes.way_lab import MADE, NOTHING, RANDOM, Learned, Learning, WayLab
from taskarith.sources.tensors import fingerprint
from taskarith.suites import Suite
from taskarith.tasks import SplitName
from taskarith.tasks.shifts import SEPARATOR, own_name
from taskarith.tasks.task import ZERO_SHOT
from taskarith.training.teaching.learning import learn_task, one_thread, wanted_anchor
from taskarith.training.ways.soft_prompt import SOFT_PROMPT
from taskarith.training.ways.way import Moving, Setup

__all__ = ["suite_way_lab"]

OPEN = 2  # derived suites that are kept open, and vectors
ENDS = 32  # trainings whose last numbers are kept in memory: those beside others, mostly prompts
SECONDS, MOVED = "seconds", "moved"  # where a kept vector says what it took, and of how many
LEARNED = 1  # of what is kept; another number where it would come out otherwise


def suite_way_lab(
    evaluator: Evaluator,
    *,
    cache: ResultCache | None,
    meter: Meter,
    sample: Sample,
    final: SplitName,
) -> WayLab:
    """The way lab of the evaluator's suite, counted on `meter`; `final` answers for test."""
    school = _School(evaluator, cache=cache, meter=meter, sample=sample, final=final)
    return WayLab(learn=school.learn, refused=school.refused, began=school.began)


@dataclass(frozen=True, eq=False)
class _Ground:
    """Where a way is measured; `folder` is removed with it."""

    folder: TemporaryDirectory[str]
    suite: Suite
    evaluator: Evaluator
    measurer: Measurer


@dataclass(frozen=True, eq=False)
class _Made:
    """A vector, the seconds that it took, and how many numbers were trained."""

    vector: TaskVector
    seconds: float
    moved: int


class _School:
    def __init__(
        self,
        evaluator: Evaluator,
        *,
        cache: ResultCache | None,
        meter: Meter,
        sample: Sample,
        final: SplitName,
    ) -> None:
        self._suite, self._device = evaluator.suite, evaluator.device
        self._cache, self._meter, self._sample, self._final = cache, meter, sample, final
        self._grounds: OrderedDict[str, _Ground] = OrderedDict()
        self._vectors: OrderedDict[Learning, _Made] = OrderedDict()
        self._beginnings: OrderedDict[Learning, dict[str, Tensor]] = OrderedDict()
        self._ended: OrderedDict[Learning, dict[str, Tensor]] = OrderedDict()
        self._seen: set[tuple[str, str, str]] = set()

    def refused(self, learning: Learning) -> str | None:
        """Why the base cannot learn so."""
        way, task = how_of(learning).found, self._suite.task(learning.task)
        if self._kind not in way.examples:
            return f"{way.title} is for {' and '.join(way.examples)}"
        if way.remakes_heads and task.head["kind"] != ZERO_SHOT:
            return f"{way.title} moves what reads class names, and the task's head is not of words"
        model = self._suite.model()
        embedded = task.head["kind"] in EMBEDDING_KINDS
        if way.head in EXAMPLE_KINDS and not embedded:
            return f"{way.title} fits a head to embeddings, and the task's own reads none"
        if way.context and not hasattr(model, "encode_texts"):
            return f"{way.title} needs a text tower"
        if way.loss is not None and len(task.classnames) < 2:
            return f"{way.title} compares a right answer with wrong ones"
        try:
            self._started(learning, model)
        except SettingError as error:
            return str(error)
        return None

    def learn(self, learning: Learning, *, beside: Mapping[str, Learning] = NOTHING) -> Learned:
        """Train, or read what is kept."""
        self._meter.check()
        made = self._made(learning)
        self._meter.count(f"learned {learning.task} by {learning.way}, seed {learning.seed}")

        def answer(
            coefficients: Mapping[str, float], task: str, *, split: SplitName, least: int = 0
        ) -> Answers:
            named, held = self._named(learning, coefficients, beside)
            return self._answers(learning, named, held, task, split=split, least=least)

        def logits(coefficients: Mapping[str, float], task: str, *, split: SplitName) -> np.ndarray:
            named, held = self._named(learning, coefficients, beside)
            return self._logits(learning, named, held, task, split=split)

        return Learned(
            answer=answer,
            logits=logits,
            moved=made.moved,
            total=self._total,
            size=2 * made.vector.size,
            seconds=made.seconds,
            fitted=self._fitted(learning),
            examples=self._examples(learning),
        )

    def began(self, learning: Learning) -> Learned:
        """What training would begin from: the edit `origin`, under the head of the way."""

        def answer(
            coefficients: Mapping[str, float], task: str, *, split: SplitName, least: int = 0
        ) -> Answers:
            named = from_origin(learning, coefficients)
            return self._answers(learning, named, {}, task, split=split, least=least)

        def logits(coefficients: Mapping[str, float], task: str, *, split: SplitName) -> np.ndarray:
            named = from_origin(learning, coefficients)
            return self._logits(learning, named, {}, task, split=split)

        return Learned(
            answer=answer,
            logits=logits,
            moved=0,
            total=self._total,
            size=0,
            seconds=0.0,
            fitted=self._fitted(learning),
            examples=self._examples(learning),
        )

    # ---- learning ---------------------------------------------------------------------------

    @property
    def _total(self) -> int:
        return sum(t.numel() for t in self._suite.base_state().values())

    def _fitted(self, learning: Learning) -> int:
        if how_of(learning).found.head is None:
            return 0
        head = self._ground(learning).suite.head(OWN)
        assert isinstance(head, EmbeddingHead)
        return head.weights.numel() + (0 if head.bias is None else head.bias.numel())

    def _examples(self, learning: Learning) -> int:
        every = self._suite.split(learning.task, "train").labels
        counts = every.unique(return_counts=True)[1]
        return int((counts.clamp(max=learning.few) if learning.few else counts).sum())

    def _model(self, learning: Learning) -> Any:
        """The model that training begins from."""
        return self._suite.model_at(dict(learning.origin))

    @property
    def _kind(self) -> str:
        return self._suite.weights.family.examples[0]

    def _started(self, learning: Learning, model: Any) -> Moving:
        how, names = how_of(learning), self._suite.task(learning.task).classnames
        setup = Setup(how.settings, how.seed, names)
        moving = how.found.start(model, self._suite.weights.family, setup=setup)
        if learning.start is not None:
            ends = self._ends(learning.start)
            if set(ends) != set(moving.neutral):
                raise SettingError(
                    f"{how.found.title} begins at the base; only what stands beside it can begin "
                    "where another training of as many numbers ended"
                )
            parameters = dict(model.network.named_parameters())
            with torch.no_grad():
                for name, tensor in ends.items():
                    parameters[name].copy_(tensor)
            moving.neutral = ends
        return moving

    def _ends(self, learning: Learning) -> dict[str, Tensor]:
        """The numbers that were trained, as they were at the end."""
        ends = self._ended.get(learning)
        if ends is None:
            vector = self._made(learning).vector
            ends = {n: tensor + vector[n] for n, tensor in self._began(learning).items()}
            self._ended[learning] = ends
            while len(self._ended) > ENDS:
                self._ended.popitem(last=False)
        return ends

    def _began(self, learning: Learning) -> dict[str, Tensor]:
        began = self._beginnings.get(learning)
        if began is None:
            began = self._started(learning, self._model(learning)).weights()
            self._beginnings[learning] = began
            while len(self._beginnings) > OPEN:
                self._beginnings.popitem(last=False)
        return began

    def _made(self, learning: Learning) -> _Made:
        """What was made, which of the last few need not be read again."""
        found = self._vectors.pop(learning, None)
        if found is None:
            path = kept_path(self._suite, ["way", LEARNED, kept_under(learning), self._device.type])
            kept = kept_vector(path)
            if kept is None:
                kept = self._trained(learning)
                keep_vector(path, kept)
            own = {n: t.float() for n, t in kept.items() if n not in (SECONDS, MOVED)}
            found = _Made(TaskVector(own), float(kept[SECONDS]), int(kept[MOVED]))
        self._vectors[learning] = found
        while len(self._vectors) > OPEN:
            self._vectors.popitem(last=False)
        return found

    def _trained(self, learning: Learning) -> dict[str, Tensor]:
        how = how_of(learning)
        suite, task = self._suite, learning.task
        if learns_here(learning):
            suite, task = self._ground(learning).suite, OWN
        with torch.inference_mode(False), one_thread():
            model = self._model(learning)
            model.to(self._device)
            anchor = wanted_anchor(self._suite, model, how)
            moving = self._started(learning, model)
            began = moving.weights()
            suite.split(task, "train")  # examples may have to be made first
            before = time.process_time()
            weights = learn_task(
                suite, task, model, moving, how=how, anchor=anchor,
                watch=self._watch(learning), contexts=self._suite,
            )  # fmt: skip
            seconds = time.process_time() - before
        moved = {name: (tensor - began[name]).half() for name, tensor in weights.items()}
        told = {SECONDS: seconds, MOVED: float(moving.count)}
        return moved | {n: torch.tensor(value, dtype=torch.float64) for n, value in told.items()}

    def _watch(self, learning: Learning) -> Any:
        def step(number: int, loss: float) -> None:
            self._meter.check()
            if not math.isfinite(loss):
                raise RecipeError(
                    f"{learning.way} at {learning.faster:g} times its learning rate: the loss is "
                    f"{loss} at step {number}; leave that way out, or take fewer rates"
                )

        return step

    # ---- asking -----------------------------------------------------------------------------

    def _answers(
        self,
        learning: Learning,
        named: Mapping[str, float],
        held: Mapping[str, TaskVector],
        task: str,
        *,
        split: SplitName,
        least: int,
    ) -> Answers:
        self._meter.check()
        ground = self._ground(learning)
        opened, first = self._opened(split), self._first(split)
        asked = _asked(learning, task)
        edit = Edit(ground.suite.name, named)
        with _holding(ground.evaluator, held):
            n = None if first is None else max(first, least)
            piece = ground.measurer.measure(edit, tasks=[asked], split=opened, n=n)
        seen = (f"{learning.way}{learning.settings}{edit.key()}", task, opened)
        if seen not in self._seen:
            self._seen.add(seen)
            self._meter.count(f"{task}, {opened}: {learning.way}")
        reading = piece.readings[asked]
        told = reading.estimate
        labels = ground.evaluator.labels(asked, opened)[: told.n]
        return Answers(reading.rows, labels, told.total, opened, told.metric)

    def _logits(
        self,
        learning: Learning,
        named: Mapping[str, float],
        held: Mapping[str, TaskVector],
        task: str,
        *,
        split: SplitName,
    ) -> np.ndarray:
        self._meter.check()
        ground, asked = self._ground(learning), _asked(learning, task)
        opened, first = self._opened(split), self._first(split)
        total = ground.evaluator.total(asked, opened)
        with _holding(ground.evaluator, held):
            ground.evaluator.use(Edit(ground.suite.name, named))
            part = Part(asked, 0, total if first is None else min(first, total))
            return ground.evaluator.logits([part], split=opened)[0]

    def _opened(self, split: SplitName) -> SplitName:
        return self._final if split == "test" else split

    def _first(self, split: SplitName) -> int | None:
        return self._sample.choosing if split == "validation" else self._sample.n

    def _named(
        self,
        learning: Learning,
        coefficients: Mapping[str, float],
        beside: Mapping[str, Learning],
    ) -> tuple[dict[str, float], dict[str, TaskVector]]:
        """Coefficients by what each vector holds, so that cached results stay true; and those."""
        named: dict[str, float] = {}
        held: dict[str, TaskVector] = {}
        for name, value in from_origin(learning, coefficients).items():
            called = name
            if name in (MADE, RANDOM, *beside):
                found = self._direction(learning, name, beside)
                called = f"made-{fingerprint(found)[:16]}"
                held[called] = found
            named[called] = named.get(called, 0.0) + value
        return named, held

    def _direction(
        self, learning: Learning, name: str, beside: Mapping[str, Learning]
    ) -> TaskVector:
        if name in beside:
            began, ends = self._began(learning), self._ends(beside[name])
            return TaskVector({n: tensor - began[n] for n, tensor in ends.items()})
        vector = self._made(learning).vector
        return vector if name == MADE else random_vector(vector, learning.seed)

    def _ground(self, learning: Learning) -> _Ground:
        # Only a prompt's first values depend on the seed, and examples that are drawn or shuffled.
        own, here = learning, learns_here(learning)
        drawn = here and (own.few or own.shuffled)
        seed = own.seed if own.way == SOFT_PROMPT.name or drawn else 0
        head = (own.few, own.origin, own.shuffled) if here else ()
        key = repr((own.task, own.way, own.settings, seed, own.start, head, own.knowledge))
        ground = self._grounds.pop(key, None)
        if ground is None:
            while len(self._grounds) >= OPEN:
                self._grounds.popitem(last=False)[1].folder.cleanup()
            folder = TemporaryDirectory(prefix="taskarith-")
            with torch.inference_mode(False):
                moving = self._started(learning, self._suite.model())
            suite = derived_for(self._suite, learning, moving, folder=Path(folder.name))
            evaluator = Evaluator(suite, device=self._device)
            ground = _Ground(folder, suite, evaluator, Measurer(evaluator, cache=self._cache))
        self._grounds[key] = ground
        return ground


def _asked(learning: Learning, task: str) -> str:
    """What a derived suite calls a task."""
    own, shift = own_name(task)
    return task if own != learning.task else SEPARATOR.join([OWN, *([shift] if shift else [])])


@contextmanager
def _holding(evaluator: Evaluator, held: Mapping[str, TaskVector]) -> Iterator[None]:
    """Edits may name what is `held` while it lasts."""
    for called, found in held.items():
        evaluator.add_vector(called, found)
    try:
        yield
    finally:
        for called in held:
            evaluator.remove_vector(called)
