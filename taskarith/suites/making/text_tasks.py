"""A task of texts of your own, as a manifest's entry: a table, or a dataset of the Hub.

Nothing is fetched but what a dataset calls its classes, and nothing is measured.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from taskarith.errors import AssetError, listed, unknown_name
from taskarith.heads.describing import EXAMPLE_KINDS, KEPT_KINDS, UNCLASSED
from taskarith.suites.making.creating import hub_names
from taskarith.tasks.tables import labels_of_table

__all__ = ["TABLES", "TEXT_HEADS", "is_of_texts", "text_task_entry"]

HARNESS = "lm-eval:"  # how the names of tasks of lm-evaluation-harness begin
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")  # how the files of tables end
TEXT_HEADS = (
    "label-likelihood", "generation", "language-modelling", "number", *KEPT_KINDS, *EXAMPLE_KINDS,
)  # fmt: skip
PLACE = re.compile(r"\{(\w+)\}")  # of a column, in a prompt
TEXTS = 1000  # of a split of a dataset


def text_task_entry(
    name: str,
    source: str,
    *,
    folder: Path,
    head: str,
    text: str = "text",
    classnames: Sequence[str] | None = None,
    columns: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The manifest's entry of a task of texts.

    `source` is "hub:OWNER/DATASET" with its split as "@SPLIT" where that is not "test", the path of
    a table inside `folder`, the suite's, or "lm-eval:TASK", which brings a head of its own. `text`
    is the column of its texts, or a prompt with columns in braces; `head` says what answers, one of
    `TEXT_HEADS`. `columns` may name the "second" text of a pair, the "label" and the "answer", and
    a dataset's "config".

    Raises AssetError, or UnknownNameError for another head.
    """
    if source.startswith(HARNESS):
        asked = {"kind": "lm-eval", "task": source.removeprefix(HARNESS), **(columns or {})}
        return {"name": name, "title": name, "head": {"kind": "lm-eval"}, "data": asked}
    if head not in TEXT_HEADS:
        raise unknown_name(f"head of the texts of {name!r}", head, existing=TEXT_HEADS)
    named = PLACE.findall(text)
    data: dict[str, Any] = {"text": named[0] if named else text}
    data |= {"prompt": text} if named else {}
    data |= dict(columns or {})
    entry: dict[str, Any] = {"name": name, "title": name, "head": {"kind": head}}
    if source.startswith("hub:"):
        place, _, split = source.removeprefix("hub:").partition("@")
        rule = {"validation": {"from": split or "test", "tenth": True}}
        rule["test"] = {"from": split or "test", "tenth": False}
        if head in EXAMPLE_KINDS:
            rule["train"] = {"from": "train"}
        data = {"kind": "hub", "dataset": place, "texts": TEXTS, "splits": rule} | data
        stated = head not in UNCLASSED and (head != "generation" or classnames is not None)
        names = hub_names(data, classnames, task=name) if stated else []
    else:
        data = {"kind": "table", "path": _inside(source, folder)} | data
        if "prompt" in data or "second" in data:
            raise AssetError(
                f"{source}: a table has one text a row; put the columns together in the table"
            )
        names = []
        if head not in UNCLASSED:
            label = str(data.get("label", "label"))
            names = list(classnames or labels_of_table(folder / data["path"], column=label))
            if len(names) < 2 and head != "generation":
                raise AssetError(
                    f"{source} has {len(names)} labels in its column {label!r} ({listed(names)}); "
                    f"{head} tells at least two apart"
                )
    return {**entry, **({"classnames": names} if names else {}), "data": data}


def is_of_texts(source: str) -> bool:
    """Whether a task's source says by itself that it is of texts: a table, or lm-eval's."""
    return source.endswith(TABLES) or source.startswith(HARNESS)


def _inside(source: str, folder: Path) -> str:
    path = Path(source)
    own = path if path.is_absolute() else folder / path
    try:
        return own.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError as error:
        raise AssetError(
            f"{source} is not inside {folder}: a suite's texts stand in its own folder, so that it "
            "can be moved; copy the table there"
        ) from error
