"""A recipe's result as HTML: findings first, then tables, then how it was measured."""

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from taskarith.recipes.result import Cell, Result, Table, shown
from taskarith.ui.edit_link import write_link

if TYPE_CHECKING:
    from taskarith.ui.recipes.runs import Chosen

__all__ = ["edits_html", "result_html", "table_html"]

WIDE = 40  # letters, from which on a cell takes several lines
UNITS = "Accuracies and their differences in percent, with 95 % intervals."
# "97.3 [95.0, 98.6]": the number, and its interval, which is written smaller.
INTERVAL = re.compile(r"^(.*?) (\[.*\])$")


def result_html(result: Result, *, rehearsal: bool) -> str:
    """Findings first, then the main table; the other tables and the protocol open on demand.

    Args:
        rehearsal: whether test stayed closed, which is said on top.
    """
    parts = []
    if rehearsal:
        parts.append(
            '<p class="note">A rehearsal: test stayed closed, and what is said of it was measured '
            "on validation, which flatters what was chosen there.</p>"
        )
    items = "".join(f"<li>{escape(finding)}</li>" for finding in result.findings())
    parts.append(f'<h2>Findings</h2><ul class="findings">{items}</ul>')
    if result.published:
        parts.append(f'<p class="published">Published: {escape(result.published)}.</p>')
    main, *others = result.tables()
    parts.append(f"<h2>{escape(main.title)}</h2>{table_html(main)}")
    parts += [
        f"<details><summary>{escape(table.title)}</summary>{table_html(table)}</details>"
        for table in others
    ]
    protocol = f"<p>{escape(result.protocol())}</p>"
    parts.append(f"<details><summary>How it was measured</summary>{protocol}</details>")
    return f'<div class="result">{"".join(parts)}<p class="units">{UNITS}</p></div>'


def edits_html(edits: "Sequence[Chosen]", *, theme: str) -> str:
    """The chosen edits, each a link that opens Explore at it; empty where there is none."""
    links = "".join(
        f'<li><a href="./?{escape(write_link(one.edit))}&amp;__theme={escape(theme)}">'
        f"{escape(one.title)}</a> <span>{escape(one.edit.formula())}</span></li>"
        for one in edits
    )
    return f'<div class="edits"><h2>Open in Explore</h2><ul>{links}</ul></div>' if links else ""


def table_html(table: Table) -> str:
    """A table; one that is long is only counted, its rows are in the JSON."""
    if table.long or not table.rows:
        return f"<p>{len(table.rows)} rows, in the JSON.</p>"
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in table.rows[0])
    body = "".join(f"<tr>{''.join(map(_cell, row.values()))}</tr>" for row in table.rows)
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll"><table>{inside}</table></div>'


def _cell(cell: Cell) -> str:
    text = shown(cell)
    if isinstance(cell, str):
        wide = ' class="wide"' if len(text) > WIDE else ""
        return f"<td{wide}>{escape(text)}</td>"
    parts = INTERVAL.match(text)
    if parts is None:
        return f'<td class="number">{escape(text)}</td>'
    number, interval = (escape(part) for part in parts.groups())
    return f'<td class="number">{number} <small>{interval}</small></td>'
