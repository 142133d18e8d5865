"""Ways of fine-tuning on a real suite: each learned and asked where all that it moves has a place.

That is a suite derived for it, in a folder that is gone with the lab: the parent's vectors, and one
more that covers what the way moves, be it the text tower or numbers beside the model's own, under
the head that the way asks for. What was learned is kept by a hash of all that made it.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor

from taskarith.core import Edit, TaskVector, VectorInfo, random_vector
from taskarith.errors import RecipeError, SettingError
from taskarith.evaluation import Evaluator, Measurer, ResultCache
from taskarith.heads.describing import EMBEDDING_KINDS, EXAMPLE_KINDS
from taskarith.recipes.lab import Answers, Meter
from taskarith.recipes.sample import Sample
from taskarith.recipes.tuning import keep_vector, kept_path, kept_vector
from taskarith.recipes.way_lab import MADE, NOTHING, RANDOM, Learned, Learning, WayLab
from taskarith.sources.native import NATIVE_FILE, base_fingerprint, write_vector
from taskarith.sources.tensors import fingerprint
from taskarith.suites import Suite, load_suite
from taskarith.suites.making.deriving import derive_suite, same_task
from taskarith.tasks import SplitName
from taskarith.tasks.shifts import SEPARATOR, own_name
from taskarith.tasks.task import ZERO_SHOT
from taskarith.training.teaching.how import How
from taskarith.training.teaching.learning import learn_task, one_thread, wanted_anchor
from taskarith.training.ways.soft_prompt import SOFT_PROMPT
from taskarith.training.ways.way import Moving, Setup

__all__ = ["suite_way_lab"]

OWN = "learned"  # the task of a derived suite, with the head of the way
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
    return WayLab(learn=school.learn, refused=school.refused)


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
        way, task = _how(learning).found, self._suite.task(learning.task)
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

        return Learned(
            answer=answer,
            moved=made.moved,
            total=sum(t.numel() for t in self._suite.base_state().values()),
            size=2 * made.vector.size,
            seconds=made.seconds,
        )

    # ---- learning ---------------------------------------------------------------------------

    @property
    def _kind(self) -> str:
        return self._suite.weights.family.examples[0]

    def _started(self, learning: Learning, model: Any) -> Moving:
        how, names = _how(learning), self._suite.task(learning.task).classnames
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
            began = self._started(learning, self._suite.model()).weights()
            self._beginnings[learning] = began
            while len(self._beginnings) > OPEN:
                self._beginnings.popitem(last=False)
        return began

    def _made(self, learning: Learning) -> _Made:
        """What was made, which of the last few need not be read again."""
        found = self._vectors.pop(learning, None)
        if found is None:
            path = kept_path(self._suite, ["way", LEARNED, asdict(learning), self._device.type])
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
        how = _how(learning)
        suite, task = self._suite, learning.task
        if how.found.head is not None:
            suite, task = self._ground(learning).suite, OWN
        with torch.inference_mode(False), one_thread():
            model = self._suite.model()
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
        opened: SplitName = self._final if split == "test" else split
        first = self._sample.choosing if split == "validation" else self._sample.n
        own, shift = own_name(task)
        asked = task if own != learning.task else SEPARATOR.join([OWN, *([shift] if shift else [])])
        edit = Edit(ground.suite.name, named)
        for called, found in held.items():
            ground.evaluator.add_vector(called, found)
        try:
            n = None if first is None else max(first, least)
            piece = ground.measurer.measure(edit, tasks=[asked], split=opened, n=n)
        finally:
            for called in held:
                ground.evaluator.remove_vector(called)
        seen = (f"{learning.way}{learning.settings}{edit.key()}", task, opened)
        if seen not in self._seen:
            self._seen.add(seen)
            self._meter.count(f"{task}, {opened}: {learning.way}")
        reading = piece.readings[asked]
        told = reading.estimate
        labels = ground.evaluator.labels(asked, opened)[: told.n]
        return Answers(reading.rows, labels, told.total, opened, told.metric)

    def _named(
        self,
        learning: Learning,
        coefficients: Mapping[str, float],
        beside: Mapping[str, Learning],
    ) -> tuple[dict[str, float], dict[str, TaskVector]]:
        """Coefficients by what each vector holds, so that cached results stay true; and those."""
        named: dict[str, float] = {}
        held: dict[str, TaskVector] = {}
        for name, value in coefficients.items():
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
        # Only a prompt's first values depend on the seed.
        seed = learning.seed if learning.way == SOFT_PROMPT.name else 0
        key = repr((learning.task, learning.way, learning.settings, seed, learning.start))
        ground = self._grounds.pop(key, None)
        if ground is None:
            while len(self._grounds) >= OPEN:
                self._grounds.popitem(last=False)[1].folder.cleanup()
            folder = TemporaryDirectory(prefix="taskarith-")
            suite = self._derived(learning, Path(folder.name))
            evaluator = Evaluator(suite, device=self._device)
            ground = _Ground(folder, suite, evaluator, Measurer(evaluator, cache=self._cache))
        self._grounds[key] = ground
        return ground

    def _derived(self, learning: Learning, folder: Path) -> Suite:
        parent, way = self._suite, _how(learning).found
        with torch.inference_mode(False):
            moving = self._started(learning, parent.model())
            zero = TaskVector({n: torch.zeros_like(t) for n, t in moving.weights().items()})
        base = {**parent.base_state(), **moving.neutral}
        info = VectorInfo(
            task=OWN,
            base_fingerprint=base_fingerprint(base, {name: name for name in zero}),
            subtraction_dtype="float32",
        )
        write_vector(zero, folder / "vectors" / OWN, info=info, dtype=torch.float16)
        head = {} if way.head is None else {"head": {"kind": way.head}}
        entry = same_task(parent, learning.task, name=OWN, head=head)
        derive_suite(
            parent,
            folder,
            name=f"{parent.name}-{way.name}"[:64],
            added=[(entry, f"vectors/{OWN}/{NATIVE_FILE}")],
            neutral=moving.neutral,
        )
        return load_suite(folder)


def _how(learning: Learning) -> How:
    plain = How(way=learning.way, settings=dict(learning.settings))
    return How(
        way=learning.way,
        settings=dict(learning.settings),
        steps=learning.steps,
        batch=learning.batch,
        rate=plain.found.rate * learning.faster,
        anchor=learning.anchor,
        sharpness=learning.sharpness,
        seed=learning.seed,
    )
