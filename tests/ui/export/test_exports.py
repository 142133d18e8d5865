"""What visitors exported is theirs, bounded, and not kept for long."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from taskarith.core import Edit
from taskarith.errors import ExportCancelled, ExportError, SourceError, TaskArithError
from taskarith.export.exporting import plan_export
from taskarith.sources.plan import KEPT_FREE
from taskarith.suites import Suite
from taskarith.ui.export.exports import KEPT_SECONDS, Exports, Taken
from tests.disk import largest_file

EDIT = Edit("tiny", {"apples": 0.5})


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def make(
    exports: Exports,
    suite: Suite,
    visitor: str,
    *,
    to: str = "open_clip",
    address: str = "",
    report: Callable[[int, int, str], None] = lambda done, total, words: None,
    stop: Callable[[], bool] = lambda: False,
) -> Taken:
    return exports.make(
        visitor, suite, EDIT, address=address, to=to, dtype="float32", source=suite.name,
        accuracies=(), statistics=None, report=report, cancelled=stop,
    )  # fmt: skip


def test_the_archive_holds_the_folder(tiny_suite: Suite) -> None:
    exports = Exports()
    taken = make(exports, tiny_suite, "a")
    with zipfile.ZipFile(taken.archive) as archive:
        names = set(archive.namelist())
    assert names == {f"tiny-open_clip/{name}" for name in taken.export.files}
    assert exports.of("a") == taken
    assert exports.of("b") is None


def test_the_next_one_takes_its_place(tiny_suite: Suite) -> None:
    exports = Exports()
    first = make(exports, tiny_suite, "a").archive
    second = make(exports, tiny_suite, "a", to="json").archive
    assert not first.parent.exists()
    assert second.exists()


def test_old_ones_and_too_many_go(tiny_suite: Suite) -> None:
    clock = Clock()
    exports = Exports(max_kept=2, clock=clock)
    archives = [make(exports, tiny_suite, visitor, to="json").archive for visitor in "abc"]
    assert [archive.exists() for archive in archives] == [False, True, True]
    clock.now = KEPT_SECONDS + 1
    assert exports.of("c") is None
    assert not any(archive.exists() for archive in archives)


def test_made_up_visitors_push_out_their_own(tiny_suite: Suite) -> None:
    exports = Exports(max_kept=3)
    real = make(exports, tiny_suite, "real", to="json", address="school")
    for number in range(6):
        make(exports, tiny_suite, f"made up {number}", to="json", address="robot")
    assert exports.of("real") == real
    assert [exports.of(f"made up {n}") is not None for n in range(6)] == [False] * 4 + [True] * 2


def test_a_visitor_may_not_have_everything(tiny_suite: Suite) -> None:
    exports = Exports(largest=1000)
    with pytest.raises(ExportError, match=r"at most 1\.0 kB can be exported\. Choose float16"):
        make(exports, tiny_suite, "a")
    make(exports, tiny_suite, "a", to="json")


def test_how_far_it_is_is_told_to_the_end(tiny_suite: Suite) -> None:
    told: list[tuple[int, int, str]] = []
    taken = make(Exports(), tiny_suite, "a", report=lambda *said: told.append(said))
    shares = [done / total for done, total, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert shares[0] < 0.1
    halves = {
        words.rpartition(" ")[2]: share for share, (_, _, words) in zip(shares, told, strict=True)
    }
    assert halves == {"written": 0.5, "packed": 1.0}
    total = sum(taken.export.files.values())
    assert told[-1][2] == f"{total / 1e6:,.1f} of {total / 1e6:,.1f} MB packed"


@pytest.fixture
def kept(tiny_suite: Suite) -> tuple[Exports, set[Path]]:
    """Exports with one of somebody else's in it, and what is there of it."""
    exports = Exports()
    root = make(exports, tiny_suite, "b", to="json").archive.parent.parent
    return exports, set(root.rglob("*"))


def left(exports: Exports) -> set[Path]:
    taken = exports.of("b")
    assert taken is not None
    return set(taken.archive.parent.parent.rglob("*"))


def test_stopped_nothing_is_left(tiny_suite: Suite, kept: tuple[Exports, set[Path]]) -> None:
    exports, before = kept
    for word in ("written", "packed"):  # while the files are written, and while they are packed
        seen: list[str] = []

        def stop(seen: list[str] = seen, word: str = word) -> bool:
            return any(said.endswith(word) for said in seen)

        with pytest.raises(ExportCancelled):
            make(
                exports, tiny_suite, "a", stop=stop,
                report=lambda done, total, said, seen=seen: seen.append(said),  # type: ignore[misc]
            )  # fmt: skip
        assert exports.of("a") is None
        assert left(exports) == before


def test_a_disk_with_room_for_half_of_it_is_seen_before(
    tiny_suite: Suite, kept: tuple[Exports, set[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    exports, before = kept
    size = plan_export(tiny_suite, EDIT, to="open_clip").size
    usage = shutil.disk_usage("/")._replace(free=KEPT_FREE + size * 3 // 2)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(SourceError, match="this export, as files and packed needs"):
        make(exports, tiny_suite, "a")
    assert exports.of("a") is None
    assert left(exports) == before


@pytest.mark.parametrize("part", ["half", "zip"])
def test_a_disk_that_is_full_half_way_leaves_nothing(
    tiny_suite: Suite, kept: tuple[Exports, set[Path]], part: str
) -> None:
    """Half-way through the weights, and when all is there and is packed."""
    exports, before = kept
    size = plan_export(tiny_suite, EDIT, to="open_clip").size
    whole = sum(make(Exports(), tiny_suite, "c").export.files.values())
    assert whole > size + 10_000
    limit, words = (
        (size // 2, "could not write open_clip_model.safetensors")
        if part == "half"
        else (whole - 100, r"could not write tiny-open_clip.zip: File too large; the server's disk")
    )
    with largest_file(limit), pytest.raises(TaskArithError, match=words):
        make(exports, tiny_suite, "a")
    assert exports.of("a") is None
    assert left(exports) == before
