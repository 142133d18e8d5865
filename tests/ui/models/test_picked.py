"""Picked files: kept by what is in them, within a bound, and from the upload folder only."""

import os
from pathlib import Path

import pytest

from taskarith.errors import SourceError
from taskarith.tasks.folders import class_folders
from taskarith.ui.models.picked import MOST_FILES, MOST_PICTURES, Picked


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    return folder


@pytest.fixture
def picked(uploads: Path, tmp_path: Path) -> Picked:
    return Picked(tmp_path / "picked", uploads=uploads, most_bytes=1_000)


def upload(uploads: Path, name: str, content: bytes, *, into: str = "a") -> str:
    path = uploads / into / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return str(path)


def test_the_same_files_are_kept_once(picked: Picked, uploads: Path) -> None:
    first = picked.weights([upload(uploads, "w", b"1"), upload(uploads, "c", b"2")])
    again = picked.weights([upload(uploads, "c", b"2", into="b"), upload(uploads, "w", b"1")])
    other = picked.weights([upload(uploads, "w", b"3", into="c")])
    assert first == again != other
    assert {path.name: path.read_bytes() for path in first.iterdir()} == {"w": b"1", "c": b"2"}


def test_pictures_go_back_into_their_class_folders(picked: Picked, uploads: Path) -> None:
    names = ("robin__1.png", "robin__a__b.png", "wren bird__1.png", "wren bird__1.jpg")
    folder = picked.pictures([upload(uploads, name, b"x") for name in names])
    assert class_folders(folder).classes == ("robin", "wren bird")
    assert (folder / "robin" / "a" / "b.png").is_file()


def test_splits_stay_apart(picked: Picked, uploads: Path) -> None:
    names = [f"{s}__{c}__1.png" for s in ("train", "val", "test") for c in ("robin", "wren")]
    folder = picked.pictures([upload(uploads, name, name.encode()) for name in names])
    found = class_folders(folder)
    assert {split: len(pictures) for split, pictures in found.splits.items()} == {
        "train": 2, "validation": 2, "test": 2,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["1.png", "__1.png", "robin__", "..__1.png"])
def test_a_picture_in_no_class_folder_is_refused(name: str, picked: Picked, uploads: Path) -> None:
    with pytest.raises(SourceError, match="in no class folder"):
        picked.pictures([upload(uploads, name, b"x")])


def test_what_was_used_longest_ago_makes_room(picked: Picked, uploads: Path) -> None:
    folders = []
    for index in range(3):
        folder = picked.weights([upload(uploads, f"{index}", bytes(300))])
        os.utime(folder, (index, index))
        folders.append(folder)
    picked.weights([str(uploads / "a" / "0")])  # used again
    picked.weights([upload(uploads, "new", bytes(300))])
    assert [folder.is_dir() for folder in folders] == [True, False, True]


def test_what_a_suite_takes_stays_and_the_new_is_refused(uploads: Path, tmp_path: Path) -> None:
    used: set[Path] = set()
    picked = Picked(
        tmp_path / "picked", uploads=uploads, most_bytes=1_000,
        let_go=lambda folder: folder not in used,
    )  # fmt: skip
    folders = []
    for index in range(3):
        folders.append(picked.weights([upload(uploads, f"{index}", bytes(300))]))
        os.utime(folders[-1], (index, index))
    used.add(folders[0])
    picked.weights([upload(uploads, "new", bytes(300))])
    assert [folder.is_dir() for folder in folders] == [True, False, True]
    used.add(folders[2])
    with pytest.raises(SourceError, match="suites take their weights"):
        picked.weights([upload(uploads, "newer", bytes(300))])  # "new" is in somebody's plan
    assert [folder.is_dir() for folder in folders] == [True, False, True]


def test_more_than_the_bound_is_refused(picked: Picked, uploads: Path) -> None:
    with pytest.raises(SourceError, match=r"2\.0 kB; at most 1\.0 kB"):
        picked.weights([upload(uploads, "w", bytes(2_000))])


def test_nothing_too_many_and_two_of_a_name_are_refused(picked: Picked, uploads: Path) -> None:
    with pytest.raises(SourceError, match="no file was picked"):
        picked.weights([])
    with pytest.raises(SourceError, match="two of one name"):
        picked.weights([upload(uploads, "w", b"1"), upload(uploads, "w", b"2", into="b")])
    with pytest.raises(SourceError, match="21 files were picked"):
        picked.weights([upload(uploads, str(i), b"1") for i in range(MOST_FILES + 1)])
    with pytest.raises(SourceError, match="5,001 pictures"):
        picked.pictures(["x"] * (MOST_PICTURES + 1))


def test_files_from_elsewhere_are_refused(picked: Picked, uploads: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"x")
    (uploads / "link").symlink_to(secret)
    for file in (
        str(secret),
        str(uploads / "link"),
        str(uploads / "gone"),
        f"{uploads}/../secret",
        "a\0b",
    ):
        with pytest.raises(SourceError, match="pick it again"):
            picked.weights([file])
    assert not picked.folder.exists()
