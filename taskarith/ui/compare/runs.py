"""Comparisons for the page, as work for the jobs: what is found so far, as plain JSON values.

Knows the comparisons of `taskarith.recipes`; nothing of browsers. Everything is on validation.
"""

from typing import Any

from taskarith.evaluation import Estimate, Evaluator, Measurer, ResultCache
from taskarith.recipes.class_changes import changed_classes, new_confusions
from taskarith.recipes.interval import Interval
from taskarith.recipes.lab import Answers, Lab, Meter
from taskarith.recipes.methods.protocol import Choice, Misfit, References
from taskarith.recipes.methods.recipe import MethodsRecipe
from taskarith.recipes.plane.protocol import PlanePoint
from taskarith.recipes.plane.recipe import PlaneRecipe
from taskarith.recipes.ratios import normalized_and_gain
from taskarith.recipes.suite_lab import suite_lab
from taskarith.ui.compare.form import Classes
from taskarith.ui.merge_methods import sent_merge
from taskarith.ui.serving.jobs import Desk, Work

__all__ = ["classes_work", "methods_work", "plane_work"]

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
    asked = {
        "x": recipe.x,
        "y": recipe.y,
        "low": recipe.x_ends[0],
        "high": recipe.x_ends[1],
        "target": recipe.targets[0],
        "forget": recipe.forget,
        "steps": recipe.steps,
    }

    def work(desk: Desk) -> Json:
        points: list[PlanePoint] = []
        rows: list[Json] = []

        def found() -> Json:
            return {"rows": tuple(rows), "front": _front(recipe, points), "asked": asked}

        for point in recipe.measure(_lab(desk, recipe.evaluations(), cache=cache, n=n)):
            points.append(point)
            rows.append(_point(point, recipe))
            desk.show(found())
        return found()

    return work


def methods_work(recipe: MethodsRecipe, *, cache: ResultCache, n: int | None) -> Work:
    """Every method, as its scale is chosen, beside doing nothing."""

    def work(desk: Desk) -> Json:
        lab = _lab(desk, recipe.evaluations(), cache=cache, n=n)
        references = recipe.references(lab)
        suite = _evaluator(desk).suite.name
        rows = [_nothing(recipe, references)]
        desk.show({"rows": tuple(rows)})
        for found in recipe.choose(lab, references):
            rows.append(
                _misfit(found)
                if isinstance(found, Misfit)
                else _choice(found, recipe, references, suite=suite)
            )
            desk.show({"rows": tuple(rows)})
        return {"rows": tuple(rows)}

    return work


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


def _point(point: PlanePoint, recipe: PlaneRecipe) -> Json:
    return {
        "x": point.x,
        "y": point.y,
        "coefficients": {name: v for name, v in point.coefficients.items() if v},
        "target": _told(point.accuracies[recipe.targets[0]]),
        "control": _told(point.accuracies[recipe.control]),
    }


def _front(recipe: PlaneRecipe, points: list[PlanePoint]) -> list[int]:
    """Which of the points are on the front, by their place."""
    places = {id(point): place for place, point in enumerate(points)}
    return [places[id(point)] for point in recipe.result(points).front]


def _nothing(recipe: MethodsRecipe, references: References) -> Json:
    before = references.pretrained
    normalized, _ = _intervals(before, recipe, references)
    return {
        "kind": "nothing",
        "label": "Doing nothing",
        "normalized": normalized.to_json(),
        "control": _told(before[recipe.control]),
        "tasks": {task: _told(before[task]) for task in recipe.tasks},
        "finetuned": {task: _told(references.finetuned[task]) for task in recipe.tasks},
    }


def _misfit(found: Misfit) -> Json:
    return {"kind": "misfit", "label": found.entrant.label(), "reason": found.reason}


def _choice(found: Choice, recipe: MethodsRecipe, references: References, *, suite: str) -> Json:
    first, method = found.outcomes[0], found.entrant.method
    edit = found.entrant.edit(suite, recipe.tasks, scale=found.scale)
    normalized, gain = _intervals(first.accuracies, recipe, references)
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
        "control": _told(first.accuracies[recipe.control]),
        "tasks": {task: _told(first.accuracies[task]) for task in recipe.tasks},
        "seconds": found.seconds,
        "buffers": method.buffers,
    }


def _intervals(
    accuracies: dict[str, Estimate], recipe: MethodsRecipe, references: References
) -> tuple[Interval, Interval]:
    return normalized_and_gain(
        {task: accuracies[task] for task in recipe.tasks},
        pretrained=references.pretrained,
        finetuned=references.finetuned,
    )


def _told(estimate: Estimate) -> Json:
    return {
        "accuracy": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
        "total": estimate.total,
    }
