"""What visitors exported is theirs, bounded, and not kept for long."""

import zipfile
from pathlib import Path

import pytest

from taskarith.core import Edit
from taskarith.errors import ExportCancelled, ExportError
from taskarith.suites import Suite
from taskarith.ui.exports import KEPT_SECONDS, Exports, Taken

EDIT = Edit("tiny", {"apples": 0.5})


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def make(
    exports: Exports, suite: Suite, visitor: str, *, to: str = "open_clip", stop: bool = False
) -> Taken:
    return exports.make(
        visitor, suite, EDIT, to=to, dtype="float32", source=suite.name, accuracies=(),
        statistics=None, report=lambda done, total: None, cancelled=lambda: stop,
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


def test_a_visitor_may_not_have_everything(tiny_suite: Suite) -> None:
    exports = Exports(largest=1000)
    with pytest.raises(ExportError, match=r"at most 1\.0 kB can be exported\. Choose float16"):
        make(exports, tiny_suite, "a")
    make(exports, tiny_suite, "a", to="json")


def test_stopped_nothing_is_left(tiny_suite: Suite) -> None:
    exports = Exports()
    root = Path(make(exports, tiny_suite, "b", to="json").archive).parent.parent
    before = set(root.iterdir())
    with pytest.raises(ExportCancelled):
        make(exports, tiny_suite, "a", stop=True)
    assert set(root.iterdir()) == before
