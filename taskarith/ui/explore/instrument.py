"""The instrument: sliders, chart, bars and texts as one Gradio component with its own JS and CSS.

The browser's part lies beside this folder (`instrument.css`, `js/explore/`) and loads nothing from
other hosts. This module knows nothing about what is measured.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from taskarith.ui.modules import starting

__all__ = ["instrument"]

HERE = Path(__file__).parents[1]
TEMPLATE = (
    '<div class="taskarith" data-state="starting">'
    '<p class="starting">Task Arithmetic Explorer is opening…</p></div>'
)


def instrument(*, server_functions: Sequence[Callable[..., Any]]) -> gr.HTML:
    """The component, made where it stands in the page.

    A plain function: from a subclass Gradio writes a `.pyi` file into this package at every import.

    Args:
        server_functions: what its JavaScript calls on the server. They bypass Gradio's queue and
            its validation, so each must check every value it gets.
    """
    return gr.HTML(
        html_template=TEMPLATE,
        css_template=(HERE / "instrument.css").read_text(encoding="utf-8"),
        js_on_load=starting("explore", module="start.js"),
        apply_default_css=False,
        elem_id="instrument",
        server_functions=list(server_functions),
    )
