"""Zips: what is well meant is unpacked, what is not is refused, and nothing leaves the folder."""

import io
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from taskarith.errors import TeachingError
from taskarith.training.teaching.archives import unpack_zip


def zipped(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def unpacked(path: Path, folder: Path, *, most_bytes: int = 10_000, most_files: int = 10) -> Path:
    folder.mkdir()
    return unpack_zip(path, folder, most_bytes=most_bytes, most_files=most_files)


def test_the_one_folder_around_everything_is_taken_off(tmp_path: Path) -> None:
    files = {"mine/sun/1.png": b"a", "mine/moon/1.png": b"b", "__MACOSX/mine/._1.png": b"x"}
    place = unpacked(zipped(tmp_path / "a.zip", files), tmp_path / "out")
    found = {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()}
    assert found == {"sun/1.png", "moon/1.png"}


def test_two_folders_are_classes(tmp_path: Path) -> None:
    place = unpacked(zipped(tmp_path / "a.zip", {"a/1": b"1", "b/1": b"2"}), tmp_path / "out")
    assert {p.name for p in place.iterdir()} == {"a", "b"}


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "a/../../evil",
        "/etc/evil",
        "a\\..\\evil",
        "C:evil",
        "a/" * 20 + "deep",
        "x" * 250,
    ],
)
def test_no_name_leads_out(name: str, tmp_path: Path) -> None:
    with pytest.raises(TeachingError, match="leads out of its folder"):
        unpacked(zipped(tmp_path / "a.zip", {"ok/1": b"1", name: b"evil"}), tmp_path / "out")
    assert not list(tmp_path.parent.rglob("evil"))


def test_a_bomb_is_stopped_by_what_it_really_holds(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a/1": b"\0" * 200_000})
    assert path.stat().st_size < 1000
    # What its directory says of the size is not believed.
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(TeachingError):
        unpacked(path, tmp_path / "out")
    assert sum(p.stat().st_size for p in (tmp_path / "out").rglob("*") if p.is_file()) < 20_000


def test_honest_but_large_is_said_to_be_large(tmp_path: Path) -> None:
    with pytest.raises(TeachingError, match="larger than"):
        unpacked(zipped(tmp_path / "a.zip", {"a/1": b"\0" * 20_000}), tmp_path / "out")


def test_too_many_files(tmp_path: Path) -> None:
    files = {f"a/{number}": b"" for number in range(11)}
    with pytest.raises(TeachingError, match="holds 11 files; at most 10"):
        unpacked(zipped(tmp_path / "a.zip", files), tmp_path / "out")


def test_links_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        link = zipfile.ZipInfo("a/link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(TeachingError, match="holds a link"):
        unpacked(tmp_path / "a.zip", tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04" + b"\0" * 40])
def test_no_zip(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(TeachingError, match="no zip that can be read"):
        unpacked(tmp_path / "a.zip", tmp_path / "out")


def test_a_torn_zip(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a/1", b"hello" * 100)
    data = bytearray(buffer.getvalue())
    data[60:70] = b"\xff" * 10
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(TeachingError, match="no zip that can be read"):
        unpacked(tmp_path / "a.zip", tmp_path / "out")


def test_an_empty_zip(tmp_path: Path) -> None:
    with pytest.raises(TeachingError, match="holds no files"):
        unpacked(zipped(tmp_path / "a.zip", {}), tmp_path / "out")
