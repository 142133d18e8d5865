"""What a Hub dataset calls its own classes, and whether a task's names are in that order.

Knows names; the examples are read elsewhere.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from taskarith.errors import AssetError
from taskarith.tasks.dataset_commits import dataset_commit, settled_commit
from taskarith.tasks.hub_rows import explained_rows, names_in, open_dataset

__all__ = ["check_names", "stated_names"]

LISTED = 8


def stated_names(data: Mapping[str, Any], *, folder: Path) -> list[str] | None:
    """What the dataset itself calls its classes, in the order of their labels; None if nowhere.

    `data` is as for `hub_pictures`. Raises SourceError where the Hub does not answer.
    """
    commit = dataset_commit(data, folder=folder) or settled_commit(data, folder=folder)
    split = str(next(iter(data["splits"].values()))["from"])
    with explained_rows(str(data["dataset"])):
        builder = open_dataset(data, split, commit=commit)
        return names_in(builder, split, column=str(data.get("label", "label")))


def check_names(
    data: Mapping[str, Any], classnames: Sequence[str], stated: Sequence[str] | None
) -> None:
    """Refuse class names in another order, or of another number, than the dataset states.

    Where the task was written for the dataset's names ("labels" of its data), they must be the
    same; else a name of the task must not be the dataset's name of another class.
    """
    if stated is None:
        return
    expected = data.get("labels")
    if expected is not None:
        if list(stated) == list(expected):
            return
        raise AssetError(
            f"{data['dataset']} numbers its classes in another order than the task: it has "
            f"{_listed(stated)}, expected {_listed(expected)}. Its labels were changed; give the "
            "revision that the task was written for"
        )
    places = {_plain(name): place for place, name in enumerate(stated)}
    crossed = [
        name
        for place, name in enumerate(classnames)
        if places.get(_plain(name), place) != place
        and not (place < len(stated) and _plain(stated[place]) == _plain(name))
    ]
    if crossed or len(stated) != len(classnames):
        raise AssetError(
            f"{data['dataset']} calls its {len(stated)} classes {_listed(stated)}, in the order of "
            f"their labels, but the task has {len(classnames)}: {_listed(classnames)}. Give the "
            "names in that order, one for each class"
        )


def _plain(name: str) -> str:
    """A name without what people change in it: case, spaces and marks."""
    return "".join(mark for mark in name.lower() if mark.isalnum())


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
