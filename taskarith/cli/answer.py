"""What a reading command hands back, and words for numbers; knows nothing of what they mean."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Answer", "columns", "percent"]


@dataclass(frozen=True)
class Answer:
    """The result of a reading command, for programs and for people.

    Attributes:
        data: what `--json` prints; plain lists, dicts, strings, numbers and None.
        text: what is printed without `--json`.
        code: what the program exits with.
    """

    data: object
    text: str
    code: int = 0


def columns(rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells as lines of aligned columns: the first to the left, the others to the right.

    >>> print(columns([["task", "accuracy"], ["digits", "7 %"]]))
    task    accuracy
    digits       7 %
    """
    table = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    )


def percent(share: float) -> str:
    """A share of 1 in percent with one decimal.

    >>> percent(0.8125)
    '81.2 %'
    >>> percent(-0.0004)
    '0.0 %'
    """
    return f"{100 * share:z.1f} %"
