"""Collections: suites that share tasks on several bases, as the sizes of one model do.

A collection is one JSON file that names its members; each is a suite like any other. Whether they
do share their tasks is seen when they are opened (`sharing`). Knows names alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from taskarith.errors import unknown_name
from taskarith.places import ASSETS
from taskarith.suites.json_reader import JsonReader, read_json

__all__ = [
    "COLLECTIONS_FOLDER",
    "Collection",
    "Member",
    "collections_of",
    "list_collections",
    "load_collection",
    "other_sizes",
    "read_collection",
    "unlisted",
]

COLLECTIONS_FOLDER = ASSETS / "collections"
FORMAT = 1
MAX_BYTES = 2**18
LEAST_MEMBERS, MAX_MEMBERS = 2, 32
MAX_TASKS = 64
MAX_SEEN = 10**15


@dataclass(frozen=True)
class Member:
    """One suite of a collection.

    Attributes:
        seen: how many examples its base was pretrained on, repetitions counted.
        apart: why it is not of one series with the others; empty for one that is.
        listed: whether it stands among the suites too, or comes with the collection alone.
    """

    suite: str
    seen: int
    apart: str = ""
    listed: bool = True


@dataclass(frozen=True)
class Collection:
    """Suites that share `tasks`, each with a vector of its name, and `controls`, the first of which
    choices look at; smaller members come first.
    """

    name: str
    title: str
    about: str
    tasks: tuple[str, ...]
    controls: tuple[str, ...]
    members: tuple[Member, ...]

    @property
    def suites(self) -> tuple[str, ...]:
        """The names of the members."""
        return tuple(member.suite for member in self.members)


def read_collection(path: Path) -> Collection:
    """The collection in the file `path`; one AssetError lists all its problems."""
    what = f"the collection {path.name}"
    data = read_json(
        path,
        what,
        most_bytes=MAX_BYTES,
        instead="the name of a collection, or the path of its file",
    )
    reader = JsonReader()
    collection = _collection(data, reader)
    reader.check(what)
    return collection


def list_collections() -> list[Collection]:
    """The collections that come with the project, by name."""
    return [read_collection(file) for file in sorted(COLLECTIONS_FOLDER.glob("*.json"))]


def load_collection(name_or_path: str) -> Collection:
    """The collection of that name, or in that file; UnknownNameError where there is none."""
    if name_or_path.endswith(".json"):
        return read_collection(Path(name_or_path).expanduser())
    there = {collection.name: collection for collection in list_collections()}
    if name_or_path not in there:
        raise unknown_name("collection", name_or_path, existing=there)
    return there[name_or_path]


def collections_of(suite: str) -> list[Collection]:
    """The collections that the suite called `suite` is a member of."""
    return [collection for collection in list_collections() if suite in collection.suites]


def other_sizes(suite: str) -> tuple[str, ...]:
    """The suites beside the one called `suite` in its first collection; none where it is in none.

    >>> other_sizes("mini")
    ('mini-quarter', 'mini-half', 'mini-whole', 'mini-double')
    """
    return tuple(one for own in collections_of(suite)[:1] for one in own.suites if one != suite)


def unlisted() -> frozenset[str]:
    """The suites that stand in their collection's list alone, so that the others stay in sight."""
    found = list_collections()
    return frozenset(one.suite for own in found for one in own.members if not one.listed)


def _collection(data: object, reader: JsonReader) -> Collection:
    fields = reader.mapping(data, "the collection")
    if fields.get("format") != FORMAT:
        reader.problems.append(
            f"format {fields.get('format')!r:.40} is unknown; this version reads format {FORMAT}"
        )
    listed = reader.array(fields.get("members"), "members")
    if not LEAST_MEMBERS <= len(listed) <= MAX_MEMBERS:
        reader.problems.append(
            f"members: {len(listed)} suites; a collection has {LEAST_MEMBERS} to {MAX_MEMBERS}"
        )
    members = tuple(
        _member(item, reader, f"members[{index}]")
        for index, item in enumerate(listed[:MAX_MEMBERS])
    )
    reader.unique([member.suite for member in members], "members")
    tasks = _names(fields.get("tasks"), reader, "tasks")
    controls = _names(fields.get("controls"), reader, "controls")
    reader.unique([*tasks, *controls], "tasks and controls")
    return Collection(
        name=reader.name(fields.get("name"), "name"),
        title=reader.text(fields.get("title"), "title"),
        about=reader.text(fields.get("about"), "about"),
        tasks=tasks,
        controls=controls,
        members=members,
    )


def _names(value: object, reader: JsonReader, where: str) -> tuple[str, ...]:
    items: Sequence[object] = reader.array(value, where)
    if not 1 <= len(items) <= MAX_TASKS:
        reader.problems.append(f"{where}: {len(items)} names; there must be 1 to {MAX_TASKS}")
    return tuple(
        reader.name(item, f"{where}[{index}]") for index, item in enumerate(items[:MAX_TASKS])
    )


def _member(item: object, reader: JsonReader, where: str) -> Member:
    fields = reader.mapping(item, where)
    seen = fields.get("seen")
    if type(seen) is not int or not 1 <= seen <= MAX_SEEN:
        reader.problems.append(
            f"{where}.seen: {seen!r:.40} must be how many examples its base was pretrained on, a "
            f"whole number from 1 to {MAX_SEEN}"
        )
        seen = 1
    apart, listed = fields.get("apart"), fields.get("listed", True)
    if not isinstance(listed, bool):
        reader.problems.append(f"{where}.listed: {listed!r:.40} must be true or false")
    return Member(
        suite=reader.name(fields.get("suite"), f"{where}.suite"),
        seen=seen,
        apart="" if apart is None else reader.text(apart, f"{where}.apart"),
        listed=listed is not False,
    )
