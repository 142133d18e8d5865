"""A kept digest is that of the file as it is, however its files were changed."""

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest

from taskarith.errors import SourceError
from taskarith.sources import digests as digests_module
from taskarith.sources.digests import Digests

FIRST, SECOND = b"one" * 1_000, b"two" * 1_000
DIGESTS = {content: hashlib.sha256(content).hexdigest() for content in (FIRST, SECOND)}


@pytest.fixture
def kept(tmp_path: Path) -> Digests:
    """As it is some time after the file was written."""
    (tmp_path / "weights").write_bytes(FIRST)
    return Digests(tmp_path / "cache" / "digests.json", clock=lambda: time.time() + 60)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often a file is read through."""
    calls: list[str] = []
    real = hashlib.file_digest

    def counted(stream: Any, name: str) -> Any:
        calls.append(stream.name)
        return real(stream, name)

    monkeypatch.setattr(digests_module.hashlib, "file_digest", counted)
    return calls


def test_a_file_is_hashed_once(kept: Digests, tmp_path: Path, hashed: list[str]) -> None:
    for digests in (kept, kept, Digests(kept.path)):  # the last is another process
        assert digests.digest(tmp_path / "weights") == DIGESTS[FIRST]
    assert len(hashed) == 1


def rewrite(path: Path) -> None:
    """In place, with the same size and time."""
    times = path.stat()
    path.write_bytes(SECOND)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def replace(path: Path) -> None:
    """By another file of the same size and time."""
    times = path.stat()
    other = path.with_name("other")
    other.write_bytes(SECOND)
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    os.replace(other, path)


@pytest.mark.parametrize("change", [rewrite, replace])
def test_weights_rewritten_with_the_same_size_and_time_are_seen(
    change: Any, kept: Digests, tmp_path: Path
) -> None:
    path = tmp_path / "weights"
    assert kept.digest(path) == DIGESTS[FIRST]
    before = path.stat()
    time.sleep(0.02)  # more than the file system's own clock ticks
    change(path)
    after = path.stat()
    assert (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    assert kept.digest(path) == DIGESTS[SECOND]


def test_what_was_written_just_now_is_not_trusted(tmp_path: Path, hashed: list[str]) -> None:
    """It could be written again before the clock goes on."""
    path = tmp_path / "weights"
    path.write_bytes(FIRST)
    digests = Digests(tmp_path / "digests.json")
    digests.digest(path)
    digests.digest(path)
    assert len(hashed) == 2


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": 3}', '{"x": [1]}', "[" * 100_000])
def test_a_damaged_list_costs_time_only(text: str, kept: Digests, tmp_path: Path) -> None:
    kept.path.parent.mkdir()
    kept.path.write_text(text)
    assert kept.digest(tmp_path / "weights") == DIGESTS[FIRST]
    assert kept.digest(tmp_path / "weights") == DIGESTS[FIRST]


def test_the_list_does_not_grow_without_end(
    kept: Digests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests_module, "MOST", 2)
    for name in ("weights", "a", "b", "c"):
        (tmp_path / name).write_bytes(name.encode())
        kept.digest(tmp_path / name)
    assert {Path(name).name for name in kept._read()} == {"b", "c"}


def test_a_file_that_is_not_there(kept: Digests, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"missing cannot be read: No such file"):
        kept.digest(tmp_path / "missing")
