"""What files of this machine hold, as sha256, kept so that weights of gigabytes are hashed once.

A digest is kept beside the size, times and inode of its file, and made anew when any of them
differs. Nobody can set the time of the last change of an inode, so that weights rewritten with the
same size and time are seen too. A lost or damaged list costs time, nothing else.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock

from taskarith.errors import SourceError

__all__ = ["Digests"]

SETTLED = 2.0  # seconds: a younger file may change again within the clock's own steps
MOST = 5_000  # files that are remembered
WIDTH = 6  # of an entry: what describes a file, and its digest


class Digests:
    """Digests of files by path, kept in the JSON file `path`, for several processes at once."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._lock = Lock()

    def digest(self, file: Path) -> str:
        """sha256 (hex) of what is in `file`; SourceError where it cannot be read."""
        name = str(file.resolve())
        try:
            state = _state(file)
            kept = self._read().get(name)
            if kept is not None and kept[:-1] == state:
                return str(kept[-1])
            began = self._clock()
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            unchanged = _state(file) == state
        except OSError as error:
            raise SourceError(
                f"{file} cannot be read: {error.strerror or error}; restore it"
            ) from error
        _, written, changed, *_ = state
        if unchanged and max(written, changed) / 1e9 < began - SETTLED:
            self._keep(name, [*state, digest])
        return digest

    def _keep(self, name: str, entry: list[int | str]) -> None:
        with self._lock, suppress(OSError):  # what cannot be kept is made again
            entries = self._read()
            entries.pop(name, None)
            entries[name] = entry
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(
                "w", encoding="utf-8", dir=self.path.parent, delete=False
            ) as file:
                json.dump(dict(list(entries.items())[-MOST:]), file)
            os.replace(file.name, self.path)

    def _read(self) -> dict[str, list[int | str]]:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            return {str(name): list(entry) for name, entry in data.items() if len(entry) == WIDTH}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return {}


def _state(file: Path) -> list[int]:
    """Size, time of the last writing, time of the last change, inode and device."""
    found = file.stat()
    times = found.st_mtime_ns, found.st_ctime_ns
    return [found.st_size, *times, found.st_ino, found.st_dev]
