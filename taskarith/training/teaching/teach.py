"""Teaching: from examples to a task vector, its task and its head, in a copy of a suite.

The copy is there when everything has gone well; until then, and where anything goes wrong, there
is nothing of it. The same examples, way and seed give the same vector, bit for bit, whoever asks:
it is made on one thread, in float32.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from taskarith.core import Edit, Reported, TaskVector, VectorInfo
from taskarith.errors import TeachingCancelled, TeachingError, listed
from taskarith.evaluation.estimate import Estimate
from taskarith.sources.native import NATIVE_FILE, base_fingerprint, write_vector
from taskarith.suites.home import make_private, new_folder
from taskarith.suites.json_reader import NAME
from taskarith.suites.making.creating import WORDS
from taskarith.suites.making.deriving import derive_suite, keep_measurements
from taskarith.suites.suite import Suite, is_installed, load_suite
from taskarith.training.anchor import Anchor
from taskarith.training.teaching.bounds import OWNER_BOUNDS, Bounds
from taskarith.training.teaching.examples import Source, gathered
from taskarith.training.teaching.how import BATCH, STEPS, How
from taskarith.training.teaching.learning import learn_task, one_thread, wanted_anchor
from taskarith.training.teaching.looks import Look, Seen
from taskarith.training.teaching.reading import Reading
from taskarith.training.teaching.splitting import Gathered
from taskarith.training.teaching.suggesting import COEFFICIENTS, Measured, suggested
from taskarith.training.teaching.task import AUTO, chosen_head, write_task
from taskarith.training.teaching.taught import Taught
from taskarith.training.teaching.watching import Watch
from taskarith.training.ways.way import Moving, Setup

__all__ = ["teach"]

SEEN = 256  # examples of a split when λ is chosen


def teach(
    suite: Suite | str,
    examples: Source,
    *,
    task: str,
    title: str | None = None,
    into: str | None = None,
    head: str = AUTO,
    way: str = "blocks",
    settings: Mapping[str, Any] | None = None,
    steps: int = STEPS,
    batch: int = BATCH,
    rate: float | None = None,
    anchor: bool = True,
    sharpness: float = 0.0,
    few: int | None = None,
    start: Mapping[str, float] | None = None,
    seed: int = 0,
    reading: Reading | None = None,
    private: bool = False,
    bounds: Bounds = OWNER_BOUNDS,
    look: Callable[[Look], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Taught:
    """Teach `suite` to tell the classes of `examples` apart; gives the copy with the new slider.

    Args:
        examples: by class, or a folder or a zip of class folders, a table of texts,
            "world:NAME" or "hub:OWNER/DATASET" (see `examples.gathered`).
        reading: how a table, a world or a dataset is read; None as usual.
        task: what the new task and its vector are called.
        into: what the copy is called; the suite's name and the task's unless told otherwise.
        head: what the classes are told apart by: "words", "prototypes", "linear-probe", or "auto".
        way: one of `ways.registry.WAYS`, with its `settings`; the rest is as in `How`.
        private: whether the copy is for those alone who know its name.
        look: called with every look while it learns.
        stopped: asked at every step.

    Raises TaskArithError, and then nothing was made.
    """
    how = How(
        way=way,
        settings=settings or {},
        steps=steps,
        batch=batch,
        rate=rate,
        anchor=anchor,
        sharpness=sharpness,
        few=few,
        start=start or {},
        seed=seed,
        bounds=bounds,
    )
    parent = suite if isinstance(suite, Suite) else load_suite(suite)
    name = into if into is not None else f"{parent.name}-{task}"[:64].rstrip("-.")
    _check_names(parent, task, name)
    parent.check_edit(Edit(parent.name, how.start))
    with (
        one_thread(),
        _writing_said(),
        gathered(
            examples,
            takes=parent.weights.family.examples,
            reading=reading,
            seed=seed,
            few=few,
            bounds=bounds,
        ) as found,
        new_folder(name, taken=is_installed) as folder,
    ):
        if private:
            make_private(folder)
        if found.kind not in parent.weights.family.examples:
            takes = " and ".join(parent.weights.family.examples)
            raise TeachingError(f"the base of {parent.name} takes {takes}; these are {found.kind}")
        kind, why_head = chosen_head(parent, found.classnames, how.found.head or head)
        _check_way(how, found, head=kind)
        entry = write_task(found, name=task, title=title or task, head=kind, folder=folder)
        return _Teaching(
            parent, folder, how, entry, name=name, found=found, look=look, stopped=stopped
        ).run(why_head)


@contextmanager
def _writing_said() -> Iterator[None]:
    """A disk without room, or a folder that may not be written, in words."""
    try:
        yield
    except OSError as error:
        raise TeachingError(
            f"the copy could not be written ({error.strerror or error}), and nothing of it was "
            "kept; make room on the disk, or see who may write there"
        ) from error


def _check_way(how: How, found: Gathered, *, head: str) -> None:
    if found.kind not in how.found.examples:
        kinds = " and ".join("pictures" if one == "images" else one for one in how.found.examples)
        raise TeachingError(f"{how.found.title} is for {kinds}; take another way")
    if how.found.remakes_heads and head != WORDS:
        raise TeachingError(
            f"{how.found.title} moves what reads class names, and this task's head is made of "
            "examples; give classes names that the base knows, or take another way"
        )


def _check_names(parent: Suite, task: str, name: str) -> None:
    for what, called in (("task", task), ("suite", name)):
        if not NAME.fullmatch(called):
            raise TeachingError(
                f"{called[:80]!r} is no name of a {what}: lower-case letters, digits, '.' and '-'"
            )
    if task in (*parent.tasks, *parent.recipe_tasks):
        raise TeachingError(
            f"{parent.name} has a task {task!r} already; give this one another name"
        )
    if is_installed(name):
        raise TeachingError(f"there is a suite {name!r} already; choose another name for the copy")


class _Teaching:
    """One teaching, in a folder that becomes a suite when it is over."""

    def __init__(
        self,
        parent: Suite,
        folder: Path,
        how: How,
        entry: Mapping[str, Any],
        *,
        name: str,
        found: Gathered,
        look: Callable[[Look], None],
        stopped: Callable[[], bool],
    ) -> None:
        self.how, self.found = how, found
        self._look, self._stopped = look, stopped
        self._folder, self._task = folder, str(entry["name"])
        self._place = f"vectors/{self._task}/{NATIVE_FILE}"
        self._parent = parent
        self._model = _at(parent, how.start)
        setup = Setup(how.settings, how.seed, found.classnames)
        self._moving: Moving = how.found.start(self._model, parent.weights.family, setup=setup)
        self._began = self._moving.weights()
        self._base = {**parent.base_state(), **self._moving.neutral}
        # Its vector is written twice, so that the new suite is whole before anything is learned.
        self._write(TaskVector({n: torch.zeros_like(t) for n, t in self._began.items()}))
        derive_suite(
            parent,
            folder,
            name=name,
            added=[(entry, self._place)],
            neutral=self._moving.neutral,
        )
        self._suite = load_suite(folder)

    def run(self, why_head: str) -> Taught:
        """Learn, choose λ, and write the vector with its card."""
        started = time.monotonic()
        anchor = wanted_anchor(self._suite, self._model, self.how)
        weights = self._learn(anchor)
        vector = TaskVector({n: (t - self._began[n]).half() for n, t in weights.items()})
        before, by_coefficient = self._measured(vector)
        coefficient, why = suggested(by_coefficient)
        names = (self._task, self._suite.control)
        kept = "no anchor" if anchor is None else f"anchor of {anchor.described()}"
        taught = Taught(
            suite=self._suite.name,
            vector=self._task,
            control=self._suite.control,
            before=dict(zip(names, before.estimates, strict=True)),
            after=dict(zip(names, by_coefficient[1.0].estimates, strict=True)),
            coefficient=coefficient,
            why=why,
            how=f"{self.how.in_words()}, {kept}",
            head=why_head,
            moved=self._moving.count,
            size=vector.size,
            examples={str(split): len(items) for split, items in self.found.splits.items()},
            seconds=round(time.monotonic() - started, 1),
            notes=self.found.notes,
        )
        self._write(vector, taught)
        keep_measurements(self._parent, self._folder)
        return taught

    def _learn(self, anchor: Anchor | None) -> dict[str, torch.Tensor]:
        watch = Watch(self._suite, self._task, self._model, how=self.how, look=self._look)
        watch.first()

        def step(number: int, loss: float) -> None:
            if self._stopped():
                raise TeachingCancelled("it was stopped; nothing of it was kept")
            watch.step(number, loss)

        return learn_task(
            self._suite,
            self._task,
            self._model,
            self._moving,
            how=self.how,
            anchor=anchor,
            watch=step,
            contexts=self._parent,
        )

    def _measured(self, vector: TaskVector) -> tuple[Measured, dict[float, Measured]]:
        """The new task and the control before, and at every coefficient that may be suggested."""
        remade = self.how.found.remakes_heads

        def at(*moved: tuple[float, TaskVector]) -> tuple[Seen, Seen]:
            model = _at(self._suite, self.how.start, *moved)
            task, control = (
                Seen(self._suite, name, model=model, most=SEEN, remade=remade)
                for name in (self._task, self._suite.control)
            )
            return task, control

        def measured(task: Seen, control: Seen) -> Measured:
            kept, _ = control.retained(before)
            return Measured(task.estimate(), control.estimate(), task.loss(), kept)

        pretrained = at()
        before = pretrained[1].rows()
        moved = {value: measured(*at((value, vector))) for value in COEFFICIENTS}
        return measured(*pretrained), moved

    def _write(self, vector: TaskVector, taught: Taught | None = None) -> None:
        """The vector and its card."""
        covered = {name: name for name in vector}
        info = VectorInfo(
            task=self._task,
            base_fingerprint=base_fingerprint(self._base, covered),
            subtraction_dtype="float32",
        )
        if taught is not None:
            info = replace(
                info,
                zero_shot=_reported(taught.before[self._task]),
                finetuned=_reported(taught.after[self._task]),
                coefficient=taught.coefficient,
                recipe=f"{taught.how}; head of {taught.head}; learned from "
                f"{taught.examples['train']:,} {self.found.kind} of {len(self.found.classnames)} "
                f"classes ({listed(self.found.classnames)}){self._origin()}; λ: {taught.why}",
            )
        write_vector(vector, (self._folder / self._place).parent, info=info, dtype=torch.float16)

    def _origin(self) -> str:
        return f" of {self.found.origin}" if self.found.origin else ""


def _at(suite: Suite, coefficients: Mapping[str, float], *others: tuple[float, TaskVector]) -> Any:
    """A fresh model at the weights of an edit, and of further vectors with their λ."""
    model = suite.model_at(coefficients)
    parameters = dict(model.network.named_parameters())
    with torch.no_grad():
        for value, vector in others:
            for name, tensor in vector.items():
                parameters[name].add_(tensor.float(), alpha=value)
    return model


def _reported(estimate: Estimate) -> Reported:
    return Reported(accuracy=estimate.value, n=estimate.n, split=estimate.split)
