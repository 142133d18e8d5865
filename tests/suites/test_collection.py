import json
from pathlib import Path

import pytest

from taskarith import list_suites
from taskarith.errors import AssetError, UnknownNameError
from taskarith.suites.collection import (
    MAX_BYTES,
    Collection,
    collections_of,
    list_collections,
    load_collection,
    read_collection,
    unlisted,
)
from taskarith.suites.sharing import opened_members
from tests.sizes import SUITES, add_sizes, collection_file


@pytest.fixture
def home(tmp_path: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("TASKARITH_SUITES", str(folder))
    add_sizes(tiny_folder, folder)
    return folder


@pytest.mark.parametrize("collection", list_collections(), ids=lambda one: one.name)
def test_the_collections_that_come_with_the_project_share_their_tasks(
    collection: Collection,
) -> None:
    suites = opened_members(collection)
    assert list(suites) == list(collection.suites)
    assert load_collection(collection.name) == collection
    assert collection in collections_of(collection.suites[0])


def test_what_comes_with_a_collection_alone_is_not_among_the_suites() -> None:
    assert not unlisted() & {suite.name for suite in list_suites()}


def test_members_are_opened_as_suites(home: Path, tmp_path: Path) -> None:
    collection = read_collection(collection_file(tmp_path))
    assert collection.suites == tuple(SUITES)
    assert [suite.name for suite in opened_members(collection).values()] == list(SUITES)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tasks: tasks.pop(0), "tiny-b has no task 'apples'"),
        (lambda tasks: tasks[0]["classnames"].reverse(), "'apples' of tiny-b has other classes"),
        (lambda tasks: tasks[0].update(data={"kind": "world", "family": "letters"}),
         "'apples' of tiny-b has other examples"),
    ],
)  # fmt: skip
def test_sizes_that_do_not_share_tasks_are_refused(
    home: Path, tmp_path: Path, change: "object", said: str
) -> None:
    file = home / "tiny-b" / "manifest.json"
    manifest = json.loads(file.read_text())
    change(manifest["tasks"])  # type: ignore[operator]
    names = [task["name"] for task in manifest["tasks"]]
    manifest["vectors"] = [one for one in manifest["vectors"] if one["task"] in names]
    manifest |= {"presets": [], "start": None, "recipes": None}
    file.write_text(json.dumps(manifest))
    with pytest.raises(AssetError, match=f"(?s)do not share their tasks.*{said}.*name tasks that"):
        opened_members(read_collection(collection_file(tmp_path)))


MEMBER = {"suite": "tiny-a", "seen": 1}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "format 2 is unknown"),
        ({"name": "../x"}, "must be lower-case letters"),
        ({"members": []}, "0 suites; a collection has 2 to 32"),
        ({"members": [MEMBER | {"suite": f"s{n}"} for n in range(1_000)]}, "1000 suites"),
        ({"members": [MEMBER, MEMBER]}, "tiny-a must be there only once"),
        ({"members": [MEMBER, {"suite": "/etc", "seen": 1}]}, "'/etc' must be lower-case"),
        ({"members": [MEMBER, {"suite": "b", "seen": True}]}, "seen: True must be how many"),
        ({"members": [MEMBER, {"suite": "b", "seen": 10**40}]}, "whole number from 1 to"),
        ({"members": [MEMBER, {"suite": "b", "seen": 1, "listed": 0}]}, "must be true or false"),
        ({"members": [MEMBER, {"suite": "b", "seen": 1, "apart": []}]}, "must be a text"),
        ({"members": "all"}, "members must be a list"),
        ({"tasks": [f"t{n}" for n in range(1_000)]}, "1000 names; there must be 1 to 64"),
        ({"controls": ["apples"]}, "apples must be there only once"),
        ({"controls": None}, "controls must be a list, but is missing"),
    ],
)
def test_a_collection_of_others_is_checked(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(AssetError) as refused:
        read_collection(collection_file(tmp_path, **changes))
    assert said in str(refused.value)
    assert str(tmp_path) not in str(refused.value)
    assert len(str(refused.value)) < 5_000


@pytest.mark.parametrize("text", ["[", "[]", "9" * 5_000, "[" * 100_000, " " * (MAX_BYTES + 1)])
def test_what_is_no_collection_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "odd.json"
    file.write_text(text)
    with pytest.raises(AssetError, match=r"odd\.json"):
        read_collection(file)


def test_a_collection_that_is_not_there() -> None:
    with pytest.raises(UnknownNameError, match="clip-vit"):
        load_collection("clip-vitt")
    with pytest.raises(AssetError, match="could not read the collection"):
        load_collection("nowhere/there.json")
