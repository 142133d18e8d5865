"""What a clone without Git LFS leaves: three lines of text under the name of the real file."""

from pathlib import Path

from taskarith.errors import WeightsError

__all__ = ["refuse_pointer"]

LONGEST = 1024  # bytes; Git LFS writes no longer pointers
FIRST_LINE = b"version https://git-lfs.github.com/spec/"


def refuse_pointer(path: Path) -> None:
    """WeightsError where the file `path` is a Git LFS pointer instead of its content."""
    try:
        if path.stat().st_size > LONGEST:
            return
        with path.open("rb") as file:
            found = file.read(len(FIRST_LINE))
    except OSError:
        return  # whoever reads it says what is wrong
    if found == FIRST_LINE:
        raise WeightsError(
            f"{path} is a Git LFS pointer, not the file itself: run `git lfs pull` in its folder, "
            "or fetch the repository from the Hub"
        )
