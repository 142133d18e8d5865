"""What can be seen of a new task and of weights of this machine before the suite is made.

So that whoever plans a suite hears now what would stop its making. Knows folders, names and
weights that are here; nothing is fetched or written.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from taskarith.errors import AssetError, TaskArithError, WeightsError
from taskarith.models.picture_transform import PictureTransform
from taskarith.models.registry import HUB_KIND
from taskarith.sources import Reference, find_pulled, open_source, parse_reference
from taskarith.sources.pull import NotPulledError
from taskarith.suites.making.creating import entry_name
from taskarith.suites.manifest import Manifest, parse_manifest
from taskarith.suites.references import is_pulled, is_reference, pull_ledger
from taskarith.suites.suite import Suite
from taskarith.suites.weights import Weights
from taskarith.tasks.decoding import decode
from taskarith.tasks.folders import class_folders

__all__ = [
    "check_entry",
    "check_moved",
    "check_reading",
    "look_at_pictures",
    "look_at_vector",
    "look_at_vectors",
    "naming",
    "weights_on",
]

MOST_OPENED = 200  # pictures that are opened for a look
LARGEST = 2**30  # bytes of a vector's files, or of a base, that are read for a look
FLOAT32 = 4  # bytes
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
    name = entry_name(entry)
    _sketch({"kind": HUB_KIND, "source": "hub:any/base"}, entry, where=f"the task {name!r}")


def weights_on(base: Mapping[str, Any]) -> Weights:
    """The weights of a suite that is only a base, as a manifest describes it: no vectors yet."""
    task = {
        "name": "any", "title": "any", "classnames": ["one", "other"], "templates": ["{}"],
        "data": {"kind": "hub", "dataset": "any/any", "images": 1, "splits": {}},
    }  # fmt: skip
    return Weights(_sketch(base, task, where="the base"), Path)


def _sketch(base: Mapping[str, Any], entry: Mapping[str, Any], *, where: str) -> Manifest:
    """A suite of one task, to hear of what is wrong with its base or its task."""
    name = entry_name(entry)
    other = {**entry, "name": "other" if name != "other" else "another", "title": "other"}
    return parse_manifest(
        {
            "format": 1,
            "name": "new",
            "title": "new",
            "about": "new",
            "licence": "none",
            "base": dict(base),
            "tasks": [{**entry, "role": "target"}, {**other, "role": "control"}],
            "vectors": [{"task": name, "source": "hub:any/vector"}],
            "presets": [],
        },
        where=where,
    )


def check_reading(suite: Suite) -> None:
    """AssetError for a base whose tokenizer cannot be read, or is not that of its weights.

    Of a base of this machine's; the Hub's, whose small files come with `suites pull`, and large
    ones are looked at when they are loaded.
    """
    base = suite.weights.location
    if base is not None and not base.startswith("file:"):
        return
    numbers = sum(math.prod(shape) for shape in suite.weights.base().shapes().values())
    if FLOAT32 * numbers <= LARGEST:
        suite.model()


def look_at_vectors(suite: Suite) -> None:
    """WeightsError or SourceError for a vector of `suite` that is broken, or not of its base.

    Of those that are on this machine; the others are looked at when they are.
    """
    for reference in filter(is_reference, suite.manifest.vectors.values()):
        look_at_vector(parse_reference(reference), suite.weights)


def look_at_vector(reference: Reference, weights: Weights) -> None:
    """The same for one vector of the base of `weights`.

    Read whole, unless it is large: then its names and shapes are held against the base's.
    """
    with naming(str(reference)):
        try:
            source = find_pulled(reference, ledger=pull_ledger())
        except NotPulledError:
            return
        contents = open_source(source)
        if weights.location is not None and not is_pulled(weights.location):
            return
        if sum(path.stat().st_size for path in source.paths.values()) > LARGEST:
            weights.opened(contents, base=weights.base())
        else:
            difference = weights.difference(contents, base=weights.base())
            check_moved(str(reference), difference.relative)


@contextmanager
def naming(reference: str) -> Iterator[None]:
    """Errors say which of several references they are about."""
    try:
        yield
    except TaskArithError as error:
        place, text = parse_reference(reference).location, str(error)
        if (
            place in text or place.replace("/", "--") in text
        ):  # as the Hub's cache names its folders
            raise
        raise type(error)(f"{reference}: {text}") from error


def check_moved(reference: str, relative: float) -> None:
    """WeightsError for a vector of no length: it is the base itself."""
    if relative == 0:
        raise WeightsError(
            f"{reference} is the base itself: ‖τ‖ = 0, so a slider would move nothing. Give the "
            "fine-tuned model"
        )
