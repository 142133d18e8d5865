"""What visitors exported: one folder for each, as an archive to take away, and not for long.

Runs as a job. Knows edits, folders and bounds; nothing of Gradio.
"""

import shutil
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taskarith.errors import ExportCancelled, ExportError
from taskarith.ui.serving.sessions import Sessions

if TYPE_CHECKING:
    from taskarith.core import Edit, Statistics
    from taskarith.export.accuracies import TaskAccuracy
    from taskarith.export.exporting import Export
    from taskarith.suites import Suite

__all__ = ["MAX_PUBLIC", "Exports", "Taken"]

MAX_PUBLIC = 500_000_000  # bytes of weights that a visitor of a public server may export
MAX_KEPT = 8  # visitors whose last export is still there
KEPT_SECONDS = 3600.0
CHUNK = 2**20


@dataclass(frozen=True)
class Taken:
    """An export that is ready: its folder, and the same as one file."""

    export: "Export"
    archive: Path
    to: str
    made: float


class Exports:
    """The last export of each visitor, in a folder that goes away with the process.

    An export is removed when its visitor makes the next one, after an hour, or when there are too
    many; then the oldest goes of the address that has the most. `largest`: bytes of weights that
    one may have; None for no bound.
    """

    def __init__(
        self,
        *,
        largest: int | None = None,
        max_kept: int = MAX_KEPT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._largest = largest
        self._clock = clock
        self._root: tempfile.TemporaryDirectory[str] | None = None
        self._taken = Sessions[Taken](most=max_kept)
        self._lock = threading.Lock()

    def check(self, size: int) -> None:
        """ExportError where `size` bytes of weights are more than a visitor may have."""
        from taskarith.sources.plan import size_text

        if self._largest is not None and size > self._largest:
            raise ExportError(
                f"this export is {size_text(size)}; on this public server at most "
                f"{size_text(self._largest)} can be exported. Choose float16, or use the command "
                "line on your own machine"
            )

    def make(
        self,
        visitor: str,
        suite: "Suite",
        edit: "Edit",
        *,
        address: str = "",
        to: str,
        dtype: str,
        source: str,
        accuracies: "Sequence[TaskAccuracy]",
        statistics: "Statistics | None",
        report: Callable[[int, int, str], None],
        cancelled: Callable[[], bool],
    ) -> Taken:
        """Export `edit` for `visitor`: a folder, then the same as one file.

        `report` is told how far it is: bytes done, bytes in all, and words. Raises as
        `export_edit` does, and where it is too large or the disk has no room for both.
        """
        from taskarith.export.exporting import export_edit, plan_export
        from taskarith.sources.plan import check_disk

        size = plan_export(suite, edit, to=to, dtype=dtype).size
        self.check(size)
        self._forget(visitor)
        place = self._place()
        name = f"{suite.name}-{to}"

        def written(done: int, total: int) -> None:
            report(done, 2 * total, f"{_megabytes(done, total)} written")

        def packed(done: int, total: int) -> None:
            report(total + done, 2 * total, f"{_megabytes(done, total)} packed")

        try:
            check_disk("this export, as files and packed", 2 * size, folder=place)
            export = export_edit(
                suite,
                edit,
                place / name,
                to=to,
                dtype=dtype,
                source=source,
                accuracies=accuracies,
                statistics=statistics,
                report=written,
                cancelled=cancelled,
            )
            archive = _archive(export, place / f"{name}.zip", packed, cancelled)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        taken = Taken(export, archive, to, self._clock())
        for old in self._taken.put(visitor, taken, address=address).values():
            _remove(old)
        return taken

    def of(self, visitor: str) -> Taken | None:
        """What `visitor` exported last, while it is there."""
        for name, taken in self._taken.all().items():
            if self._clock() - taken.made > KEPT_SECONDS:
                self._forget(name)
        return self._taken.get(visitor)

    def _place(self) -> Path:
        with self._lock:
            if self._root is None:
                self._root = tempfile.TemporaryDirectory(prefix="taskarith-export-")
            return Path(tempfile.mkdtemp(dir=self._root.name))

    def _forget(self, visitor: str) -> None:
        if (taken := self._taken.drop(visitor)) is not None:
            _remove(taken)


def _remove(taken: Taken) -> None:
    shutil.rmtree(taken.archive.parent, ignore_errors=True)


def _archive(
    export: "Export",
    path: Path,
    report: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> Path:
    """The folder as one file; weights do not get smaller by packing, so nothing is packed."""
    folder, done, total = export.folder, 0, sum(export.files.values())
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for name in export.files:
                entry = zipfile.ZipInfo.from_file(folder / name, f"{folder.name}/{name}")
                with (folder / name).open("rb") as source, archive.open(entry, "w") as target:
                    while chunk := source.read(CHUNK):
                        if cancelled():
                            raise ExportCancelled("the export was stopped; nothing of it is left")
                        target.write(chunk)
                        done += len(chunk)
                        report(done, total)
    except OSError as error:
        raise ExportError(
            f"could not write {path.name}: {error.strerror or error}; the server's disk has no room"
        ) from error
    return path


def _megabytes(done: int, total: int) -> str:
    """How much of how much.

    >>> _megabytes(1_500_000, 351_000_000)
    '1.5 of 351.0 MB'
    """
    return f"{done / 1e6:,.1f} of {total / 1e6:,.1f} MB"
