"""Drawn pictures kept on disk between runs, so that they are drawn once, and within a bound.

Knows arrays and files; what the pictures show and how they are drawn is the caller's business.
"""

import os
import shutil
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from numpy.typing import NDArray

from taskarith.tasks.cache_folder import cache_folder

__all__ = ["Pictures", "kept_pictures", "pictures_folder"]

MAX_PICTURES = 200_000  # of one part of a split
MAX_KEPT = 40 * 2**30  # bytes: the whole test splits of 20 tasks are about 21 GB at 224 pixels

Pictures = tuple[NDArray[np.uint8], NDArray[np.int64]]


def pictures_folder() -> Path:
    """Where pictures are kept between runs."""
    return cache_folder() / "pictures"


def kept_pictures(
    folder: Path, *, draw: Callable[[], Pictures], most_bytes: int = MAX_KEPT
) -> Pictures:
    """The images and labels kept in `folder` (mapped from disk), else those that `draw` makes.

    A damaged folder is drawn anew. Of the folders beside it those that were looked at longest ago
    are removed when all together take more than `most_bytes`. Where the disk is full or read-only
    the pictures stay in memory, with one warning.
    """
    kept = _read(folder)
    if kept is not None:
        return kept
    images, labels = draw()
    kept = _read(folder)
    if kept is not None:  # another process was faster
        return kept
    try:
        _write(folder, images, labels)
    except OSError as error:
        if (kept := _read(folder)) is not None:  # another process was as fast
            return kept
        _warn_once(f"{folder.parent}: {error.strerror or error}")
        return images, labels
    _remove_oldest(folder, most_bytes)
    return _read(folder) or (images, labels)


def _read(folder: Path) -> Pictures | None:
    try:
        # Copy-on-write: the mapping is writable, as torch wants it, and the file stays as it is.
        images = np.load(folder / "images.npy", mmap_mode="c")
        labels = np.load(folder / "labels.npy")
    except (OSError, ValueError, EOFError):
        return None
    fits = images.dtype == np.uint8 and labels.dtype == np.int64 and len(images) == len(labels)
    if not fits:
        return None
    with suppress(OSError):
        os.utime(folder / "labels.npy")  # when it was looked at last
    return images, labels


def _write(folder: Path, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(mkdtemp(dir=folder.parent, prefix=".drawing-"))
    try:
        np.save(temporary / "images.npy", images)
        np.save(temporary / "labels.npy", labels)
        if folder.exists():  # damaged
            shutil.rmtree(folder, ignore_errors=True)
        os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _remove_oldest(kept: Path, most_bytes: int) -> None:
    """Remove what was looked at longest ago beside `kept`, half-written folders of a crash too.

    A folder that is in use can go: what is mapped stays readable.
    """
    with suppress(OSError):  # another process may clear away at the same time
        others = [path for path in kept.parent.iterdir() if path.is_dir() and path != kept]
        others.sort(key=_looked_at, reverse=True)
        total = _size(kept)
        for folder in others:
            total += _size(folder)
            if total > most_bytes:
                shutil.rmtree(folder, ignore_errors=True)


def _looked_at(folder: Path) -> float:
    labels = folder / "labels.npy"
    return (labels if labels.exists() else folder).stat().st_mtime


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


@cache
def _warn_once(reason: str) -> None:
    warnings.warn(
        f"pictures are kept in memory, because they cannot be kept on disk ({reason}); "
        "make room or set TASKARITH_CACHE to another folder",
        stacklevel=3,
    )
