"""The explorer as one HTML file: no server, no network, opened from a disk or inside a slide.

It holds the modules, style and words of the live page, and what was measured: the shipped points of
each suite, the steps of its lessons, its surrogate, and the results of recipes with their figures.
From `file:` a browser loads no module and fetches nothing, so all of it stands in the file. For
servers the same comes as separate files. Knows no engine.
"""

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from taskarith import __version__
from taskarith.errors import ExportError
from taskarith.figures.bundle import plotly_script
from taskarith.suites import load_suite
from taskarith.ui.bundle import bundle
from taskarith.ui.chrome import TITLE
from taskarith.ui.lessons import languages, lessons, told
from taskarith.ui.still.measured import measured_of
from taskarith.ui.still.results import NAV, Results, packed, results_of

__all__ = ["page_files", "write_page"]

STYLE = Path(__file__).parents[1] / "instrument.css"
ENTRY = "static/start.js"
INDEX = "index.html"

Json = dict[str, Any]

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="taskarith {version}">
<title>{title}</title>
{style}
{data}
</head>
<body>
<div class="taskarith" data-state="starting"><p class="starting">{title} is opening…</p></div>
{results}
{later}
{script}
</body>
</html>
"""


def write_page(
    suites: Sequence[str],
    folder: Path,
    *,
    measure_lessons: bool = True,
    device: str | None = None,
    apart: bool = False,
) -> list[Path]:
    """Write the page into a folder; its files, `index.html` first.

    Args:
        suites: names or folders of suites; the page opens on the first.
        folder: made where it does not exist.
        measure_lessons: whether what the steps of lessons show is measured now where it does not
            ship; otherwise the page shows there what it previews, or nothing.
        device: where it is measured.
        apart: whether script, style and data are files of their own, for a server.

    Raises:
        ExportError: the page cannot be written, no suite is named, or two have one name.
    """
    if not suites:
        raise ExportError("a page holds at least one suite; name one, as in --suite mini")
    opened = {suite.name: suite for suite in map(load_suite, suites)}
    if len(opened) < len(suites):
        raise ExportError(
            f"a page holds a suite once; {len(suites)} were named, and their names are "
            f"{', '.join(opened)}"
        )
    results = results_of(list(opened.values()))
    known = {
        name: measured_of(suite, measured=measure_lessons, device=device)
        for name, suite in opened.items()
    }
    texts = page_files(known, results=results, apart=apart)
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            written.append(folder / name)
            written[-1].write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExportError(f"the page cannot be written to {folder}: {error}") from error
    return written


def page_files(
    suites: Mapping[str, Json], *, results: Results | None = None, apart: bool = False
) -> Json:
    """Every file's text by its name.

    Args:
        suites: by name, what a suite's page says hello with (`hello`) and previews with
            (`surrogate`, empty if it has none).
        results: what `results_of` gives.
        apart: whether script, style and data are files of their own.
    """
    if results:
        for known in suites.values():
            known["hello"]["nav"] = [list(page) for page in NAV]
    data = {
        "suites": suites,
        "lessons": {
            code: told(code) | {"lessons": [one for one in lessons() if one["suite"] in suites]}
            for code in languages()
        },
    }
    style = f"body {{ margin: 0; }}\n{STYLE.read_text(encoding='utf-8')}"
    script = bundle([ENTRY], then=f'__modules["{ENTRY}"].start(document);')
    parts = _apart(results) if apart else _inside(style, data, script, results)
    frame = results.frame if results else ""
    index = PAGE.format(title=html.escape(TITLE), version=__version__, results=frame, **parts)
    if not apart:
        return {INDEX: index}
    files = {INDEX: index, "page.css": style, "page.js": script, "measured.json": _json(data)}
    if results:
        files |= {"results.html": results.templates, "plotly.js": plotly_script().decode()}
    return files


def _inside(style: str, data: Json, script: str, results: Results | None) -> dict[str, str]:
    closed = script.replace("</script", "<\\/script")  # what a module quotes ends no element
    later = {"templates": results.templates.encode(), "plotly": plotly_script()} if results else {}
    return {
        "style": f"<style>{style}</style>",
        "data": f'<script type="application/json" id="measured">{_in_script(data)}</script>',
        "later": "\n".join(
            f'<script type="text/plain" id="{name}">{packed(text)}</script>'
            for name, text in later.items()
        ),
        "script": f'<script type="module">{closed}</script>',
    }


def _apart(results: Results | None) -> dict[str, str]:
    later = {"templates": "results.html", "plotly": "plotly.js"} if results else {}
    return {
        "style": '<link rel="stylesheet" href="page.css">',
        "data": '<link rel="preload" as="fetch" crossorigin id="measured" href="measured.json">',
        "later": "\n".join(
            f'<link rel="prefetch" id="{name}" href="{file}">' for name, file in later.items()
        ),
        "script": '<script type="module" src="page.js"></script>',
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _in_script(value: object) -> str:
    """JSON that nothing in a script element can end."""
    return _json(value).replace("<", "\\u003c")
