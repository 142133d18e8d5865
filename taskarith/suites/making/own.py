"""Suites of your own: giving one another name, and removing one.

One in a folder of yours is only noted, so that removing it takes the note away and leaves the
folder; one that was made or fetched here is removed with its files. Suites that come with the
project stay as they are.
"""

import json
import os
import shutil
from pathlib import Path

from taskarith.errors import AssetError, unknown_name
from taskarith.suites.home import MANIFEST, POINTER, added_suites, suites_home
from taskarith.suites.json_reader import NAME
from taskarith.suites.manifest import read_manifest
from taskarith.suites.suite import is_installed

__all__ = ["own_suites", "remove_suite", "rename_suite", "stays"]


def own_suites() -> list[str]:
    """The names of the suites that can be renamed and removed."""
    return sorted(added_suites())


def stays(name: str) -> bool:
    """Whether the files of a suite stay when it is removed: they lie in a folder of somebody's."""
    return not _folder(name).is_relative_to(suites_home().resolve())


def rename_suite(name: str, new: str) -> None:
    """Call the suite `name` by another name.

    Raises UnknownNameError where there is none of yours of that name, AssetError where the new one
    is taken or no name.
    """
    folder = _folder(name)
    if not NAME.fullmatch(new):
        raise AssetError(
            f"{new[:80]!r} is no name of a suite: lower-case letters, digits, '.' and '-'"
        )
    if is_installed(new):
        raise AssetError(f"there is a suite {new!r} already; choose another name")
    manifest = read_manifest(folder / MANIFEST)
    _write_name(folder / MANIFEST, new)
    if manifest.measurements is not None:
        _write_names_of_edits(folder / manifest.measurements, new)
    if stays(name):
        os.replace(suites_home() / f"{name}{POINTER}", suites_home() / f"{new}{POINTER}")
    else:
        os.replace(folder, suites_home() / new)


def remove_suite(name: str) -> None:
    """Remove the suite `name`: its note, or its files. UnknownNameError where it is not yours."""
    folder = _folder(name)
    try:
        if stays(name):
            (suites_home() / f"{name}{POINTER}").unlink()
        else:
            shutil.rmtree(folder)
    except OSError as error:
        raise AssetError(
            f"could not remove {name}: {error.strerror or error}; check who may write there"
        ) from error


def _folder(name: str) -> Path:
    added = added_suites()
    if name not in added:
        raise unknown_name("suite of your own", name, existing=added)
    return added[name].resolve()


def _write_name(path: Path, name: str) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    data["name"] = name
    _write(path, json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def _write_names_of_edits(path: Path, name: str) -> None:
    """Measurements name the suite in every edit; the file is a link to that of its parent."""
    data = json.loads(path.read_text(encoding="utf-8"))
    for point in data["points"]:
        point["edit"]["suite"] = name
    _write(path, json.dumps(data, ensure_ascii=False))


def _write(path: Path, text: str) -> None:
    """In place of the file, not into it."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)
