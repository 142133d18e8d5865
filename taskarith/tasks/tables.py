"""Your own texts: a table with a row for each, as CSV or as JSON lines.

    text,label                       the label by name, or by number
    The soup was cold.,bad
    text,answer,split                an answer in words; "train", "validation" or "test" by you

Knows files, columns and names; what is asked of the texts is the task's business.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from taskarith.errors import AssetError, listed
from taskarith.tasks.encodings import UTF8, decoded
from taskarith.tasks.examples import Texts

__all__ = ["columns_of_table", "labelled_texts", "labels_of_table", "table_texts"]

MAX_BYTES = 256 * 2**20
MAX_ROWS = 200_000
MAX_CHARACTERS = 20_000  # of one text: a model reads a few hundred words of it
DRAWN = ("validation", "test", "train", "train", "train")  # where the table says no split


def table_texts(
    data: Mapping[str, Any], split: str, *, classnames: Sequence[str], of: str
) -> Texts:
    """The texts of one split of the table at `data["path"]`; `of` names the task in errors.

    `data` may name its columns: "text", "label" (where the task has classes) and "answer". Without
    a column "split" a fifth of the rows goes to validation and a fifth to test, chosen by the text.

    Raises AssetError for a file that is no UTF-8 table, a missing column, a label that is none of
    the classes, and a split without texts.
    """
    path = Path(data["path"])
    text, label = str(data.get("text", "text")), str(data.get("label", "label"))
    answer = str(data.get("answer", "answer"))
    texts, labels, answers = [], [], []
    numbers = {name: number for number, name in enumerate(classnames)}
    for place, row in _rows(path):
        if text not in row:
            raise AssetError(f"{path.name} has no column {text!r}; it has {', '.join(row)}")
        said = str(row[text] or "").strip()
        if (row.get("split") or _drawn(said)) != split:
            continue
        if len(said) > MAX_CHARACTERS:
            raise AssetError(
                f"{path.name}, {place}: a text of {len(said):,} characters; at most "
                f"{MAX_CHARACTERS:,} are read. Cut it, or leave it out"
            )
        texts.append(said)
        labels.append(_number(row, label, numbers, where=f"{path.name}, {place}") if numbers else 0)
        if row.get(answer) is not None:
            answers.append(str(row[answer]))
    if not texts:
        raise AssetError(f"{path.name} has no {split} texts for {of!r}; check its column split")
    return Texts(
        tuple(texts),
        torch.tensor(labels, dtype=torch.int64),
        tuple(answers) if len(answers) == len(texts) else None,
    )


def labelled_texts(
    path: Path, *, text: str = "text", label: str = "label", encoding: str = UTF8
) -> list[tuple[str, str, str]]:
    """Every text of a table with its label and its split, empty where the table says none.

    `text` and `label` name the columns; `encoding` is one of `encodings.ENCODINGS`. Raises
    AssetError for a file that is no such table, lacks a column, or has a row without one of them.
    """
    found = []
    for place, row in _rows(path, encoding=encoding):
        for column in (text, label):
            if column not in row:
                raise AssetError(
                    f"{path.name} has no column {column!r}; it has {listed(row)}. It needs a "
                    "column of texts and one of labels: name them"
                )
            if not str(row[column] or "").strip():
                raise AssetError(f"{path.name}, {place} has no {column}; give it one, or cut it")
        found.append(
            (str(row[text]).strip(), str(row[label]).strip(), str(row.get("split") or "").strip())
        )
    return found


def columns_of_table(path: Path, *, encoding: str = UTF8) -> tuple[dict[str, int], int]:
    """The columns of a table, each with how many different values it has, and how many rows.

    Raises AssetError for a file that is no table, or has no rows.
    """
    values: dict[str, set[int]] = {}
    count = 0
    for _, row in _rows(path, encoding=encoding):
        count += 1
        for column, value in row.items():
            values.setdefault(column, set()).add(hash(str(value or "").strip()))
    if not count:
        raise AssetError(f"{path.name} has no rows; it needs a line of names, and texts under it")
    return {column: len(different) for column, different in values.items()}, count


def labels_of_table(path: Path, *, column: str) -> list[str]:
    """The different labels in a column of a table, sorted; AssetError for no table or column."""
    labels = set()
    for place, row in _rows(path):
        if column not in row:
            raise AssetError(f"{path.name}, {place} has no column {column!r}; it has {listed(row)}")
        labels.add(str(row[column]).strip())
    return sorted(labels)


def _rows(path: Path, *, encoding: str = UTF8) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every row by column, with its place for people."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise AssetError(f"{path.name} is larger than {MAX_BYTES // 2**20} MB; cut it")
        content = path.read_bytes()
    except OSError as error:
        raise AssetError(f"could not read {path.name}: {error.strerror or error}") from error
    text = decoded(content, encoding, name=path.name)
    lines = _json_lines if path.suffix.lower() in (".jsonl", ".ndjson") else _csv_lines
    for count, row in enumerate(lines(text, path), 1):
        if count > MAX_ROWS:
            raise AssetError(f"{path.name} has more than {MAX_ROWS:,} rows; cut it")
        yield f"row {count}", row


def _csv_lines(text: str, path: Path) -> Iterator[Mapping[str, Any]]:
    header = text[: text.find("\n")]
    # Spreadsheets put semicolons or tabs where commas are decimal marks.
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=header.count)
    try:
        for count, row in enumerate(csv.DictReader(io.StringIO(text), delimiter=delimiter), 1):
            if None in row:
                raise AssetError(
                    f"{path.name}, row {count} has more cells than there are columns; put quotes "
                    f"around texts with {'commas' if delimiter == ',' else repr(delimiter)}"
                )
            yield row
    except csv.Error as error:
        raise AssetError(f"{path.name} is no table: {error}") from error


def _json_lines(text: str, path: Path) -> Iterator[Mapping[str, Any]]:
    for count, line in enumerate(filter(str.strip, text.splitlines()), 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise AssetError(f"{path.name}, line {count} is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise AssetError(f"{path.name}, line {count} is no object with columns")
        yield row


def _number(row: Mapping[str, Any], column: str, numbers: Mapping[str, int], *, where: str) -> int:
    if column not in row:
        raise AssetError(f"{where} has no column {column!r}; it has {', '.join(row)}")
    value = row[column]
    found = numbers.get(str(value).strip())
    if found is None and str(value).strip().isdecimal() and int(value) < len(numbers):
        found = int(value)
    if found is None:
        raise AssetError(
            f"{where} has the label {value!r:.40}, which is none of {', '.join(numbers)}"
        )
    return found


def _drawn(text: str) -> str:
    """A text's split by what it says, so that adding rows moves none."""
    return DRAWN[hashlib.sha256(text.encode()).digest()[0] % len(DRAWN)]
