"""The results that recipes ship with a suite, as HTML for a page without a server.

The same tables and figures as on the page Recipes. They are templates, of which the chosen one is
cloned; together they stand packed beside the page's own frame, in a fifth of the room.
"""

import base64
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from taskarith.figures import recipe_figures
from taskarith.figures.style import Theme
from taskarith.suites import Suite
from taskarith.ui.chrome import navigation, pages_style
from taskarith.ui.recipes.figures_html import figures_html
from taskarith.ui.recipes.form import FORMS
from taskarith.ui.recipes.progress_html import about_form
from taskarith.ui.recipes.result_html import edits_html, result_html
from taskarith.ui.recipes.runs import Finished, chosen_edits, shipped

__all__ = ["NAV", "RESULTS_STYLE", "Results", "packed", "results_of"]

NAV = (("Explore", "#"), ("Recipes", "#page=recipes"))
ABOUT = (
    "Protocols of the literature on these suites' task vectors, measured before this page was "
    "written. Every coefficient was chosen on validation."
)
THEMES: tuple[Theme, ...] = ("light", "dark")
RESULTS_STYLE = """
#results { min-height: 100vh; background: var(--paper); }
#results .chosen { display: flex; flex-wrap: wrap; gap: 6px 10px; margin: 14px 0 4px; }
#results #about { margin: 10px 0 0; }
#results .chosen a { border: 1px solid var(--rule); border-radius: 2em; padding: 3px 14px;
  color: var(--ink); text-decoration: none; }
#results .chosen a[aria-current] { background: var(--ink); color: var(--paper); }
"""


@dataclass(frozen=True)
class Results:
    """The frame that one result at a time is shown in, and the templates of all, as HTML."""

    frame: str
    templates: str


def results_of(suites: Sequence[Suite]) -> Results | None:
    """Every shipped result of these suites; None where there is none."""
    found = [(suite, list(_shipped(suite))) for suite in suites]
    templates = "".join(_templates(name, one) for _, results in found for name, one in results)
    if not templates:
        return None
    several = sum(bool(results) for _, results in found) > 1
    links = "".join(
        f'<a href="#page=recipes&amp;suite={escape(suite.name)}&amp;recipe={name}" '
        f'data-suite="{escape(suite.name)}" data-recipe="{name}">'
        f"{escape(f'{suite.name}: ' if several else '')}{escape(FORMS[name].title)}</a>"
        for suite, results in found
        for name, _ in results
    )
    header = navigation(NAV, "Recipes").replace('href="./"', 'href="#"')
    frame = (
        f'<div id="results" class="gradio-container" hidden><style>{pages_style()}{RESULTS_STYLE}'
        f'</style>{header}<main id="sheet"><div class="opening"><h1>Recipes</h1>'
        f'<p class="about">{escape(ABOUT)}</p></div>'
        f'<nav class="chosen" aria-label="results">{links}</nav>'
        f'<div class="outcome"></div></main></div>'
    )
    return Results(frame, templates)


def packed(text: bytes) -> str:
    """A text gzipped and in base64, which browsers unpack: Plotly's script is 2.0 MB, not 4.8."""
    return base64.b64encode(gzip.compress(text, 9, mtime=0)).decode()


def _shipped(suite: Suite) -> Iterator[tuple[str, Finished]]:
    for name in FORMS:
        found = shipped(suite, name)
        if found is not None:
            yield name, found


def _templates(name: str, found: Finished) -> str:
    """A result's figures in every theme, then its tables, which have none."""
    what = f'data-suite="{escape(found.suite.name)}" data-recipe="{name}"'
    drawn = "".join(
        f'<template {what} data-theme="{theme}">{_drawn(name, found, theme=theme)}</template>'
        for theme in THEMES
    )
    tables = result_html(found.result, rehearsal=found.request.rehearse)
    return f"{drawn}<template {what}>{tables}</template>"


def _drawn(name: str, found: Finished, *, theme: Theme) -> str:
    suite, result = found.suite, found.result
    files = f"taskarith-{suite.name}-{name}"
    edits = edits_html(chosen_edits(result, suite), theme=theme).replace('href="./?', 'href="#')
    return (
        f'<div id="about">{about_form(FORMS[name])}</div>{edits}'
        f"{figures_html(recipe_figures(result, theme=theme), name=files)}"
    )
