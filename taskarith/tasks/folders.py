"""Your own pictures: a folder with one folder of pictures for each class.

    birds/robin/1.jpg  birds/wren/7.png                      split here, the same way every time
    birds/val/robin/1.jpg  birds/test/robin/2.jpg …          split by you

Pictures may lie deeper in their class folder. A folder is a split by its name, unless pictures lie
in it directly: then it is a class, whatever its name. What is there and not used is kept in words,
to be said once, when a task is made of the folder. Knows files and names; what the classes are
called in prompts is the task's business.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taskarith.errors import AssetError, listed
from taskarith.models.picture_transform import PictureTransform
from taskarith.tasks.decoding import FORMATS, collect, decode
from taskarith.tasks.picture_cache import MAX_PICTURES, Pictures
from taskarith.tasks.task import SPLITS

__all__ = ["ClassFolders", "class_folders", "folder_pictures"]

SUFFIXES = {
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff",
    *([".avif"] if "AVIF" in FORMATS else []),
}  # fmt: skip
SPLIT_NAMES = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
MAX_BYTES = 100 * 2**20  # of one picture's file
KINDS_LISTED = 5


@dataclass(frozen=True)
class ClassFolders:
    """What a folder of class folders holds; no picture was opened.

    Attributes:
        folder: where they are.
        classes: names of the class folders, in the order of their labels: the alphabet's.
        splits: the pictures of each split there is, as pairs of a path and a class.
        is_drawn: whether the splits are drawn here, from pictures that are not split.
        unused: files and folders that are passed over, relative to `folder`.
    """

    folder: Path
    classes: tuple[str, ...]
    splits: Mapping[str, Sequence[tuple[Path, str]]]
    is_drawn: bool
    unused: tuple[str, ...]

    def of(self, split: str) -> Sequence[tuple[Path, str]]:
        """The pictures of `split` and their classes; AssetError where there are none."""
        found = self.splits.get(split, ())
        if found:
            return found
        there = " and ".join(f"{name}/" for name, pictures in self.splits.items() if pictures)
        if self.is_drawn:
            raise AssetError(
                f"{self.folder} has too few pictures: the fifth of them that is drawn for {split} "
                "has none; add some"
            )
        advice = ""
        if split == "validation":
            advice = (
                ", on which λ is chosen. Make one, or let a fifth be drawn from what is there: "
                '--validation-seed 0, or "seed": 0 in the data of the task (on the page Models, '
                "“Draw validation …”)"
            )
        raise AssetError(f"{self.folder} has {there}, but no {split}/{advice}")

    def notes(self) -> list[str]:
        """What whoever makes a task of it should know, in words."""
        sizes = ", ".join(f"{len(self.splits.get(split, ()))} for {split}" for split in SPLITS)
        notes = [f"{len(self.classes)} classes; pictures: {sizes}"]
        for split in ("validation", "test"):
            here = {name for _, name in self.splits.get(split, ())}
            lacking = [name for name in self.classes if name not in here]
            if not here:
                notes.append(f"there is nothing to evaluate on {split}")
            elif lacking:
                notes.append(f"{split} has no picture of {listed(lacking)}")
        if self.unused:
            notes.append(f"not used: {listed(self.unused)}")
        return notes


def class_folders(folder: Path, *, seed: int | None = None) -> ClassFolders:
    """What `folder` holds. AssetError where it has no two classes, or one without a picture.

    Where the folder is not split, a fifth of each class goes to validation and a fifth to test,
    chosen by the pictures' names. Where it is split without validation and a `seed` is given, a
    fifth of train (of test, where there is no train) becomes validation.
    """
    if not folder.is_dir():
        raise AssetError(f"there is no folder {folder}; give one with a folder for each class")
    splits = _split_folders(folder)
    roots = splits or {"": folder}
    unused = _beside(folder, splits)
    found: dict[str, list[tuple[Path, str]]] = {name: [] for name in roots}
    empty: dict[str, list[Path]] = {}  # class folders without a picture, with what is in them
    for split, root in roots.items():
        for place in filter(Path.is_dir, _visible(root)):
            pictures, others = _inside(place)
            found[split] += [(path, place.name) for path in pictures]
            unused += others
            if not pictures:
                empty.setdefault(place.name, []).extend(others)
    classes = sorted({name for pictures in found.values() for _, name in pictures})
    for name, others in empty.items():
        if name not in classes:
            raise AssetError(_without_pictures(folder, name, others))
    if len(classes) < 2:
        raise AssetError(
            f"{folder} needs at least two folders with pictures, one for each class; found "
            f"{', '.join(classes) or 'none'}"
        )
    count = sum(map(len, found.values()))
    if count > MAX_PICTURES:
        raise AssetError(f"{folder} holds {count} pictures; at most {MAX_PICTURES}")
    return ClassFolders(
        folder,
        tuple(classes),
        _with_validation(found, splits, seed) if splits else _drawn(found[""], folder),
        is_drawn=not splits,
        unused=tuple(path.relative_to(folder).as_posix() for path in unused),
    )


def folder_pictures(
    data: Mapping[str, Any],
    split: str,
    *,
    classes: int,
    transform: PictureTransform,
    scratch: Path,
) -> Pictures:
    """Pictures uint8 [n, side, side, 3] and labels of one split of the class folders.

    `data`: their "path", optionally a "seed" as `class_folders` takes it, and the "folders" that
    were there when the task was made. Raises AssetError where they are others now, or not as many
    as `classes`, where the split is empty, or where a picture is broken.
    """
    folder = Path(data["path"])
    found = class_folders(folder, seed=data.get("seed"))
    expected = data.get("folders")
    if expected is not None and list(found.classes) != list(expected):
        added = [name for name in found.classes if name not in expected]
        gone = [name for name in expected if name not in found.classes]
        raise AssetError(
            f"the class folders in {folder} are others than when the task was made: new "
            f"{listed(added) or 'none'}, gone {listed(gone) or 'none'}. Put them back, or make "
            "the task anew"
        )
    if len(found.classes) != classes:
        raise AssetError(
            f"{folder} has {len(found.classes)} class folders, but the task has {classes} classes"
        )
    labels = {name: label for label, name in enumerate(found.classes)}

    def pictures() -> Iterator[tuple[NDArray[np.uint8], int]]:
        for path, name in found.of(split):
            try:
                if path.stat().st_size > MAX_BYTES:
                    raise AssetError(f"{path} is larger than {MAX_BYTES} bytes")
                content = path.read_bytes()
            except OSError as error:
                raise AssetError(f"could not read {path}: {error.strerror or error}") from error
            yield decode(content, transform=transform, what=str(path)), labels[name]

    return collect(pictures(), side=transform.side, folder=scratch)


def _split_folders(folder: Path) -> dict[str, Path]:
    """The folders that are splits, by split; empty where the classes lie in `folder` itself."""
    places = [path for path in _visible(folder) if path.is_dir()]
    splits: dict[str, Path] = {}
    for place in places:
        split = SPLIT_NAMES.get(place.name.lower())
        inside = list(_visible(place))
        if split is None or any(map(_is_picture, inside)) or not any(p.is_dir() for p in inside):
            continue
        if split in splits:
            raise AssetError(
                f"{folder} has {splits[split].name}/ and {place.name}/, which are both {split}; "
                "leave one"
            )
        splits[split] = place
    beside = [p for p in places if p not in splits.values() and _inside(p)[0]]
    if splits and beside:
        raise AssetError(
            f"{folder} has {listed([f'{p.name}/' for p in splits.values()])} with folders in it, "
            f"as a split has, beside {listed([f'{p.name}/' for p in beside])} with pictures. Of a "
            "split, move the others away; of a class with that name, put its pictures right into it"
        )
    return {split: splits[split] for split in SPLITS if split in splits}


def _beside(folder: Path, splits: Mapping[str, Path]) -> list[Path]:
    """What lies beside class folders or splits: loose files, and folders that are neither."""
    loose = [path for path in _visible(folder) if path.is_file()]
    for root in splits.values():
        loose += [path for path in _visible(root) if path.is_file()]
    if splits:
        loose += [p for p in _visible(folder) if p.is_dir() and p not in splits.values()]
    return loose


def _visible(folder: Path) -> Iterator[Path]:
    """What is in `folder`, sorted, without what systems leave there."""
    for path in sorted(folder.iterdir()):
        if not path.name.startswith((".", "__MACOSX")) and path.name != "Thumbs.db":
            yield path


def _inside(place: Path) -> tuple[list[Path], list[Path]]:
    """The pictures in a class folder, at any depth, and its other files."""
    pictures: list[Path] = []
    others: list[Path] = []
    for root, folders, _ in os.walk(place):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for path in _visible(Path(root)):
            if path.is_file():
                (pictures if _is_picture(path) else others).append(path)
    return sorted(pictures), others


def _is_picture(path: Path) -> bool:
    """By its suffix, or where that says nothing, by how it begins."""
    if path.suffix.lower() in SUFFIXES:
        return path.is_file()
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return False
    return (
        start.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*"))
        or (start[:4], start[8:12]) == (b"RIFF", b"WEBP")
        or (start[:2], start[6:10]) == (b"BM", b"\0\0\0\0")
        or ("AVIF" in FORMATS and start[4:12] in (b"ftypavif", b"ftypavis"))
    )


def _without_pictures(folder: Path, name: str, others: Sequence[Path]) -> str:
    if not others:
        return f"{folder / name} is a class without a picture; put some into it, or remove it"
    kinds = Counter(path.suffix.lower() or "no suffix" for path in others)
    counted = ", ".join(f"{count} × {kind}" for kind, count in kinds.most_common(KINDS_LISTED))
    return (
        f"{folder / name} has no picture that can be read here ({counted}). Save them in one of "
        f"{', '.join(FORMATS)}, or remove the folder"
    )


def _drawn(pictures: Sequence[tuple[Path, str]], root: Path) -> dict[str, list[tuple[Path, str]]]:
    """Each picture's split by its own name, so that adding pictures moves none."""
    splits: dict[str, list[tuple[Path, str]]] = {split: [] for split in SPLITS}
    for path, name in pictures:
        lot = _lot(path.relative_to(root).as_posix())
        splits[("validation", "test", "train", "train", "train")[lot]].append((path, name))
    return splits


def _with_validation(
    found: Mapping[str, list[tuple[Path, str]]], roots: Mapping[str, Path], seed: int | None
) -> dict[str, list[tuple[Path, str]]]:
    """The splits as they are, or with a fifth of train, else of test, for validation."""
    if seed is None or found.get("validation"):
        return dict(found)
    source = "train" if found.get("train") else "test"
    rest: list[tuple[Path, str]] = []
    validation: list[tuple[Path, str]] = []
    for path, name in found[source]:
        lot = _lot(f"{seed}/{path.relative_to(roots[source]).as_posix()}")
        (validation if lot == 0 else rest).append((path, name))
    changed = {**found, source: rest, "validation": validation}
    return {split: changed[split] for split in SPLITS if split in changed}


def _lot(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0] % 5
