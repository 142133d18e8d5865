"""Folders that are whole or not there: what is exported appears under its name at the very end.

Knows names and disks, nothing of what is written.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from taskarith.errors import ExportError

__all__ = ["check_free", "new_folder", "write_files"]


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder beside `target` that becomes `target` when the block ends well, else vanishes.

    Raises ExportError where there is something under that name already (an empty folder may be),
    or where the disk says no.
    """
    check_free(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    except OSError as error:
        raise _refused(target, error) from error
    try:
        yield temporary
        check_free(target)  # somebody may have been faster
        if target.exists():
            target.rmdir()
        temporary.chmod(0o755)  # temporary folders start private
        os.replace(temporary, target)
    except OSError as error:
        raise _refused(target, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write small files into `folder`; OSError where the disk says no."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def check_free(target: Path) -> None:
    """ExportError where there is something at `target` that a new folder would replace."""
    if target.is_dir() and not any(target.iterdir()):
        return
    if target.exists() or target.is_symlink():
        raise ExportError(
            f"{target} is already there; name another folder, or take that one away first"
        )


def _refused(target: Path, error: OSError) -> ExportError:
    return ExportError(
        f"could not write {target}: {error.strerror or error}; make room or choose another folder"
    )
