"""The lab of a real suite: a recipe's questions answered by the evaluator, through the cache.

Every evaluation is counted on a meter, which also stops a recipe that was told to stop.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from taskarith.core import METHODS, Edit, Gram, TaskVector, Terms, merge
from taskarith.core.layers import layer_groups
from taskarith.evaluation import Estimate, Evaluator, Measurer, Part, Reading, ResultCache, Step
from taskarith.evaluation.fisher_gram import ModelStatistics
from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.linear_probe import LinearProbe
from taskarith.heads.text_loss import text_loss
from taskarith.models.clip.open_clip import VISION_PREFIX
from taskarith.models.with_weights import with_weights
from taskarith.recipes.asked import Asked
from taskarith.recipes.gradients import loss_gradient
from taskarith.recipes.lab import AS_USUAL, Answers, Course, Lab, Merged, Meter, Mixture
from taskarith.recipes.mixing import (
    Groups,
    Loss,
    fitted_weights,
    mixed_parameters,
    mixed_vector,
)
from taskarith.recipes.model_size import ModelSize
from taskarith.recipes.sample import Sample
from taskarith.recipes.suite_texts import suite_text_lab, writes
from taskarith.recipes.suite_ways import suite_way_lab
from taskarith.recipes.text_lab import TextLab
from taskarith.recipes.tuning import Tuning, trainable_model, tuned_vector, usual_tuning
from taskarith.sources.tensors import fingerprint
from taskarith.suites import Suite, load_suite
from taskarith.tasks import SplitName
from taskarith.tasks.examples import as_images

__all__ = ["examples_called", "suite_lab"]

MIX_BATCH, TEXT_MIX_BATCH = 128, 32
MIX_SEED = 3


def suite_lab(
    evaluator: Evaluator,
    *,
    cache: ResultCache | None = None,
    meter: Meter | None = None,
    n: int | None = None,
    choose_on: int | None = None,
    seed: int = 0,
    tuning: Tuning | None = None,
    rehearse: bool = False,
) -> Lab:
    """The lab of the evaluator's suite.

    `n` takes the first examples of each split's stratified order only (None: all), for a quick
    look, and `choose_on` as many of validation (None: as `n`); `seed` draws the null directions;
    `tuning` says how models are fine-tuned on the way (None: as suits the family). With `rehearse`
    test stays closed: what is asked of it is answered from validation, and the estimates say so.
    Numbers of edits that were chosen there then flatter.
    """
    called = examples_called(evaluator.suite)
    sample = Sample(called, n, rehearse, surely=True, chosen_on=choose_on)
    final: SplitName = "validation" if rehearse else "test"
    meter = meter or Meter()
    bench = _Bench(
        evaluator,
        cache=cache,
        meter=meter,
        sample=sample,
        seed=seed,
        tuning=tuning or usual_tuning(evaluator.suite),
        final=final,
    )

    @contextmanager
    def others(name: str) -> Iterator[Lab]:
        """The lab of another suite, measured alike; its weights are let go afterwards."""
        if name == evaluator.suite.name:
            yield lab
            return
        yield suite_lab(
            Evaluator(load_suite(name), device=evaluator.device),
            cache=cache,
            meter=meter,
            n=n,
            choose_on=choose_on,
            seed=seed,
            rehearse=rehearse,
        )

    lab = Lab(
        score=bench.score,
        answer=bench.answer,
        logits=bench.logits,
        probe=bench.probe,
        tune=bench.tune,
        mix=bench.mix,
        merge=bench.merge,
        gradient=bench.gradient,
        direction=bench.direction,
        hold=bench.hold,
        shuffled=bench.shuffled,
        sample=bench.sample,
        text_lab=bench.text_lab(),
        way_lab=suite_way_lab(evaluator, cache=cache, meter=meter, sample=sample, final=final),
        size=bench.size,
        others=others,
    )
    return lab


def examples_called(suite: Suite) -> str:
    """What the examples of a suite's tasks are called; "examples" where there are several kinds."""
    kinds = {task.examples for task in suite.tasks.values()}
    return kinds.pop() if len(kinds) == 1 else "examples"


class _Bench:
    """Where the callables of one lab work; one thread at a time."""

    def __init__(
        self,
        evaluator: Evaluator,
        *,
        cache: ResultCache | None,
        meter: Meter,
        sample: Sample,
        seed: int,
        tuning: Tuning,
        final: SplitName,
    ) -> None:
        self._evaluator = evaluator
        self._suite = evaluator.suite
        self._measurer = Measurer(evaluator, cache=cache)
        self._meter = meter
        self.sample = sample
        self._seed = seed
        self._tuning = tuning
        self._final = final
        self._seen: set[tuple[str, str, str]] = set()
        self._held: dict[str, tuple[TaskVector, int]] = {}
        self._asked: list[Asked] = []

    def score(
        self, coefficients: Mapping[str, float], tasks: Sequence[str], *, split: SplitName
    ) -> Mapping[str, Estimate]:
        edit = self._edit(coefficients)
        asked = Asked(tasks, lambda task: self._read(edit, task, split).estimate)
        if not self._measurer.concurrent:
            return dict(asked)
        for task in tasks:  # each by itself, as it is read: the same batches, the same answers
            self._measurer.begin(self._step(edit, task, split))
        if self._held:
            self._asked.append(asked)
        return asked

    def answer(
        self, coefficients: Mapping[str, float], task: str, *, split: SplitName, least: int = 0
    ) -> Answers:
        reading = self._read(self._edit(coefficients), task, split, least=least)
        told, split = reading.estimate, self._opened(split)
        labels = self._evaluator.labels(task, split)[: told.n]
        return Answers(reading.rows, labels, told.total, split, told.metric)

    def logits(
        self, coefficients: Mapping[str, float], task: str, *, split: SplitName
    ) -> np.ndarray:
        self._meter.check()
        edit, part = self._edit(coefficients), Part(task, 0, self._count(task, split))
        split = self._opened(split)
        self._evaluator.use(edit)
        found = self._evaluator.logits([part], split=split)[0]
        self._meter.count(f"logits of {task}, {split}: {edit.formula()}")
        return found

    def probe(self, coefficients: Mapping[str, float], task: str) -> Estimate | None:
        if not isinstance(self._evaluator.head(task), EmbeddingHead):
            return None
        self._meter.check()
        edit = self._edit(coefficients)
        self._evaluator.use(edit)
        x, y = self._embedded(task, "validation")
        if self._final == "test":
            unseen, truth = self._embedded(task, "test")
        else:  # any stretch of the stratified order has all classes in it
            half = len(x) // 2
            x, y, unseen, truth = x[:half], y[:half], x[half:], y[half:]
        classes = len(self._suite.task(task).classnames)
        right = LinearProbe(x, y, classes=classes).predict(unseen) == truth
        self._meter.count(f"linear probe of {task}: {edit.formula()}")
        total = self._evaluator.total(task, self._final)
        return Estimate.share(
            correct=int(np.count_nonzero(right)), n=len(right), total=total, split=self._final
        )

    @contextmanager
    def tune(
        self,
        coefficients: Mapping[str, float],
        tasks: Sequence[str],
        *,
        split: SplitName,
        examples: int | None = None,
        course: Course = AS_USUAL,
    ) -> Iterator[str]:
        self._meter.check()
        vector = tuned_vector(
            self._suite,
            self._edit(coefficients).coefficients,
            vectors=self._vector,
            tasks=tasks,
            split=split,
            examples=examples,
            tuning=self._tuning,
            course=course,
            device=self._evaluator.device,
            check=self._meter.check,
        )
        self._meter.count(f"fine-tuned on {', '.join(tasks)}")
        with self._hold("tuned", vector) as name:
            yield name

    @contextmanager
    def mix(self, vectors: Sequence[str], task: str, *, by_layer: bool) -> Iterator[Mixture]:
        self._meter.check()
        loaded = [self._vector(name) for name in vectors]
        parameters = sum(loaded[1:], loaded[0])  # refuses vectors of different parameters
        groups = layer_groups(parameters) if by_layer else {"": tuple(parameters)}
        weights = fitted_weights(
            self._mix_loss(loaded, task, groups), models=len(loaded), groups=len(groups)
        )
        self._meter.count(f"learned a soup of {len(vectors)} models")
        named = {
            group: dict(zip(vectors, column.tolist(), strict=True))
            for group, column in zip(groups, weights.T, strict=True)
        }
        if not by_layer:
            yield Mixture(coefficients=named[""], weights=named)
            return
        with self._hold("mixed", mixed_vector(loaded, weights=weights, groups=groups)) as name:
            yield Mixture(coefficients={name: 1.0}, weights=named)

    @contextmanager
    def merge(
        self,
        coefficients: Mapping[str, float],
        *,
        method: str,
        settings: Mapping[str, float],
        seed: int = 0,
    ) -> Iterator[Merged]:
        self._meter.check()
        vectors = {name: self._on_device(self._vector(name)) for name in coefficients}
        statistics = _Stoppable(self._evaluator, seed=self._seed, check=self._meter.check)
        started = time.perf_counter()
        merged = merge(
            Terms(vectors, coefficients, fused=self._suite.weights.family.fused),
            method=method,
            settings=settings,
            seed=seed,
            statistics=statistics if METHODS[method].needs_data else None,
        )
        for tensor in list(merged.values())[-1:]:
            tensor.sum().item()  # an accelerator is done when one can read what came last
        seconds = time.perf_counter() - started
        self._meter.count(f"merged {len(vectors)} vectors by {method}")
        with self._hold("merged", merged) as name:
            yield Merged(name, seconds)

    def gradient(
        self, coefficients: Mapping[str, float], task: str, *, split: SplitName, examples: int
    ) -> TaskVector:
        self._meter.check()
        self._evaluator.use(self._edit(coefficients))
        found = loss_gradient(
            self._evaluator,
            task,
            split=self._opened(split),
            examples=min(examples, self._count(task, split)),
            check=self._meter.check,
        )
        self._meter.count(f"gradient of {task}")
        return found

    def direction(self, name: str) -> TaskVector:
        return self._vector(name)

    def hold(self, vector: TaskVector) -> AbstractContextManager[str]:
        return self._hold("held", vector)

    def shuffled(self, seed: int) -> TaskVector:
        base, generator = self._suite.base_state(), torch.Generator().manual_seed(seed)
        moved = self._vector(self._suite.targets[0])  # which matrices: all vectors move the same
        changed = {}
        for name in moved:
            start = base[name].float()
            order = torch.randperm(start.numel(), generator=generator)
            changed[name] = start.flatten()[order].reshape(start.shape) - start
        return TaskVector(changed)

    def size(self) -> ModelSize:
        self._meter.check()
        numbers = sum(tensor.numel() for tensor in self._suite.base_state().values())
        model = self._evaluator.model
        counted = model.multiply_adds() if hasattr(model, "multiply_adds") else None
        self._meter.count("size counted")
        return ModelSize(numbers, counted)

    def text_lab(self) -> TextLab | None:
        if not writes(self._evaluator):
            return None
        return suite_text_lab(
            self._evaluator,
            meter=self._meter,
            edit=self._edit,
            vector=self._vector,
            hold=self._hold,
        )

    def _mix_loss(self, vectors: Sequence[TaskVector], task: str, groups: Groups) -> Loss:
        if "images" not in self._suite.weights.family.examples:
            return self._text_mix_loss(vectors, task, groups)
        device = self._evaluator.device
        model = trainable_model(self._suite).to(device)
        base = {name: t.to(device) for name, t in self._suite.base_state().items()}
        on_device = [self._on_device(vector) for vector in vectors]
        loaded = as_images(self._suite.split(task, "validation"), of=task)
        # A copy: what was first read under inference mode cannot take part in a backward pass.
        head = self._suite.class_weights(task).clone().to(device)
        rng = np.random.default_rng(MIX_SEED)

        def loss(weights: Tensor, temperature: Tensor, step: int) -> Tensor:
            self._meter.check()
            count = min(MIX_BATCH, len(loaded))
            rows = torch.from_numpy(rng.choice(len(loaded), count, replace=False))
            mixed = mixed_parameters(base, on_device, weights=weights.to(device), groups=groups)
            embeddings = torch.func.functional_call(
                model.network.visual,
                {name.removeprefix(VISION_PREFIX): tensor for name, tensor in mixed.items()},
                (model.normalize(loaded.pixels[rows]),),
            )
            logits = functional.normalize(embeddings, dim=-1) @ head.T
            return functional.cross_entropy(
                temperature.to(device) * logits, loaded.labels[rows].to(device)
            )

        return loss

    def _text_mix_loss(self, vectors: Sequence[TaskVector], task: str, groups: Groups) -> Loss:
        """The same for texts, by the task's own head, whose logits no temperature changes."""
        model, base = self._evaluator.model, self._evaluator.base_state()
        on_device = [self._on_device(vector) for vector in vectors]
        total, head = self._evaluator.total(task, "validation"), self._suite.head(task)
        prompts = self._evaluator.prompts(task, "validation", start=0, stop=total)
        labels = torch.from_numpy(self._evaluator.labels(task, "validation")).long()
        rng = np.random.default_rng(MIX_SEED)

        def loss(weights: Tensor, temperature: Tensor, step: int) -> Tensor:
            self._meter.check()
            rows = torch.from_numpy(rng.choice(total, min(TEXT_MIX_BATCH, total), replace=False))
            moved = weights.to(self._evaluator.device)
            mixed = mixed_parameters(base, on_device, weights=moved, groups=groups)
            return with_weights(
                model.network,
                mixed,
                lambda: text_loss(head, model, prompts.take(rows), labels[rows]),
            )

        return loss

    @contextmanager
    def _hold(self, kind: str, vector: TaskVector) -> Iterator[str]:
        """Let edits name a vector, by what it holds, so that cached results stay true."""
        name = f"{kind}-{fingerprint(vector)[:16]}"
        _, holders = self._held.get(name, (vector, 0))
        self._held[name] = vector, holders + 1
        if not holders:
            self._evaluator.add_vector(name, vector)
        try:
            yield name
            self._read_all()
        finally:
            self._asked.clear()
            _, holders = self._held.pop(name)
            if holders > 1:
                self._held[name] = vector, holders - 1
            else:
                self._evaluator.remove_vector(name)

    def _vector(self, name: str) -> TaskVector:
        if name in self._held:
            return self._held[name][0]
        return self._suite.vector(name, seed=self._seed)

    def _on_device(self, vector: TaskVector) -> TaskVector:
        return TaskVector({n: t.to(self._evaluator.device) for n, t in vector.items()})

    def _edit(self, coefficients: Mapping[str, float]) -> Edit:
        return Edit(self._suite.name, coefficients, seed=self._seed)

    def _first(self, split: SplitName) -> int | None:
        """How many examples are taken of the split that is asked for; None: all."""
        return self.sample.choosing if split == "validation" else self.sample.n

    def _count(self, task: str, split: SplitName) -> int:
        total, first = self._evaluator.total(task, self._opened(split)), self._first(split)
        return total if first is None else min(first, total)

    def _opened(self, split: SplitName) -> SplitName:
        """The split that is really looked at."""
        return self._final if split == "test" else split

    def _embedded(self, task: str, split: SplitName) -> tuple[np.ndarray, np.ndarray]:
        part = Part(task, 0, self._count(task, split))
        labels = self._evaluator.labels(task, split)[: part.stop]
        return self._evaluator.embeddings(part, split=split), labels

    def _step(self, edit: Edit, task: str, split: SplitName, *, least: int = 0) -> Step:
        first = self._first(split)
        n = None if first is None else max(first, least)
        return self._measurer.step(edit, tasks=[task], split=self._opened(split), n=n)

    def _read_all(self) -> None:
        """What was asked and not yet read: after this a vector in it may be forgotten."""
        for asked in self._asked:
            dict(asked)
        self._asked.clear()

    def _read(self, edit: Edit, task: str, split: SplitName, *, least: int = 0) -> Reading:
        self._meter.check()
        piece = self._measurer.run(self._step(edit, task, split, least=least))
        asked = (edit.key(), task, self._opened(split))
        if asked not in self._seen:
            self._seen.add(asked)
            self._meter.count(f"{task}, {self._opened(split)}: {edit.formula()}")
        return piece.readings[task]


class _Stoppable(ModelStatistics):
    """Statistics that first ask whether to go on: a merge may ask for thousands."""

    def __init__(self, source: Evaluator, *, seed: int, check: Callable[[], None]) -> None:
        super().__init__(source, seed=seed)
        self._check = check

    def fisher(self, vector: str, *, images: int) -> Mapping[str, Tensor]:
        self._check()
        return super().fisher(vector, images=images)

    def grams(self, vector: str, *, images: int) -> Mapping[str, Gram]:
        self._check()
        return super().grams(vector, images=images)

    def entropy(
        self, merged: TaskVector, *, vectors: Sequence[str], step: int, images: int
    ) -> tuple[float, Mapping[str, Tensor]]:
        self._check()
        return super().entropy(merged, vectors=vectors, step=step, images=images)
