"""What can be seen of a new task and of weights of this machine before the suite is made.

So that whoever plans a suite hears now what would stop its making. Knows folders, names and
weights that are here; nothing is fetched or written.
"""

from pathlib import Path
from typing import Any

from taskarith.errors import AssetError, WeightsError
from taskarith.models.picture_transform import PictureTransform
from taskarith.models.registry import HUB_KIND
from taskarith.sources import LazyState, Plan, find_pulled, open_source
from taskarith.suites.manifest import parse_manifest
from taskarith.suites.references import pull_ledger
from taskarith.suites.suite import Suite
from taskarith.tasks.decoding import decode
from taskarith.tasks.folders import class_folders

__all__ = ["check_entry", "check_moved", "look_at_pictures", "look_at_vector"]

MOST_OPENED = 200  # pictures that are opened for a look
LARGEST = 2**30  # bytes of a vector's file that is read for a look
SIDE = 32  # of the pictures: only whether they open matters


def look_at_pictures(place: Path, *, seed: int | None = None) -> list[str]:
    """What is in a folder of class folders, in words; AssetError where a task cannot be made of it.

    Of the pictures at most 200 are opened, at even distances.
    """
    found = class_folders(place, seed=seed)
    found.of("validation")
    paths = [path for pictures in found.splits.values() for path, _ in pictures]
    opened = paths[:: max(1, -(-len(paths) // MOST_OPENED))]
    for path in opened:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise AssetError(f"could not read {path}: {error.strerror or error}") from error
        decode(content, transform=PictureTransform(SIDE), what=str(path))
    less = len(opened) < len(paths)
    return [*found.notes(), *([f"{len(opened)} of them were opened"] if less else [])]


def check_entry(entry: dict[str, Any]) -> None:
    """AssetError for an entry of a task that no manifest may hold: its names and templates."""
    name = str(entry.get("name") or entry["use"])
    other = {**entry, "name": "other" if name != "other" else "another", "title": "other"}
    parse_manifest(
        {
            "format": 1,
            "name": "new",
            "title": "new",
            "about": "new",
            "licence": "none",
            "base": {"kind": HUB_KIND, "source": "hub:any/base"},
            "tasks": [{**entry, "role": "target"}, {**other, "role": "control"}],
            "vectors": [{"task": name, "source": "hub:any/vector"}],
            "presets": [],
        },
        where=f"the task {name!r}",
    )


def look_at_vector(plan: Plan, start: Suite) -> None:
    """WeightsError where a vector of this machine does not fit its base, or is nothing."""
    if plan.reference.kind != "file" or plan.size > LARGEST or not start.is_here():
        return
    contents = open_source(find_pulled(plan.reference, ledger=pull_ledger()))
    difference = start.weights.difference(contents, base=LazyState.of(start.base_state()))
    check_moved(str(plan.reference), difference.relative)


def check_moved(reference: str, relative: float) -> None:
    """WeightsError for a vector of no length: it is the base itself."""
    if relative == 0:
        raise WeightsError(
            f"{reference} is the base itself: ‖τ‖ = 0, so a slider would move nothing. Give the "
            "fine-tuned model"
        )
