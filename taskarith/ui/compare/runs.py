"""Comparisons for the page, as work for the jobs or as shipped: what is found, as JSON values.

Knows the comparisons of `taskarith.recipes`; nothing of browsers. Everything is on validation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskarith.evaluation import Estimate, Evaluator, Measurer, ResultCache
from taskarith.recipes.class_changes import changed_classes, new_confusions
from taskarith.recipes.interval import Interval
from taskarith.recipes.lab import Answers, Lab, Meter
from taskarith.recipes.methods.protocol import Choice, Misfit, References
from taskarith.recipes.methods.recipe import MethodsRecipe
from taskarith.recipes.methods.result import MethodsResult
from taskarith.recipes.plane.protocol import PlanePoint
from taskarith.recipes.plane.recipe import PlaneRecipe
from taskarith.recipes.plane.result import PlaneResult
from taskarith.recipes.ratios import normalized_and_gain
from taskarith.recipes.stored import shipped_result
from taskarith.recipes.suite_lab import suite_lab
from taskarith.suites import Suite
from taskarith.ui.compare.form import Classes
from taskarith.ui.merge_methods import sent_merge
from taskarith.ui.serving.jobs import Desk, Work

__all__ = ["classes_work", "methods_work", "plane_work", "shipped_comparisons"]

FIRST_LOOKS = (32, 128, 512)  # images after which the page sees how the classes stand

Json = dict[str, Any]


def classes_work(asked: Classes, *, cache: ResultCache) -> Work:
    """What one edit turned a task's classes into, beside another edit; sharper and sharper."""

    def work(desk: Desk) -> Json:
        evaluator = _evaluator(desk)
        measurer = Measurer(evaluator, cache=cache)
        total = evaluator.total(asked.task, "validation")
        most = total if asked.n is None else min(asked.n, total)
        looks = [n for n in FIRST_LOOKS if n < most] + [most]
        meter = Meter(needed=2 * len(looks), progress=desk.progress, cancelled=desk.stopped)
        rows: list[Json] = []
        for n in looks:
            pair = []
            for edit in (asked.before, asked.after):
                meter.check()
                reading = measurer.measure(edit, tasks=[asked.task], n=n).readings[asked.task]
                labels = evaluator.labels(asked.task, "validation")[:n]
                pair.append(Answers(reading.rows, labels, total, "validation"))
                meter.count(f"{asked.task}: {edit.formula()}")
            names = evaluator.suite.task(asked.task).classnames
            row = _classes(pair[0], pair[1], names)
            rows.append({"task": asked.task, **row})  # the last one counts
            desk.show({"rows": tuple(rows)})
        return {"rows": tuple(rows)}

    return work


def plane_work(recipe: PlaneRecipe, *, cache: ResultCache, n: int | None) -> Work:
    """The points of a plane from coarse to fine, and which of them are on the front."""

    def work(desk: Desk) -> Json:
        points: list[PlanePoint] = []
        rows: list[Json] = []
        lab = _lab(desk, recipe.evaluations(), cache=cache, n=n)

        def found() -> Json:
            result = recipe.result(points, sample=lab.sample)
            return {"rows": tuple(rows), **_plane(result, recipe.x_ends, recipe.steps)}

        for point in recipe.measure(lab):
            points.append(point)
            rows.append(_point(point, recipe.targets[0], recipe.control))
            desk.show(found())
        return found()

    return work


def methods_work(recipe: MethodsRecipe, *, cache: ResultCache, n: int | None) -> Work:
    """Every method, as its scale is chosen, beside doing nothing."""

    def work(desk: Desk) -> Json:
        lab = _lab(desk, recipe.evaluations(), cache=cache, n=n)
        suite = _evaluator(desk).suite.name
        table = _Methods(suite, recipe.tasks, recipe.control, recipe.references(lab))
        rows = [table.nothing()]
        desk.show({"rows": tuple(rows)})
        for found in recipe.choose(lab, table.references):
            rows.append(table.row(found))
            desk.show({"rows": tuple(rows)})
        return {"rows": tuple(rows)}

    return work


def shipped_comparisons(suite: Suite) -> dict[str, Json]:
    """The plane and the methods that come with a suite, as their work would have found them.

    Only what was measured on validation: a result of test is not looked at to choose from.
    """
    found: dict[str, Json] = {}
    plane, methods = (shipped_result(suite, name) for name in ("plane", "methods"))
    if isinstance(plane, PlaneResult):
        rows = tuple(_point(point, plane.targets[0], plane.control) for point in plane.points)
        across = sorted({point.x for point in plane.points})
        ends, steps = (across[0], across[-1]), len(across) - 1
        found["plane"] = {"rows": rows, **_plane(plane, ends, steps)}
    if isinstance(methods, MethodsResult) and methods.sample.rehearsal:
        table = _Methods(suite.name, methods.tasks, methods.control, methods.references)
        every: list[Choice | Misfit] = [*methods.choices, *methods.misfits]
        found["methods"] = {"rows": (table.nothing(), *map(table.row, every))}
    return found


def _lab(desk: Desk, needed: int, *, cache: ResultCache, n: int | None) -> Lab:
    meter = Meter(needed=needed, progress=desk.progress, cancelled=desk.stopped)
    return suite_lab(_evaluator(desk), cache=cache, meter=meter, n=n, rehearse=True)


def _evaluator(desk: Desk) -> Evaluator:
    assert isinstance(desk.evaluator, Evaluator)
    return desk.evaluator


def _classes(before: Answers, after: Answers, names: tuple[str, ...]) -> Json:
    whole = after.against(before)
    return {
        "classes": list(names),
        "before": _told(before.estimate),
        "after": _told(after.estimate),
        "difference": whole.to_json(),
        "changes": [
            {
                "name": one.name,
                "before": one.before,
                "after": one.after,
                **one.difference.to_json(),
            }
            for one in changed_classes(before, after, names)
        ],
        "confusions": [
            {"truth": one.truth, "answer": one.answer, "before": one.before, "after": one.after}
            for one in new_confusions(before, after, names)
        ],
        "matrices": [before.confusion(len(names)), after.confusion(len(names))],
    }


def _point(point: PlanePoint, target: str, control: str) -> Json:
    return {
        "x": point.x,
        "y": point.y,
        "coefficients": {name: v for name, v in point.coefficients.items() if v},
        "target": _told(point.accuracies[target]),
        "control": _told(point.accuracies[control]),
    }


def _plane(result: PlaneResult, ends: tuple[float, float], steps: int) -> Json:
    """What was asked, and which of the points are on the front, by their place."""
    places = {id(point): place for place, point in enumerate(result.points)}
    asked = {
        "x": result.x,
        "y": result.y,
        "low": ends[0],
        "high": ends[1],
        "target": result.targets[0],
        "forget": result.forget,
        "steps": steps,
        "held": dict(result.others),
    }
    return {"front": [places[id(point)] for point in result.front], "asked": asked}


@dataclass(frozen=True)
class _Methods:
    """The rows about merging the vectors of `tasks`."""

    suite: str
    tasks: tuple[str, ...]
    control: str
    references: References

    def nothing(self) -> Json:
        before = self.references.pretrained
        normalized, _ = self._intervals(before)
        return {
            "kind": "nothing",
            "label": "Doing nothing",
            "normalized": normalized.to_json(),
            "control": _told(before[self.control]),
            "tasks": {task: _told(before[task]) for task in self.tasks},
            "finetuned": {task: _told(self.references.finetuned[task]) for task in self.tasks},
        }

    def row(self, found: Choice | Misfit) -> Json:
        if isinstance(found, Misfit):
            return {"kind": "misfit", "label": found.entrant.label(), "reason": found.reason}
        first, method = found.outcomes[0], found.entrant.method
        edit = found.entrant.edit(self.suite, self.tasks, scale=found.scale)
        normalized, gain = self._intervals(first.accuracies)
        return {
            "kind": "method",
            "name": method.name,
            "label": found.entrant.label(),
            "about": method.about,
            "paper": method.paper,
            "looks": method.needs_data,
            "edit": dict(edit.coefficients),
            "merge": sent_merge(edit),
            "scale": found.scale,
            "normalized": normalized.to_json(),
            "gain": gain.to_json(),
            "at_one": found.at_one,
            "spread": found.spread,
            "seeds": len(found.outcomes),
            "control": _told(first.accuracies[self.control]),
            "tasks": {task: _told(first.accuracies[task]) for task in self.tasks},
            "seconds": found.seconds,
            "buffers": method.buffers,
        }

    def _intervals(self, accuracies: Mapping[str, Estimate]) -> tuple[Interval, Interval]:
        return normalized_and_gain(
            {task: accuracies[task] for task in self.tasks},
            pretrained=self.references.pretrained,
            finetuned=self.references.finetuned,
        )


def _told(estimate: Estimate) -> Json:
    return {
        "accuracy": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
        "total": estimate.total,
    }
