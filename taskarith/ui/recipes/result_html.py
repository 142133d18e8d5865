"""A recipe's result as HTML: findings first, then tables, then how it was measured."""

import json
import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.interval import Interval
from taskarith.recipes.result import Cell, Result, Table, as_csv, plain, shown
from taskarith.ui.edit_link import write_link

if TYPE_CHECKING:
    from taskarith.ui.recipes.runs import Chosen

__all__ = ["edits_html", "result_html", "table_html"]

WIDE = 40  # letters, from which on a cell takes several lines
UNITS = "Shares and their differences in percent, with 95 % intervals."
# "97.3 [95.0, 98.6]": the number, and its interval, which is written smaller.
INTERVAL = re.compile(r"^(.*?) (\[.*\])$")
# What would end an attribute or an address, or be left out of one; the rest may stand in it.
RESERVED = re.compile(r"[\x00-\x1f\x7f'#%&<>\\]")


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
    """A table to sort, and to take as CSV or JSON; the rows of a long one are only counted."""
    if not table.rows:
        return "<p>Nothing to show.</p>"
    files = f"{_file(table, as_csv(table), 'csv')} {_file(table, _json(table), 'json')}"
    take = f'<p class="take">Take it as {files}</p>'
    if table.long:
        return f"<p>{len(table.rows)} rows.</p>{take}"
    head = "".join(
        f'<th scope="col" aria-sort="none"><button type="button">{escape(str(name))}</button></th>'
        for name in table.rows[0]
    )
    body = "".join(f"<tr>{''.join(map(_cell, row.values()))}</tr>" for row in table.rows)
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll"><table>{inside}</table></div>{take}'


def _file(table: Table, text: str, ending: str) -> str:
    """A link that holds a whole file, so that nothing is asked of the server for it."""
    kind = "text/csv" if ending == "csv" else "application/json"
    name = re.sub(r"[^a-z0-9]+", "-", table.title.lower()).strip("-")
    address = f"data:{kind};charset=utf-8,{RESERVED.sub(_escaped, text)}"
    return f"<a download='{name}.{ending}' href='{address}'>{ending.upper()}</a>"


def _escaped(found: re.Match[str]) -> str:
    return quote(found[0])


def _json(table: Table) -> str:
    return json.dumps(plain(table.flat()), ensure_ascii=False)


def _cell(cell: Cell) -> str:
    text = shown(cell)
    sortable = _number(cell)
    if isinstance(cell, str):
        wide = ' class="wide"' if len(text) > WIDE else ""
        return f"<td{wide}>{escape(text)}</td>"
    parts = INTERVAL.match(text)
    if parts is None:
        value = "" if sortable is None else f' data-value="{sortable}"'
        return f'<td class="number"{value}>{escape(text)}</td>'
    number, interval = (escape(part) for part in parts.groups())
    return f'<td class="number" data-value="{sortable}">{number} <small>{interval}</small></td>'


def _number(cell: Cell) -> float | None:
    """What a cell is sorted by, where it is no text."""
    match cell:
        case Estimate() | Interval():
            return cell.value
        case PairedDifference():
            return cell.difference
        case int() | float():
            return cell
    return None
