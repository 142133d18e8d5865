"""The order of measuring: what to look at first so that the page soon shows something true.

A plan is a stream of steps; each is one edit and a slice of some tasks' stratified orders, small
enough that a newer request need not wait for it. Pure: nothing here measures anything.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from taskarith.core import METHODS, Edit
from taskarith.suites import Suite
from taskarith.tasks import SplitName

__all__ = [
    "COARSE_IMAGES",
    "COARSE_NODES",
    "FINE_IMAGES",
    "FINE_NODES",
    "FIRST_IMAGES",
    "STEP_IMAGES",
    "Kind",
    "Part",
    "Step",
    "commit_steps",
    "point_steps",
    "slice_nodes",
    "slice_steps",
    "visible_tasks",
]

FIRST_IMAGES = 16  # per task: the first measured point
COARSE_IMAGES = 32  # per task and node: the first picture of a curve
FINE_IMAGES = 128  # per task and node: the curve as it stays
COARSE_NODES = (-1.5, -0.75, 0.0, 0.75, 1.5)
FINE_NODES = (-1.5, -1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5)
# About 40 ms of `mini` on two slow cores: a newer commit waits no longer than for one step.
STEP_IMAGES = 96
# The first look takes 16 images of each task, even of twelve. More at once leave a CPU's cache:
# batches of 288 were a fifth slower per image than those of 48 to 192.
MAX_STEP_IMAGES = 192

Kind = Literal["point", "slice", "reference"]
Total = Callable[[str], int]


@dataclass(frozen=True)
class Part:
    """The images at positions start…stop (stop excluded) of a task's stratified order."""

    task: str
    start: int
    stop: int


@dataclass(frozen=True)
class Step:
    """Images of several tasks to measure together under one edit.

    Attributes:
        kind: the edit in hand (`point`), a node of the curve (`slice`), or what the edit in hand
            is compared with (`reference`).
        focus: for a slice, the vector whose coefficient varies.
        ends_stage: whether it completes a picture: a curve, or the point, at some precision.
    """

    edit: Edit
    parts: tuple[Part, ...]
    split: SplitName = "validation"
    kind: Kind = "point"
    focus: str | None = None
    ends_stage: bool = False


def visible_tasks(suite: Suite, edit: Edit) -> list[str]:
    """The tasks to measure under `edit`: targets, onlookers, others it is about, the control."""
    about = {suite.subject(name) for name in edit.coefficients if ":" not in name}
    used = [name for name in (*suite.auxiliaries, *suite.recipe_tasks) if name in about]
    return [*suite.targets, *suite.onlookers, *used, suite.control]


def point_steps(
    edit: Edit,
    *,
    tasks: Sequence[str],
    total: Total,
    split: SplitName = "validation",
    start: int = 0,
    stop: int | None = None,
    kind: Kind = "point",
    focus: str | None = None,
    step_images: int = STEP_IMAGES,
    at_once: bool = False,
) -> Iterator[Step]:
    """Measure `edit` on positions start…stop of every task (None: to the end of the split).

    All tasks advance together, so each step sharpens many of them; a task whose split is used up
    leaves the rest of the step to the others. `total` gives the images in a task's split and is
    not asked before the first step is wanted. With `at_once` a step may be larger, so that all
    tasks are in it.

    >>> steps = point_steps(Edit("mini"), tasks=["a", "b"], total={"a": 20, "b": 99}.get, stop=40)
    >>> [[(part.task, part.start, part.stop) for part in step.parts] for step in steps]
    [[('a', 0, 20), ('b', 0, 40)]]
    """
    ends = {task: min(total(task), total(task) if stop is None else stop) for task in tasks}
    most = max(MAX_STEP_IMAGES, step_images) if at_once else step_images
    position = start
    while active := [task for task in tasks if ends[task] > position]:
        width = max(FIRST_IMAGES, step_images // len(active))
        parts = [Part(t, position, min(position + width, ends[t])) for t in active]
        for some in _shared(parts, most=max(1, most // width)):
            yield Step(edit, tuple(some), split, kind, focus)
        position += width


def _shared(parts: Sequence[Part], *, most: int) -> Iterator[Sequence[Part]]:
    """Parts in as few runs of at most `most` as it takes, all about as long."""
    runs = -(-len(parts) // most)
    ends = [len(parts) * (run + 1) // runs for run in range(runs)]
    for first, end in zip([0, *ends], ends, strict=False):
        yield parts[first:end]


def slice_nodes(center: float, *, nodes: Iterable[float] = FINE_NODES) -> list[float]:
    """The coefficients of a curve, nearest to `center` first.

    >>> slice_nodes(0.6, nodes=(-0.5, 0.0, 0.5, 1.0))
    [0.5, 1.0, 0.0, -0.5]
    """
    return sorted(nodes, key=lambda node: (abs(node - center), node))


def slice_steps(
    edit: Edit,
    *,
    focus: str,
    nodes: Sequence[float],
    stop: int,
    tasks: Sequence[str],
    total: Total,
    split: SplitName = "validation",
    start: int = 0,
    step_images: int = STEP_IMAGES,
) -> Iterator[Step]:
    """Measure `edit` with λ(focus) at each of `nodes`, in that order, as `point_steps` does."""
    for node in nodes:
        yield from point_steps(
            edit.with_coefficient(focus, node),
            tasks=tasks,
            total=total,
            split=split,
            start=start,
            stop=stop,
            kind="slice",
            focus=focus,
            step_images=step_images,
        )


def commit_steps(
    edit: Edit,
    *,
    focus: str | None,
    tasks: Sequence[str],
    total: Total,
    split: SplitName = "validation",
    references: Sequence[Edit] = (),
    step_images: int = STEP_IMAGES,
) -> Iterator[Step]:
    """Everything the page wants to know about `edit`, most urgent first.

    A first point of 16 images a task; the same images under the `references` (the pretrained
    model, the pinned edit) for paired differences; the curve along λ(focus) at five nodes with 32
    images; the point at 128; the curve at eleven nodes, filling in around the point, first with
    32, then with 128 images; the point and the references on the whole split. Nodes stay on one
    grid while the slider moves, so that most of the next curve is already known. A node that is
    the point or a reference is measured as that. Without a `focus` there is no curve. Each node of
    a merge that is no sum has to be merged first: it is measured with 128 images at once, after the
    point, and a node with more vectors than the method takes is left out.
    """
    kinds: dict[Edit, Kind] = {edit: "point"}
    for other in references:
        kinds.setdefault(other, "reference")

    def point(start: int, stop: int | None) -> Iterator[Step]:
        for each, kind in kinds.items():
            yield from point_steps(
                each,
                tasks=tasks,
                total=total,
                split=split,
                start=start,
                stop=stop,
                kind=kind,
                step_images=step_images,
                at_once=stop == FIRST_IMAGES,
            )

    def curve(nodes: Iterable[float], start: int, stop: int) -> Iterator[Step]:
        if focus is None:
            return
        at = {node: edit.with_coefficient(focus, node) for node in nodes}
        others = [node for node, other in at.items() if other not in kinds and _can_merge(other)]
        yield from slice_steps(
            edit,
            focus=focus,
            nodes=slice_nodes(edit.coefficients.get(focus, 0.0), nodes=others),
            start=start,
            stop=stop,
            tasks=tasks,
            total=total,
            split=split,
            step_images=step_images,
        )

    later_nodes = [node for node in FINE_NODES if node not in COARSE_NODES]
    yield from point(0, FIRST_IMAGES)
    if edit.method != "sum":
        yield from _stage(point(FIRST_IMAGES, FINE_IMAGES))
        yield from _stage(curve(FINE_NODES, 0, FINE_IMAGES))
        yield from _stage(point(FINE_IMAGES, None))
        return
    yield from _stage(curve(COARSE_NODES, 0, COARSE_IMAGES))
    yield from _stage(point(FIRST_IMAGES, FINE_IMAGES))
    yield from _stage(curve(later_nodes, 0, COARSE_IMAGES))
    yield from _stage(curve(FINE_NODES, COARSE_IMAGES, FINE_IMAGES))
    yield from _stage(point(FINE_IMAGES, None))


def _can_merge(edit: Edit) -> bool:
    most = METHODS[edit.method].most_terms
    return most is None or len(edit.coefficients) <= most


def _stage(steps: Iterator[Step]) -> Iterator[Step]:
    """The same steps, of which the last says so."""
    held = next(steps, None)
    for step in steps:
        if held is not None:
            yield held
        held = step
    if held is not None:
        yield replace(held, ends_stage=True)
