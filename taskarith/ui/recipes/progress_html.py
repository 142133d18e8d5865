"""The words and bars of the Recipes page: what a recipe is, and how far one is."""

from html import escape
from typing import Literal

from taskarith.ui.error_text import said_html, sentence
from taskarith.ui.recipes.form import FORMS, Form, Request
from taskarith.ui.serving.jobs import JobStatus

__all__ = ["about_form", "priced", "progress_html", "ran"]


def about_form(form: Form) -> str:
    """What the recipe does, and where to read about it."""
    return (
        f'<p>{escape(form.about)} <a href="{escape(form.link)}" target="_blank" '
        f'rel="noreferrer">{escape(form.paper)}</a></p>'
    )


def priced(
    evaluations: int, *, n: int | None, seconds: float | None, learning: float | None = 0.0
) -> str:
    """How much a recipe measures at most, and how long that and learning take, where it is known.

    >>> priced(162, n=64, seconds=200.0)
    'At most 162 evaluations of 64 examples each: about 3 min of measuring here.'
    >>> priced(16, n=64, seconds=7.0, learning=400.0)
    'At most 16 evaluations of 64 examples each: about 7 s of measuring here, 7 min of learning.'
    """
    examples = "all examples" if n is None else f"{n:,} examples"
    text = f"At most {evaluations:,} evaluations of {examples} each"
    if seconds is None:
        return f"{text}."
    told = f"{text}: about {_long(seconds)} of measuring here"
    return f"{told}, {_long(learning)} of learning." if learning else f"{told}."


def ran(request: Request) -> str:
    """Whose result is shown: the form beside it may be another recipe's by now.

    >>> ran(Request("sweep"))
    'Your run of Sweep, 64 examples a task.'
    """
    examples = "all examples" if request.n is None else f"{request.n:,} examples a task"
    return f"Your run of {FORMS[request.recipe].title}, {examples}."


def progress_html(look: JobStatus, *, recipe: str = "") -> str:
    """How a job stands: how many are before it, a bar and what was last measured, or its end.

    Args:
        recipe: the name of the one that runs, where that is known by now.
    """
    if look.state == "waiting":
        before = "the one before yours" if look.ahead == 1 else f"{look.ahead} before yours"
        return said_html(f"Waiting for {before}." if look.ahead else "Starting…")
    if look.state == "done":
        return ""
    if look.over:
        kind: Literal["", "failed"] = "failed" if look.state == "failed" else ""
        return said_html(sentence(look.message), kind=kind)
    if not look.needed:
        return said_html("Getting ready: models and pictures are loaded…")
    share = 100 * look.done / look.needed
    title = f"{escape(FORMS[recipe].title)}: " if recipe else ""
    return (
        f'<div class="progress"><div class="bar" role="progressbar" aria-label="evaluations" '
        f'aria-valuemin="0" aria-valuemax="{look.needed}" aria-valuenow="{look.done}">'
        f'<i style="width:{share:.1f}%"></i></div>'
        f"<p>{title}{look.done:,} of at most {look.needed:,} evaluations · "
        f"<span>{escape(look.what)}</span></p></div>"
    )


def _long(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60):,} min"
