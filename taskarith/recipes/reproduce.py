"""Published numbers, measured again: the same methods on the same checkpoints and whole test sets.

Every coefficient is the published one, so nothing is chosen and the tenth of each test split that
otherwise is validation takes part. Knows which edit a published row stands for; the numbers come
from the suite's own file.
"""

import json
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
from taskarith.tasks.picture_cache import pictures_folder

__all__ = ["Comparison", "Published", "origins", "read_published", "reproduce", "whole_test"]

STEP = 1024  # images between two notes on disk: what an interruption can cost


@dataclass(frozen=True)
class Published:
    """Other people's accuracies, in percent, by method and task; and where they were read."""

    source: str
    titles: Mapping[str, str]
    accuracies: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Comparison:
    """Our accuracy of a method on a task beside the published one, in percent (None: not given)."""

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


# The edit that a row of a published table stands for, of a suite, its targets and one of them.
EDITS: dict[str, Callable[[str, Sequence[str], str], Edit]] = {
    "pretrained": _each(0.0),
    "individual": lambda suite, tasks, task: Edit(suite, {task: 1.0}),
    "weight_averaging": lambda suite, tasks, task: Edit(
        suite, dict.fromkeys(tasks, 1.0), method="average"
    ),
    "task_arithmetic_0.3": _each(0.3),
    "ties_0.3": lambda suite, tasks, task: Edit(
        suite,
        dict.fromkeys(tasks, 1.0),
        method="ties-sum",
        settings={"density": 0.2, "scale": 0.3},
    ),
}


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
    unknown = [method for method in rows if method not in EDITS]
    if unknown:
        raise AssetError(f"{path} has rows that stand for no edit: {', '.join(unknown)}")
    return Published(source, titles, rows)


def whole_test(suite: Suite) -> Suite:
    """The suite with the whole of each Hub dataset's test split as test, without a limit."""
    tasks = []
    for task in suite.manifest.tasks:
        data = dict(task.data)
        if data["kind"] == "hub" and "test" in data["splits"]:
            data |= {"images": None, "splits": {"test": {"from": data["splits"]["test"]["from"]}}}
        tasks.append(replace(task, data=data))
    return Suite(suite.folder, replace(suite.manifest, tasks=tuple(tasks)))


def origins(suite: Suite) -> dict[str, dict[str, Any]]:
    """The commits behind the numbers: of "weights" by reference, of "pictures" by target.

    None where nothing was fetched: files of this machine, pictures that were not looked at.
    """
    weights = {r: find_pulled(r, ledger=pull_ledger()).commit for r in suite.references()}
    hub = {name: suite.task(name).data for name in suite.targets}
    pictures = {
        name: {
            "dataset": data["dataset"],
            "commit": dataset_commit(data, folder=pictures_folder()),
        }
        for name, data in hub.items()
        if data["kind"] == "hub"
    }
    return {"weights": weights, "pictures": pictures}


def reproduce(
    measurer: Measurer,
    published: Published,
    *,
    suite: Suite,
    methods: Sequence[str] | None = None,
    n: int | None = None,
) -> Iterator[Comparison]:
    """Measure each published method on each target's test split, one after the other.

    With `n`, the first images of each task only, as a quick look. What was measured is in the
    measurer's cache after every thousand images, so that an interrupted run goes on where it was.
    """
    rows = [
        (method, task)
        for method in (published.accuracies if methods is None else methods)
        for task in suite.targets
    ]

    def steps() -> Iterator[Step]:
        for method, task in rows:
            edit = EDITS[method](suite.name, suite.targets, task)
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
