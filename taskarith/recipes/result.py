"""What every recipe gives back: what was chosen and how, tables of what was measured, findings.

Knows how results become JSON, CSV, and text for a terminal or a report; knows no protocol.
"""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, ClassVar

from taskarith.errors import unknown_name
from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.interval import Interval
from taskarith.recipes.sample import Sample
from taskarith.tasks.frames import data_frame

__all__ = [
    "NONE",
    "Cell",
    "Result",
    "Row",
    "Span",
    "Table",
    "about_unseen",
    "as_csv",
    "as_markdown",
    "as_text",
    "plain",
    "shown",
]


@dataclass(frozen=True)
class Span:
    """From the least of some values to the greatest."""

    low: float
    high: float


Cell = str | int | float | Estimate | Interval | PairedDifference | Span | None
Row = Mapping[str, Cell]
Flat = str | int | float | None

NONE = "–"


@dataclass(frozen=True)
class Table:
    """Rows with equal keys. A cell may be an estimate: it is written with its interval.

    A `long` table is for files and plots; people are told how many rows it has.
    """

    title: str
    rows: Sequence[Row]
    long: bool = False

    def flat(self) -> list[dict[str, Flat]]:
        """The rows with each estimate spread over columns, for CSV and JSON.

        >>> half = Estimate.share(correct=8, n=16, total=16, split="test")
        >>> list(Table("t", [{"task": "digits", "now": half}]).flat()[0])
        ['task', 'now', 'now low', 'now high', 'now n', 'now split', 'now metric']
        """
        shapes = {
            key: value for row in self.rows for key, value in row.items() if value is not None
        }
        return [
            {name: cell for key in row for name, cell in _spread(key, row[key], shapes.get(key))}
            for row in self.rows
        ]


class Result:
    """The base of every recipe's result, which is a frozen dataclass.

    Attributes:
        name, title: of the recipe.
        published: what its paper reports, to set beside its own figures; nothing is compared. Other
            models, tasks and controls than ours: what carries over is the shape of the result.
            Figures of tables are from third-party transcriptions of the papers.
        sample: which examples the run took.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    published: ClassVar[str] = ""
    sample: Sample

    def protocol(self) -> str:
        """How it was measured: the split, and how every coefficient was chosen."""
        raise NotImplementedError

    def tables(self) -> list[Table]:
        """The tables, the main one first."""
        raise NotImplementedError

    def findings(self) -> list[str]:
        """What the tables show, a sentence each, with numbers."""
        raise NotImplementedError

    def chosen(self) -> list[tuple[str, dict[str, float]]]:
        """The edits that the recipe chose, the main ones first: what for, and the coefficients."""
        return []

    def of_suites(self) -> Mapping[str, str]:
        """The fingerprints of every suite it was measured on, where that is not one alone."""
        return {}

    def rows(self) -> Sequence[Row]:
        """The rows of the main table."""
        return self.tables()[0].rows

    def frame(self, title: str | None = None) -> Any:
        """A table as a pandas DataFrame, the main one unless another's title is given.

        An estimate has a column for each of its value, ends, n, split and metric.

        Raises:
            MissingDependencyError: pandas is not installed.
            UnknownNameError: there is no such table.
        """
        tables = {table.title: table for table in self.tables()}
        if title is not None and title not in tables:
            raise unknown_name("table of this result", title, existing=tables)
        return data_frame(tables[title or next(iter(tables))].flat())

    def to_json(self) -> dict[str, object]:
        """Everything as plain JSON values: the measurements, and the tables made of them."""
        assert is_dataclass(self)
        return {
            "recipe": self.name,
            "title": self.title,
            "protocol": self.protocol(),
            "findings": self.findings(),
            "published": self.published or None,
            "tables": [{"title": table.title, "rows": table.flat()} for table in self.tables()],
            "result": {field.name: plain(getattr(self, field.name)) for field in fields(self)},
        }


def about_unseen(controls: Sequence[str]) -> str:
    """The sentence a protocol ends with where there are controls that no choice ever saw."""
    return f" No choice ever saw {' or '.join(controls)}." if controls else ""


def plain(value: object) -> object:
    """`value` as plain JSON values: dataclasses become objects, tuples lists, keys text."""
    if hasattr(value, "to_json") and not isinstance(value, Result):
        return value.to_json()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def as_text(result: Result) -> str:
    """For a terminal."""
    tables = [f"{table.title}\n\n{_aligned(table)}" for table in result.tables()]
    return "\n\n".join([result.title, result.protocol(), *tables, _listed(result)])


def as_markdown(result: Result) -> str:
    """A section of a report."""
    parts = [f"## Recipe: {result.title}", result.protocol()]
    for index, table in enumerate(result.tables()):
        if index:
            parts.append(f"### {table.title}")
        parts.append(_piped(table))
    parts.append(_listed(result))
    return "\n\n".join(parts)


def _listed(result: Result) -> str:
    """The findings, and what the paper found elsewhere."""
    published = [f"published: {result.published}"] if result.published else []
    lines = [*result.findings(), *published]
    return "\n".join(f"- {line}" for line in lines)


def as_csv(table: Table) -> str:
    """A table as CSV that `pandas.read_csv` reads, shares as parts of 1.

    >>> print(as_csv(Table("t", [{"task": "digits", "λ": -0.5}])), end="")
    task,λ
    digits,-0.5
    """
    rows = table.flat()
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _spread(key: str, cell: Cell, shape: Cell) -> list[tuple[str, Flat]]:
    """One cell as columns; an empty one has the columns of its neighbours, as `shape` has them."""
    values = _parts(cell)
    return [(key + suffix, values.get(suffix)) for suffix in _parts(shape)]


def _parts(cell: Cell) -> dict[str, Flat]:
    """What a cell holds, by the suffix of its column's name."""
    match cell:
        case Estimate():
            ends: dict[str, Flat] = {" low": cell.low, " high": cell.high}
            told: dict[str, Flat] = {" n": cell.n, " split": cell.split, " metric": cell.metric}
            return {"": cell.value, **ends, **told}
        case PairedDifference():
            ends = {" low": cell.low, " high": cell.high}
            return {"": cell.difference, **ends, " n": cell.n}
        case Interval():
            low, high = (end if math.isfinite(end) else None for end in (cell.low, cell.high))
            return {"": cell.value, " low": low, " high": high, " over": cell.over}
        case Span():
            return {" low": cell.low, " high": cell.high}
    return {"": cell}


def shown(cell: Cell) -> str:
    """A cell for people: an estimate in its metric's unit, an interval in brackets."""
    match cell:
        case None:
            return NONE
        case Estimate():
            return cell.shown()
        case PairedDifference():
            low, high = 100 * cell.low, 100 * cell.high
            return f"{100 * cell.difference:+.1f} [{low:+.1f}, {high:+.1f}]"
        case Interval():
            told, *ends = (
                f"{100 * number:.1f}" if cell.percent else f"{number:.3f}"
                for number in (cell.value, cell.low, cell.high)
            )
            return f"{told} [{', '.join(ends)}]".replace("-inf", "−∞").replace("inf", "∞")
        case Span():
            return f"{cell.low:.2f} to {cell.high:.2f}"
        case float():
            return f"{cell:.2f}"
    return str(cell)


def _told(table: Table) -> str:
    return f"{len(table.rows)} rows, in the recipe's JSON."


def _written(table: Table) -> tuple[list[str], list[list[str]]]:
    header = list(table.rows[0]) if table.rows else []
    return header, [[shown(row[key]) for key in header] for row in table.rows]


def _aligned(table: Table) -> str:
    if table.long:
        return _told(table)
    header, rows = _written(table)
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in [header, *rows]
    )


def _piped(table: Table) -> str:
    if table.long:
        return _told(table)
    header, rows = _written(table)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [header, ["---"] * len(header), *rows])
