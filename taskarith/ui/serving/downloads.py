"""Files that pages give away: each written whole before anybody gets it, and few kept."""

import shutil
import tempfile
import threading
from collections import OrderedDict
from hashlib import blake2b
from pathlib import Path

__all__ = ["Downloads"]

MAX_KEPT = 64


class Downloads:
    """Texts as files in a folder that goes away with the process.

    The same name with the same text is the same file.
    """

    def __init__(self, *, max_kept: int = MAX_KEPT) -> None:
        self._max_kept = max_kept
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._kept: OrderedDict[str, Path] = OrderedDict()
        self._lock = threading.Lock()

    def write(self, name: str, text: str) -> Path:
        """The file called `name` with this text."""
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="taskarith-")
            digest = blake2b(f"{name}\0{text}".encode(), digest_size=12).hexdigest()
            path = Path(self._folder.name) / digest / name
            if not path.exists():
                path.parent.mkdir(exist_ok=True)
                unfinished = path.with_name(f"{name}.partial")
                unfinished.write_text(text, encoding="utf-8")
                unfinished.replace(path)
            self._kept[digest] = path
            self._kept.move_to_end(digest)
            while len(self._kept) > self._max_kept:
                _, oldest = self._kept.popitem(last=False)
                shutil.rmtree(oldest.parent, ignore_errors=True)
            return path
