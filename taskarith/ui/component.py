"""Pages that draw themselves: one Gradio component with its own script, style and calls.

For pictures that follow a hand or fill up while something is measured, which Gradio's own plots
would rebuild each time. Knows how script and server meet.
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from taskarith.ui.error_text import errors_told
from taskarith.ui.modules import starting
from taskarith.ui.query import read_query

__all__ = ["Call", "link_of", "own_component", "suite_of"]


Answer = dict[str, Any]
Call = Callable[[Any], Awaitable[Answer]]


def own_component(name: str, *, calls: Sequence[Call]) -> gr.HTML:
    """The component of the page `name`: `js/{name}/page.js`, and beside this file
    `component.css` and, where there is one, `{name}.css`.

    Args:
        calls: what its script calls on the server. They bypass Gradio's queue and its validation,
            so each must check every value it gets; an error of ours is answered in words.
    """
    shared, own = (Path(__file__).parent / f"{sheet}.css" for sheet in ("component", name))
    sheets = [shared, own] if own.is_file() else [shared]
    style = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    return gr.HTML(
        html_template='<div class="drawn" data-state="starting"><p class="starting">Opening…</p>'
        "</div>",
        css_template=style,
        js_on_load=starting(name),
        apply_default_css=False,
        elem_id=name,
        server_functions=[errors_told(call) for call in calls],
    )


def link_of(message: object) -> dict[str, str]:
    """The fields of the query string in `message`; none where there is none."""
    return read_query(message.get("query") if isinstance(message, dict) else None)


def suite_of(message: object) -> str | None:
    """The suite that the link asks for; None for the one the server was started with."""
    return link_of(message).get("suite")
