"""What a page without a server knows of a suite: measured points, its lessons' too, its surrogate.

Knows no file and no HTML.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from taskarith.core import Edit
from taskarith.evaluation import Evaluator, measure
from taskarith.evaluation.shipped import SHIPPED_IMAGES
from taskarith.evaluation.surrogate import load_surrogate
from taskarith.suites import Suite
from taskarith.ui.hello import describe_opened
from taskarith.ui.lessons import lessons

__all__ = ["lesson_edits", "measured_of"]

Json = dict[str, Any]


def measured_of(suite: Suite, *, measured: bool, device: str | None) -> Json:
    """What the page of a suite says hello with (`hello`), and previews with (`surrogate`).

    Args:
        measured: whether what lessons show is measured now where it does not ship.
        device: where.
    """
    hello = describe_opened(suite)
    known = {_key(point[0]) for point in hello["shipped"] if not point[2:]}
    if measured:
        wanted = [edit for edit in lesson_edits(suite.name, hello) if _key(edit) not in known]
        hello["shipped"] += list(_points(suite, wanted, device=device)) if wanted else []
    surrogate = load_surrogate(suite)
    engine: Json = {"state": "none", "device": None, "preview": None}
    if surrogate is not None:
        engine["preview"] = {"ready": True, "used": True, "says": ""}
    hello |= {"engine": engine, "nav": [], "space": None}
    return {"hello": hello, "surrogate": {} if surrogate is None else surrogate.payload()}


def lesson_edits(suite: str, hello: Json) -> list[dict[str, float]]:
    """Every edit that the steps of a suite's lessons set or wait for, each once.

    >>> lesson_edits("mini", {"presets": []})[1]
    {'handwritten-digits': 1}
    """
    presets = {preset["name"]: preset["coefficients"] for preset in hello["presets"]}
    found: dict[str, dict[str, float]] = {}
    for lesson in (one for one in lessons() if one["suite"] == suite):
        for step in lesson["steps"]:
            edit, goal = step.get("edit", {}), step.get("reached", {})
            here = dict(edit.get("coefficients", presets.get(edit.get("preset"), {})))
            edits = [here, dict(edit.get("pinned", {}))]
            if "slider" in goal:
                ends = [goal[end] for end in ("at_least", "at_most") if end in goal]
                edits.append({**here, goal["slider"]: sum(ends) / len(ends)})
            found |= {_key(one): one for one in edits}
    return list(found.values())


def _points(
    suite: Suite, edits: Iterable[dict[str, float]], *, device: str | None
) -> Iterator[list[Any]]:
    """Measured points of edits on the images that shipped measurements are of."""
    evaluator = Evaluator(suite, device=device)
    subjects = suite.manifest.recipe_subjects
    every_day = [*suite.targets, suite.control]
    for coefficients in edits:
        named = [subjects.get(name, name.rpartition(":")[2]) for name in coefficients]
        tasks = list(dict.fromkeys([*every_day, *named]))
        for one in (coefficients, {}):
            edit = Edit(suite=suite.name, coefficients=one)
            asked = tasks if one else [task for task in tasks if task not in every_day]
            found = measure(evaluator, edit, tasks=asked, n=SHIPPED_IMAGES) if asked else {}
            estimates = {
                task: {key: getattr(e, key) for key in ("value", "low", "high", "n", "total")}
                for task, e in found.items()
            }
            yield [one, estimates]


def _key(coefficients: Mapping[str, float]) -> str:
    return json.dumps(sorted((n, float(v)) for n, v in coefficients.items() if v))
