"""Figures as HTML: their data, which the browser's part draws with plotly."""

from collections.abc import Sequence
from html import escape
from typing import Any

__all__ = ["figures_html"]


def figures_html(figures: Sequence[Any], *, name: str) -> str:
    """A place for each plotly Figure; saved files are called `name` and a number.

    >>> figures_html([], name="mini-negation")
    ''
    """
    return "".join(
        f'<figure class="result-figure" data-name="{escape(name)}-{number}" '
        f'data-plot="{escape(figure.to_json())}"></figure>'
        for number, figure in enumerate(figures, 1)
    )
