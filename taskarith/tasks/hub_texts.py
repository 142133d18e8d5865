"""Texts of a Hub dataset, read as they stream and kept on disk.

Knows columns of texts, labels and answers; what the classes are called is the task's business.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import torch

from taskarith.errors import AssetError
from taskarith.tasks.dataset_commits import dataset_commit, settled_commit, warn_where_it_moved
from taskarith.tasks.examples import Texts
from taskarith.tasks.hub_names import check_names
from taskarith.tasks.hub_rows import (
    Row,
    class_number,
    explained_rows,
    names_in,
    open_dataset,
    rows_of,
)
from taskarith.tasks.tables import MAX_CHARACTERS

__all__ = ["hub_texts"]

PLACE = re.compile(r"\{(\w+)\}")  # of a column, in a prompt
MAX_KEPT = 2**30  # bytes of texts kept on disk


def hub_texts(
    data: Mapping[str, Any], split: str, *, classnames: Sequence[str], folder: Path
) -> Texts:
    """The texts of a split, kept in `folder` once fetched.

    `data`: "dataset" and "text", its column; optionally "revision", "config", "label" and "answer"
    (columns), "texts" (how many at most), "splits" and "labels", as for pictures; with "prompt",
    such as "Is '{question}' answered by '{sentence}'?", a text is that, with what is in its columns
    in place of their names; "second" is the column of the second text of a pair. Texts that are
    empty are left out. All splits come from one commit.

    Raises SourceError where the Hub refuses, AssetError for labels that name no class (−1 as in the
    test splits of GLUE), missing columns and texts that are too long.
    """
    rule = (data.get("splits") or {}).get(split)
    if rule is None:
        raise AssetError(f"the task has no {split} texts on the Hub (splits of its data)")
    known = dataset_commit(data, folder=folder)
    commit = known or settled_commit(data, folder=folder)
    described = json.dumps([dict(data), commit, split, list(classnames)], sort_keys=True)
    name = f"{str(data['dataset']).replace('/', '--')}-{split}-"
    path = folder / f"{name}{hashlib.sha256(described.encode()).hexdigest()[:16]}.json"
    kept = _read(path)
    if kept is not None:
        return kept
    with explained_rows(str(data["dataset"])):
        if known is not None:
            warn_where_it_moved(data, known)
        builder = open_dataset(data, str(rule["from"]), commit=commit)
        if classnames:
            names = names_in(builder, str(rule["from"]), column=str(data.get("label", "label")))
            check_names(data, classnames, names)
        columns = [*_asked(data), *([str(data.get("label", "label"))] if classnames else [])]
        columns += [str(data[key]) for key in ("answer", "second") if data.get(key)]
        rows, _ = rows_of(
            builder, str(rule["from"]), data, columns=columns, tenth=rule.get("tenth")
        )
        found = list(_texts(rows, data, classnames=classnames))
    texts = Texts(
        tuple(text for text, *_ in found),
        torch.tensor([label for _, label, *_ in found], dtype=torch.int64),
        tuple(str(answer) for _, _, answer, _ in found) if data.get("answer") else None,
        second=tuple(str(second) for *_, second in found) if data.get("second") else None,
    )
    _keep(path, texts)
    return texts


def _texts(
    rows: Iterator[Row], data: Mapping[str, Any], *, classnames: Sequence[str]
) -> Iterator[tuple[str, int, str | None, str | None]]:
    asked, label = _asked(data), str(data.get("label", "label"))
    answer, second = data.get("answer"), data.get("second")
    for place, row in rows:
        what = f"{data['dataset']}, {place}"
        missing = [column for column in (*asked, answer, second) if column and column not in row]
        if missing:
            raise AssetError(f"{what} has no column {missing[0]!r}; it has {', '.join(row)}")
        for column in (*asked, *([second] if second else [])):
            if not isinstance(row[column], str):
                raise AssetError(f"{what} has no text in its column {column!r}")
        said = _said(data, row)
        characters = len(said) + (len(row[second]) if second else 0)
        if characters > MAX_CHARACTERS:
            raise AssetError(f"{what} has {characters:,} characters; at most {MAX_CHARACTERS:,}")
        if not said.strip():
            continue
        number = (
            class_number(row, label, data=data, classnames=classnames, what=what)
            if classnames
            else 0
        )
        yield (
            said.strip(),
            number,
            str(row[answer]) if answer else None,
            str(row[second]).strip() if second else None,
        )


def _asked(data: Mapping[str, Any]) -> list[str]:
    """The columns that a text is made of, the one that names it first."""
    named = PLACE.findall(str(data.get("prompt", "")))
    return list(dict.fromkeys(named)) or [str(data["text"])]


def _said(data: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    if "prompt" not in data:
        return str(row[str(data["text"])])
    return PLACE.sub(lambda place: str(row[place[1]]), str(data["prompt"]))


def _read(path: Path) -> Texts | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Texts(
            tuple(kept["texts"]),
            torch.tensor(kept["labels"]),
            kept["answers"],
            second=kept.get("second"),
        )
    except (OSError, ValueError, KeyError, TypeError, AssetError):
        return None


def _keep(path: Path, texts: Texts) -> None:
    """Keep them; what was kept longest ago goes where all together are too many."""
    kept = {
        "texts": texts.texts,
        "labels": texts.labels.tolist(),
        "answers": texts.answers,
        "second": texts.second,
    }
    with suppress(OSError):  # a full disk costs the time to fetch them again
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, delete=False, suffix=".part"
        ) as file:
            json.dump(kept, file, ensure_ascii=False)
        Path(file.name).replace(path)
        files = sorted(path.parent.glob("*.json"), key=lambda one: -one.stat().st_mtime)
        total = 0
        for one in files:
            total += one.stat().st_size
            if total > MAX_KEPT and one != path:
                one.unlink()
