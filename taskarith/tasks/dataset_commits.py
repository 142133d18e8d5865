"""Which commit of a Hub dataset the pictures of a task come from, noted where they are kept.

A branch moves. The commit that it stood for when its first pictures were fetched is written down,
and every split comes from that one, so that a figure can be traced and no picture is in two splits.
Knows names and commits, no pictures.
"""

import hashlib
import json
import os
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from taskarith.errors import SourceError
from taskarith.sources.hub import COMMIT, SECONDS, explained, huggingface_hub

__all__ = ["check_public", "dataset_commit", "settled_commit", "warn_where_it_moved"]

BRANCH = "main"


def dataset_commit(data: Mapping[str, Any], *, folder: Path) -> str | None:
    """The commit of a task's pictures, as far as `folder` knows; asks the Hub nothing.

    `data` names the "dataset", and its "revision" where that is not "main".
    """
    if COMMIT.fullmatch(_revision(data)):
        return _revision(data)
    try:
        commit = json.loads(_note(data, folder).read_text(encoding="utf-8"))["commit"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return commit if isinstance(commit, str) and COMMIT.fullmatch(commit) else None


def settled_commit(data: Mapping[str, Any], *, folder: Path) -> str:
    """The commit that the revision of `data` means now, noted in `folder` from here on.

    Raises SourceError where the Hub does not tell.
    """
    commit = _asked(data)
    there = dataset_commit(data, folder=folder)  # somebody may have been faster
    if there is not None:
        return there
    note = _note(data, folder)
    said = {"dataset": str(data["dataset"]), "revision": _revision(data), "commit": commit}
    with suppress(OSError):  # a note that cannot be kept costs a question next time
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", encoding="utf-8", dir=folder, delete=False) as file:
            file.write(json.dumps(said))
        os.replace(file.name, note)
    return commit


def check_public(name: str) -> None:
    """SourceError for a dataset that not everybody may read; asks without this machine's token."""
    hub = huggingface_hub()
    with explained(name):
        info = hub.HfApi(token=False).dataset_info(name, timeout=SECONDS)
    if info.gated:  # everybody sees that it is there, and its files are read with our token
        raise SourceError(f"{name} is gated; teach it on a machine of your own, with your token")


def warn_where_it_moved(data: Mapping[str, Any], commit: str) -> None:
    """Warn where the dataset changed since `commit`, from which its pictures go on coming."""
    if COMMIT.fullmatch(_revision(data)):
        return
    now = _asked(data)
    if now != commit:
        warnings.warn(
            f"the dataset {data['dataset']} changed: {_revision(data)} was {commit[:12]} when its "
            f"first pictures were fetched and is {now[:12]} now. Pictures go on coming from the "
            f'first; to take the new ones, give "revision": "{now}" in the data of the task',
            stacklevel=2,
        )


def _revision(data: Mapping[str, Any]) -> str:
    return str(data.get("revision") or BRANCH)


def _note(data: Mapping[str, Any], folder: Path) -> Path:
    name = str(data["dataset"])
    digest = hashlib.sha256(f"{name}@{_revision(data)}".encode()).hexdigest()[:16]
    return folder / f"{name.replace('/', '--')}-{digest}.commit.json"


def _asked(data: Mapping[str, Any]) -> str:
    name, hub = str(data["dataset"]), huggingface_hub()
    try:
        with explained(name):
            info = hub.HfApi().dataset_info(name, revision=_revision(data), timeout=SECONDS)
    except SourceError as error:
        raise type(error)(f"the examples of {name} could not be fetched: {error}") from error
    commit = str(info.sha or "")
    if not COMMIT.fullmatch(commit):
        raise SourceError(f"the Hub gave no commit for the dataset {name}; try again later")
    return commit
