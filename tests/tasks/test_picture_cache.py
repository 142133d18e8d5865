import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from taskarith.tasks import picture_cache
from taskarith.tasks.picture_cache import Pictures, kept_pictures


class Drawing:
    """Draws three pictures and counts how often it was asked to."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Pictures:
        self.times += 1
        return np.full((3, 4, 4, 3), 7, np.uint8), np.arange(3)


@pytest.fixture(autouse=True)
def _forget_warnings() -> Iterator[None]:
    yield
    picture_cache._warn_once.cache_clear()


def assert_drawn(found: Pictures) -> None:
    images, labels = found
    assert images.shape == (3, 4, 4, 3)
    assert (images == 7).all()
    assert labels.tolist() == [0, 1, 2]


def test_pictures_are_drawn_once(tmp_path: Path) -> None:
    draw = Drawing()
    for _ in range(3):
        assert_drawn(kept_pictures(tmp_path / "a" / "b", draw=draw))
    assert draw.times == 1
    assert os.listdir(tmp_path / "a") == ["b"]


def test_two_that_draw_at_once_share_what_the_faster_one_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def as_fast(source: Path, target: Path) -> None:
        shutil.copytree(source, target)
        replace(source, target)  # fails: a folder that holds something is there

    monkeypatch.setattr(os, "replace", as_fast)
    assert_drawn(kept_pictures(tmp_path / "a" / "b", draw=Drawing()))
    assert os.listdir(tmp_path / "a") == ["b"]


def test_writing_to_what_was_read_does_not_change_the_file(tmp_path: Path) -> None:
    draw = Drawing()
    kept_pictures(tmp_path / "p", draw=draw)[0][:] = 0
    assert_drawn(kept_pictures(tmp_path / "p", draw=draw))
    assert draw.times == 1


@pytest.mark.parametrize("name", ["images.npy", "labels.npy"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "garbage", "other"])
def test_damaged_pictures_are_drawn_anew(tmp_path: Path, name: str, damage: str) -> None:
    draw = Drawing()
    kept_pictures(tmp_path / "p", draw=draw)
    file = tmp_path / "p" / name
    content = file.read_bytes()
    file.unlink()
    if damage == "other":
        np.save(file, np.zeros(9))
    elif damage != "missing":
        file.write_bytes({"empty": b"", "cut": content[:-5], "garbage": b"\0" * 300}[damage])
    assert_drawn(kept_pictures(tmp_path / "p", draw=draw))
    assert_drawn(kept_pictures(tmp_path / "p", draw=draw))
    assert draw.times == 2


def test_without_a_writable_folder_they_stay_in_memory_with_one_warning(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    draw = Drawing()
    with pytest.warns(UserWarning, match="kept in memory.* set TASKARITH_CACHE"):
        assert_drawn(kept_pictures(tmp_path / "file" / "a", draw=draw))
    assert_drawn(kept_pictures(tmp_path / "file" / "b", draw=draw))  # warnings are errors here
    assert draw.times == 2


def test_a_full_disk_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "save", full)
    with pytest.warns(UserWarning, match="No space left"):
        assert_drawn(kept_pictures(tmp_path / "p", draw=Drawing()))
    assert os.listdir(tmp_path) == []


def test_what_was_looked_at_longest_ago_goes_first(tmp_path: Path) -> None:
    draw = Drawing()
    for age, name in enumerate(("oldest", "older", "old")):
        kept_pictures(tmp_path / name, draw=draw)
        os.utime(tmp_path / name / "labels.npy", (1000 + age, 1000 + age))
    (tmp_path / ".drawing-of-a-crash").mkdir()
    (tmp_path / ".drawing-of-a-crash" / "images.npy").write_bytes(bytes(500))
    os.utime(tmp_path / ".drawing-of-a-crash", (900, 900))
    one = sum(path.stat().st_size for path in (tmp_path / "old").iterdir())
    images, _ = kept_pictures(tmp_path / "oldest", draw=draw)  # looked at again
    kept_pictures(tmp_path / "new", draw=draw, most_bytes=3 * one)
    assert set(os.listdir(tmp_path)) == {"oldest", "old", "new"}
    kept_pictures(tmp_path / "newest", draw=draw, most_bytes=one - 1)
    assert os.listdir(tmp_path) == ["newest"]  # the newest stays, however large it is
    assert_drawn((images, np.arange(3)))  # what is in use stays readable
    assert draw.times == 5
