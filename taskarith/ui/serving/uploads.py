"""Files that a browser sent: only those are taken, whatever path a message names."""

from contextlib import suppress
from pathlib import Path

from taskarith.errors import SourceError

__all__ = ["uploaded_file"]


def uploaded_file(file: object, *, uploads: Path) -> Path:
    """The path of one file in the folder `uploads`; SourceError for any other."""
    with suppress(OSError, ValueError):
        path = Path(str(file)).resolve()
        if path.is_relative_to(uploads.resolve()) and path.is_file():
            return path
    raise SourceError("a picked file is not there any more; pick it again")
