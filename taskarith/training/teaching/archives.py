"""Zips of class folders, unpacked safely.

A zip may name files outside its folder, call itself small and be enormous, or hold links. Nothing
it says of itself is believed. Knows zips; what the files are is looked at elsewhere.
"""

import stat
import zipfile
from pathlib import Path, PurePosixPath

from taskarith.errors import TeachingError
from taskarith.sources.plan import size_text

__all__ = ["unpack_zip"]

CHUNK = 2**20
MOST_NAMES = 100_000
DEEPEST = 8


def unpack_zip(path: Path, folder: Path, *, most_bytes: int, most_files: int) -> Path:
    """Unpack the zip at `path` into the empty `folder`; gives the folder that holds the classes.

    That is `folder`, or the one folder that everything in the zip lies in. Raises TeachingError for
    what is no zip, is encrypted, leads out of its folder, holds links, or is larger than allowed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MOST_NAMES:
                raise TeachingError(
                    f"the zip names {len(members):,} files; that is no set of pictures"
                )
            wanted = [m for m in members if not m.is_dir() and not _is_litter(m.filename)]
            if len(wanted) > most_files:
                raise TeachingError(
                    f"the zip holds {len(wanted):,} files; at most {most_files:,} are taken. Leave "
                    "some out"
                )
            left = most_bytes
            for member in wanted:
                left -= _unpack(archive, member, _place(member, folder), left, most_bytes)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError) as error:
        raise TeachingError(
            f"the file is no zip that can be read ({error}); make it again as a plain .zip"
        ) from error
    inside = list(folder.iterdir())
    if not inside:
        raise TeachingError("the zip holds no files; put a folder of pictures for each class in it")
    one = inside[0]
    holds_folders = one.is_dir() and any(place.is_dir() for place in one.iterdir())
    return one if len(inside) == 1 and holds_folders else folder


def _is_litter(name: str) -> bool:
    """What systems leave in zips."""
    parts = PurePosixPath(name).parts
    return any(part.startswith((".", "__MACOSX")) and part != ".." for part in parts)


def _place(member: zipfile.ZipInfo, folder: Path) -> Path:
    """Where a file of the zip goes; TeachingError where that is not inside `folder`."""
    name = member.filename
    parts = PurePosixPath(name).parts
    if (
        name.startswith("/")
        or ".." in parts
        or "\\" in name
        or ":" in name
        or "\0" in name
        or not 0 < len(parts) <= DEEPEST
        or any(len(part.encode()) > 200 for part in parts)
    ):
        raise TeachingError(
            f"the zip names a file {name[:80]!r}, which leads out of its folder or is no name; "
            "make it again of plain folders"
        )
    if stat.S_ISLNK(member.external_attr >> 16):
        raise TeachingError(f"the zip holds a link ({name[:80]}); put the picture itself into it")
    if member.flag_bits & 1:
        raise TeachingError("the zip is encrypted; make it again without a password")
    return folder.joinpath(*parts)


def _unpack(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int, most: int
) -> int:
    """Write one file of at most `left` bytes, whatever the zip says of its size; gives its size."""
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with archive.open(member) as source, target.open("xb") as file:
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > left:
                raise TeachingError(
                    f"unpacked, the zip is larger than {size_text(most)}, the most that is taken; "
                    "leave pictures out or make them smaller"
                )
            file.write(chunk)
    return size
