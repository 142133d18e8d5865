"""Files that people picked in their browser: kept under what is in them, within a bound.

A picked file is named by its content, so that the same one takes room once and a suite that uses
it goes on finding it. Knows files; what is in them is looked at elsewhere.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import mkdtemp

from taskarith.errors import SourceError
from taskarith.sources.plan import check_disk, size_text
from taskarith.sources.reference import is_inside
from taskarith.tasks.cache_folder import cache_folder
from taskarith.ui.serving.uploads import uploaded_file

__all__ = ["MOST_PICTURES", "Picked", "picked_folder"]

MOST_BYTES = 8 * 2**30  # of all that was picked; what was used longest ago goes first
PLANNING = 600.0  # seconds for which picked files stay, in use or not: somebody reads their plan
MOST_FILES = 20  # of weights: a model in shards with its configuration
MOST_PICTURES = 5_000
CHUNK = 2**20


def picked_folder() -> Path:
    """Where the server keeps what was picked."""
    return cache_folder() / "picked"


class Picked:
    """The store of picked files in `folder`.

    Args:
        uploads: the folder into which the server puts what is uploaded; files from anywhere else
            are refused.
        let_go: asked before kept files are removed; False where a suite takes its weights there.
    """

    def __init__(
        self,
        folder: Path,
        *,
        uploads: Path,
        let_go: Callable[[Path], bool] = lambda folder: True,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.folder = folder
        self._let_go = let_go
        self._uploads = uploads.resolve()
        self._most_bytes = most_bytes

    def weights(self, files: Sequence[str]) -> Path:
        """The folder in which the picked weights lie from now on, under their own names.

        Raises SourceError for too many files, two of one name, or files that were not uploaded.
        """
        paths = [self.file(file) for file in files]
        names = [path.name for path in paths]
        if len(names) > MOST_FILES or len(set(names)) < len(names):
            raise SourceError(
                f"{len(names)} files were picked, or two of one name; pick the weights and their "
                f"configuration, {MOST_FILES} files at most"
            )
        return self._keep({path.name: path for path in paths})

    def pictures(self, files: Sequence[str]) -> Path:
        """The folder in which pictures "CLASS__NAME" (or deeper) lie as "CLASS/NAME" from now on.

        Raises SourceError where there are none, too many, or one is not named like that.
        """
        if len(files) > MOST_PICTURES:
            raise SourceError(f"{len(files):,} pictures were picked; at most {MOST_PICTURES:,}")
        by_name = {}
        for path in map(self.file, files):
            relative = "/".join(path.name.split("__"))
            if "/" not in relative or "" in relative.split("/") or not is_inside(relative):
                raise SourceError(
                    f"{path.name[:80]!r} is in no class folder; pick a folder that holds one "
                    "folder of pictures for each class"
                )
            if relative in by_name:
                raise SourceError(f"two pictures are called {relative[:80]!r}; pick them again")
            by_name[relative] = path
        return self._keep(by_name)

    def file(self, file: str) -> Path:
        """The path of one uploaded file; SourceError for any other."""
        return uploaded_file(file, uploads=self._uploads)

    def _keep(self, files: dict[str, Path]) -> Path:
        if not files:
            raise SourceError("no file was picked")
        size = sum(path.stat().st_size for path in files.values())
        if size > self._most_bytes:
            raise SourceError(
                f"the picked files are {size_text(size)}; at most {size_text(self._most_bytes)}"
            )
        kept = self.folder / _digest(files)
        if kept.is_dir():
            os.utime(kept)
            return kept
        check_disk("what was picked", size, folder=self.folder)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._make_room(size)
            temporary = Path(mkdtemp(dir=self.folder, prefix=".keeping-"))
            try:
                for name, path in files.items():
                    (temporary / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, temporary / name)
                if not kept.is_dir():
                    os.replace(temporary, kept)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
        except OSError as error:
            raise SourceError(
                f"the picked files could not be kept: {error.strerror or error}; make room"
            ) from error
        return kept

    def _make_room(self, size: int) -> None:
        """Remove what was used longest ago and is not in use until `size` more bytes fit."""
        folders = [path for path in self.folder.iterdir() if not path.name.startswith(".")]
        folders.sort(key=lambda path: path.stat().st_mtime)
        sizes = {folder: _size(folder) for folder in folders}
        for folder in folders:
            if sum(sizes.values()) + size <= self._most_bytes:
                return
            if time.time() - folder.stat().st_mtime > PLANNING and self._let_go(folder):
                shutil.rmtree(folder, ignore_errors=True)
                del sizes[folder]
        if sum(sizes.values()) + size > self._most_bytes:
            raise SourceError(
                f"there is no room for {size_text(size)} more picked files here: suites take their "
                "weights from those that are kept. Put yours into a repository of the Hub, or try "
                "it later"
            )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _digest(files: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{files[name].stat().st_size}\0".encode())
        with files[name].open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()[:24]
