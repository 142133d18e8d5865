"""Published numbers, measured again: the same methods on the same checkpoints and whole test sets.

Every coefficient is the published one, so nothing is chosen and the tenth of each test split that
otherwise is validation takes part. Knows which edit a published row stands for; the numbers come
from the suite's own file.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from taskarith.core import Edit
from taskarith.errors import AssetError
from taskarith.evaluation import Estimate, Measurer, Part, Step
from taskarith.sources import find_pulled
from taskarith.suites import Suite
from taskarith.suites.references import pull_ledger
from taskarith.tasks.dataset_commits import dataset_commit
from taskarith.tasks.splits import hub_folder

__all__ = ["Comparison", "Published", "origins", "read_published", "reproduce", "whole_test"]

STEP = 1024  # examples between two notes on disk: what an interruption can cost


@dataclass(frozen=True)
class Published:
    """Other people's numbers, in percent, by method and task; and where they were read.

    A number is what the task's metric says: accuracy, or 100 times Spearman's ρ.
    """

    source: str
    titles: Mapping[str, str]
    accuracies: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Comparison:
    """Our number of a method on a task beside the published one, in percent (None: not given)."""

    method: str
    task: str
    ours: Estimate
    published: float | None

    @property
    def difference(self) -> float | None:
        """Ours less the published, in points."""
        return None if self.published is None else 100 * self.ours.value - self.published

    @property
    def agrees(self) -> bool | None:
        """Whether the published number is inside our 95 % interval, to its own rounding."""
        if self.published is None:
            return None
        return 100 * self.ours.low - 0.05 <= self.published <= 100 * self.ours.high + 0.05

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "method": self.method,
            "task": self.task,
            "accuracy": self.ours.value,
            "low": self.ours.low,
            "high": self.ours.high,
            "n": self.ours.n,
            "total": self.ours.total,
            "published": self.published,
            "difference": self.difference,
            "agrees": self.agrees,
        }


def _each(coefficient: float) -> Callable[[str, Sequence[str], str], Edit]:
    return lambda suite, tasks, task: Edit(suite, dict.fromkeys(tasks, coefficient))


EditOf = Callable[[str, Sequence[str], str], Edit]  # of a suite, its targets and one of them

EDITS: dict[str, EditOf] = {
    "pretrained": _each(0.0),
    "individual": lambda suite, tasks, task: Edit(suite, {task: 1.0}),
    "weight_averaging": lambda suite, tasks, task: Edit(
        suite, dict.fromkeys(tasks, 1.0), method="average"
    ),
}
SCALED = re.compile(r"(task_arithmetic|ties)_([01]\.\d)")  # a method, and its λ


def _edit_of(method: str) -> EditOf:
    """The edit that a row of a published table stands for; AssetError where it stands for none."""
    if method in EDITS:
        return EDITS[method]
    scaled = SCALED.fullmatch(method)
    if scaled is None:
        raise AssetError(f"the row {method!r:.80} of a published table stands for no edit")
    scale = float(scaled[2])
    if scaled[1] == "task_arithmetic":
        return _each(scale)
    return lambda suite, tasks, task: Edit(
        suite,
        dict.fromkeys(tasks, 1.0),
        method="ties-sum",
        settings={"density": 0.2, "scale": scale},
    )


def read_published(suite: Suite) -> Published:
    """The published numbers that come with a suite; AssetError where there are none."""
    name = suite.manifest.published
    if name is None:
        raise AssetError(f"the suite {suite.name!r} comes with no published numbers")
    path = suite.path(name)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        tasks = [str(task) for task in data["tasks"]]
        rows = {
            str(row["method"]): dict(zip(tasks, map(float, row["accuracy"]), strict=True))
            for row in data["rows"]
        }
        titles = {str(row["method"]): str(row["title"]) for row in data["rows"]}
        source = str(data["source"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AssetError(f"{path} holds no table of numbers: {error!r:.200}") from error
    for method in rows:
        _edit_of(method)
    return Published(source, titles, rows)


def whole_test(suite: Suite) -> Suite:
    """The suite with the whole of each Hub dataset's test split as test, without a limit."""
    tasks = []
    for task in suite.manifest.tasks:
        data = dict(task.data)
        if data["kind"] == "hub" and "test" in data["splits"]:
            limit = "texts" if task.examples == "texts" else "images"
            data |= {limit: None, "splits": {"test": {"from": data["splits"]["test"]["from"]}}}
        tasks.append(replace(task, data=data))
    return Suite(suite.folder, replace(suite.manifest, tasks=tuple(tasks)))


def origins(suite: Suite) -> dict[str, dict[str, Any]]:
    """The commits behind the numbers: of "weights" by reference, of "datasets" by target.

    None where nothing was fetched: files of this machine, examples that were not looked at.
    """
    weights = {r: find_pulled(r, ledger=pull_ledger()).commit for r in suite.references()}
    targets = {name: suite.task(name) for name in suite.targets}
    datasets = {
        name: {
            "dataset": task.data["dataset"],
            "commit": dataset_commit(task.data, folder=hub_folder(task.examples)),
        }
        for name, task in targets.items()
        if task.data["kind"] == "hub"
    }
    return {"weights": weights, "datasets": datasets}


def reproduce(
    measurer: Measurer,
    published: Published,
    *,
    suite: Suite,
    methods: Sequence[str] | None = None,
    n: int | None = None,
) -> Iterator[Comparison]:
    """Measure each published method on each target's test split, one after the other.

    With `n`, the first examples of each task only, as a quick look. What was measured is in the
    measurer's cache after every thousand examples, so that an interrupted run goes on where it was.
    """
    rows = [
        (method, task)
        for method in (published.accuracies if methods is None else methods)
        for task in suite.targets
    ]

    def steps() -> Iterator[Step]:
        for method, task in rows:
            edit = _edit_of(method)(suite.name, suite.targets, task)
            total = len(measurer.predictor.labels(task, "test"))
            last = total if n is None else min(n, total)
            edges = [0, *range(STEP, last, STEP), last]
            for start, stop in pairwise(edges):
                parts = (Part(task, start, stop),)
                yield Step(edit, parts, "test", "reference", ends_stage=stop == last)

    waiting = iter(rows)
    for piece in measurer.run_all(steps()):
        if piece.ends_stage:
            method, task = next(waiting)
            ours = piece.readings[task].estimate
            theirs = published.accuracies.get(method, {}).get(task)
            yield Comparison(method, task, ours, theirs)
