"""The explorer as one HTML file: no server, no network, opened from a disk or inside a slide.

It holds the modules, style and words of the live page, and what was measured: the shipped points of
each suite, the steps of its lessons, and its surrogate. From `file:` a browser loads no module and
fetches nothing, so every module stands in an import map as a `data:` address. Knows no engine but
the one that measures the lessons.
"""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from taskarith import __version__
from taskarith.core import Edit
from taskarith.errors import ExportError
from taskarith.evaluation import Evaluator, measure
from taskarith.evaluation.shipped import SHIPPED_IMAGES
from taskarith.evaluation.surrogate import load_surrogate
from taskarith.suites import Suite, load_suite
from taskarith.ui.chrome import TITLE
from taskarith.ui.hello import describe_opened
from taskarith.ui.lessons import languages, lessons, told
from taskarith.ui.modules import imported_by, names, text_of

__all__ = ["lesson_edits", "page", "write_page"]

PREFIX = "taskarith/"
PARTS = ("explore", "stage", "layers", "static")  # folders of modules
IMPORTED = re.compile(r'((?:\bfrom|\bimport)\s*\(?\s*)"(\.[^"]+)"')
STYLE = Path(__file__).parent / "instrument.css"

Json = dict[str, Any]

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="taskarith {version}">
<title>{title}</title>
<style>body {{ margin: 0; }}
{style}</style>
<script type="importmap">{modules}</script>
<script type="application/json" id="measured">{data}</script>
</head>
<body>
<div class="taskarith" data-state="starting"><p class="starting">{title} is opening…</p></div>
<script type="module">import {{ start }} from "{prefix}static/start.js"; start(document);</script>
</body>
</html>
"""


def write_page(
    suites: Sequence[str], folder: Path, *, measure_lessons: bool = True, device: str | None = None
) -> Path:
    """Write `index.html` into a folder and return its path.

    Args:
        suites: names or folders of suites; the page opens on the first.
        folder: made where it does not exist.
        measure_lessons: whether what the steps of lessons show is measured now where it does not
            ship; otherwise the page shows there what it previews, or nothing.
        device: where it is measured.

    Raises:
        ExportError: the page cannot be written, or no suite is named.
    """
    if not suites:
        raise ExportError("a page holds at least one suite; name one, as in --suite mini")
    opened = [load_suite(name) for name in suites]
    text = page(
        {suite.name: _measured(suite, measured=measure_lessons, device=device) for suite in opened}
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "index.html"
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExportError(f"the page cannot be written to {folder}: {error}") from error
    return file


def page(suites: Mapping[str, Json]) -> str:
    """The whole file.

    Args:
        suites: by name, what a suite's page says hello with (`hello`) and previews with
            (`surrogate`, empty if it has none).
    """
    data = {
        "suites": suites,
        "lessons": {
            code: told(code) | {"lessons": [one for one in lessons() if one["suite"] in suites]}
            for code in languages()
        },
    }
    return PAGE.format(
        title=html.escape(TITLE),
        version=__version__,
        style=STYLE.read_text(encoding="utf-8"),
        modules=_in_script({"imports": dict(_modules())}),
        data=_in_script(data),
        prefix=PREFIX,
    )


def _modules() -> Iterator[tuple[str, str]]:
    """Every module by the name that others import it by, as a `data:` address."""
    for name in sorted({name for part in PARTS for name in names(part)}):
        text = _absolute(name, text_of(name)).encode()
        yield PREFIX + name, f"data:text/javascript;base64,{base64.b64encode(text).decode()}"


def _absolute(name: str, text: str) -> str:
    """A module with names in place of paths: from a `data:` address no path leads anywhere.

    >>> _absolute("explore/page.js", 'import { h } from "../dom.js";')
    'import { h } from "taskarith/dom.js";'
    """

    def named(found: re.Match[str]) -> str:
        return f'{found[1]}"{PREFIX}{imported_by(name, found[2])}"'

    return IMPORTED.sub(named, text)


def _in_script(value: object) -> str:
    """JSON that nothing in a script element can end."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _measured(suite: Suite, *, measured: bool, device: str | None) -> Json:
    """What the page of a suite knows."""
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
