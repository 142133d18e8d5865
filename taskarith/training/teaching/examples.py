"""Examples of a task of your own: gathered from where they are, checked, and split by seed.

Pictures by class (files, bytes, arrays), texts by class, a folder or zip of class folders, a table
of texts, a task of the embedded worlds, or a Hub dataset. What cannot be taught is refused in words
before it is trained. Knows no model.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from taskarith.errors import AssetError, TaskArithError, TeachingError, listed
from taskarith.tasks.decoding import upright
from taskarith.tasks.examples import ExampleKind
from taskarith.tasks.folders import class_folders
from taskarith.tasks.tables import labelled_texts
from taskarith.tasks.task import SPLITS, SplitName
from taskarith.training.teaching.archives import unpack_zip
from taskarith.training.teaching.bounds import OWNER_BOUNDS, Bounds
from taskarith.training.teaching.datasets import of_dataset
from taskarith.training.teaching.embedded import of_world
from taskarith.training.teaching.reading import HUB, WORLD, Reading
from taskarith.training.teaching.splitting import Gathered, few_of, said_class, split_by_class

__all__ = ["Source", "gathered", "is_table", "open_picture"]

# By class: pictures as paths, bytes, PIL images or uint8 arrays, or texts. Or the path of a folder
# or zip of pictures, or of a table of texts; or "world:NAME", or "hub:OWNER/DATASET".
Source = Mapping[str, Sequence[Any]] | Path | str

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
SMALLEST = 8  # pixels of a side
MOST_CHARACTERS = 2_000  # of a text
MOST_BYTES = 40 * 2**20  # of a picture's file
EITHER: tuple[ExampleKind, ...] = ("images", "texts")


@contextmanager
def gathered(
    source: Source,
    *,
    takes: Collection[ExampleKind] = EITHER,
    reading: Reading | None = None,
    seed: int = 0,
    few: int | None = None,
    bounds: Bounds = OWNER_BOUNDS,
) -> Iterator[Gathered]:
    """The examples in `source`, for as long as the context is open.

    Where they are not split, 3 in 10 of each class go to validation and 2 in 10 to test, at least
    one each, chosen by `seed`; `few` of what is left are kept to learn from, if it is given.
    `takes` says what a dataset or a world is read for, `reading` how; a dataset is split here, a
    world keeps its splits. Raises TeachingError, AssetError for a folder that holds no classes, or
    SourceError where the Hub does not answer.

    >>> moods = {"glad": ["so good", "what fun", "hooray"], "sad": ["oh no", "alas", "sob"]}
    >>> with gathered(moods) as found:
    ...     found.kind, found.classnames, found.count("train"), found.count("validation")
    ('texts', ('glad', 'sad'), 2, 2)
    >>> with gathered("world:signs", reading=Reading(most=400)) as found:
    ...     len(found.classnames), found.count("train")
    (14, 196)
    """
    reading = reading if reading is not None else Reading()
    with TemporaryDirectory(prefix="taskarith-") as scratch:
        if isinstance(source, Mapping):
            found = _of_classes(source, seed=seed)
        elif str(source).startswith(WORLD):
            name = str(source).removeprefix(WORLD)
            found = of_world(name, takes=takes, most=reading.most, bounds=bounds)
        elif str(source).startswith(HUB):
            found = of_dataset(
                str(source).removeprefix(HUB),
                kind="images" if "images" in takes else "texts",
                reading=reading,
                bounds=bounds,
                seed=seed,
            )
        else:
            path = Path(source).expanduser()
            found = _of_path(path, reading=reading, seed=seed, bounds=bounds, scratch=Path(scratch))
        yield _checked(found, few=few, seed=seed, bounds=bounds)


def is_table(path: Path) -> bool:
    """Whether a file is read as a table of texts."""
    return path.suffix.lower() in TABLES


def open_picture(picture: Any, *, what: str) -> Image.Image:
    """A picture as RGB, upright, white where it is transparent; AssetError where it is none."""
    if isinstance(picture, np.ndarray):
        try:
            picture = Image.fromarray(picture)
        except (TypeError, ValueError) as error:
            raise AssetError(
                f"{what} is an array of {picture.dtype} {picture.shape}; give uint8 "
                "[height, width, 3]"
            ) from error
    if isinstance(picture, Image.Image):
        found = picture.convert("RGB")
    else:
        if isinstance(picture, str | Path):
            try:
                if Path(picture).stat().st_size > MOST_BYTES:
                    raise AssetError(
                        f"{what} is larger than {MOST_BYTES // 2**20} MB; save it smaller"
                    )
                picture = Path(picture).read_bytes()
            except OSError as error:
                raise AssetError(f"could not read {what}: {error.strerror or error}") from error
        found = upright(picture, what=what, on_white=True)
    if min(found.size) < SMALLEST:
        raise AssetError(
            f"{what} has {found.width} x {found.height} pixels; a picture needs {SMALLEST} a side"
        )
    return found


def _of_path(path: Path, *, reading: Reading, seed: int, bounds: Bounds, scratch: Path) -> Gathered:
    """The examples in a folder, a table, or a zip, which is unpacked into `scratch`."""
    if path.is_dir():
        return _of_folder(path, seed=seed)
    if not path.is_file():
        raise TeachingError(
            f"there is no folder, zip or table {path}; give one with a folder for each class"
        )
    if is_table(path):
        return _of_table(path, reading=reading, seed=seed)
    files = bounds.examples + bounds.classes
    folder = unpack_zip(path, scratch, most_bytes=bounds.archive, most_files=files)
    try:
        return _of_folder(folder, seed=seed)
    except TaskArithError as error:
        raise TeachingError(str(error).replace(str(folder), "the zip")) from error


def _of_classes(source: Mapping[str, Sequence[Any]], *, seed: int) -> Gathered:
    names = [said_class(name) for name in source]
    pooled = [(one, label) for label, items in enumerate(source.values()) for one in items]
    if not pooled or not all(isinstance(one, str) for one, _ in pooled):
        return split_by_class(pooled, names, kind="images", seed=seed)
    once = list(dict.fromkeys((text.strip(), label) for text, label in pooled))
    return split_by_class(
        once, names, kind="texts", seed=seed, notes=_twice(len(pooled) - len(once))
    )


def _of_table(path: Path, *, reading: Reading, seed: int) -> Gathered:
    """The texts of a table, as its column "split" says, or split here where it has none."""
    rows = labelled_texts(path, text=reading.text, label=reading.label, encoding=reading.encoding)
    if not any(split for _, _, split in rows):
        by_label: dict[str, list[str]] = {}
        for text, label, _ in rows:
            by_label.setdefault(label, []).append(text)
        return _of_classes(by_label, seed=seed)
    labels = list(dict.fromkeys(label for _, label, _ in rows))
    # A text that stands in two splits would be learned and validated on: its first place is kept.
    places: dict[tuple[str, str], str] = {}
    for text, label, split in rows:
        if split not in SPLITS:
            raise TeachingError(
                f"{path.name} has the split {split[:40]!r}; a split is one of {', '.join(SPLITS)}, "
                "in every row or in none"
            )
        places.setdefault((text, label), split)
    splits: dict[SplitName, list[tuple[Any, int]]] = {
        split: [(t, labels.index(own)) for (t, own), place in places.items() if place == split]
        for split in SPLITS
    }
    _check_there(splits, of=path.name, to_do="say so in its column split")
    names = tuple(said_class(label) for label in labels)
    return Gathered("texts", names, splits, _twice(len(rows) - len(places)))


def _twice(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (
        f"{count:,} {'text stands' if count == 1 else 'texts stand'} there twice: once is kept",
    )


def _check_there(
    splits: Mapping[SplitName, Sequence[tuple[Any, int]]], *, of: str, to_do: str
) -> None:
    """Something to learn from, and something to choose λ by."""
    for split in ("train", "validation"):
        if not splits[split]:
            raise TeachingError(f"{of} has nothing for {split}; {to_do}")


def _of_folder(folder: Path, *, seed: int) -> Gathered:
    found = class_folders(folder, seed=seed)
    names = [said_class(name) for name in found.classes]
    labels = {name: label for label, name in enumerate(found.classes)}
    notes = (f"not used: {listed(found.unused)}",) if found.unused else ()
    if found.is_drawn:  # split here, so that every class has some of each
        every = sorted(one for pictures in found.splits.values() for one in pictures)
        pooled = [(path, labels[name]) for path, name in every]
        return split_by_class(pooled, names, kind="images", seed=seed, notes=notes)
    splits: dict[SplitName, list[tuple[Any, int]]] = {
        split: [(path, labels[name]) for path, name in found.splits.get(split, ())]
        for split in SPLITS
    }
    _check_there(splits, of=str(folder), to_do="put pictures into train/CLASS/ and val/CLASS/")
    return Gathered("images", tuple(names), splits, notes)


def _checked(found: Gathered, *, few: int | None, seed: int, bounds: Bounds) -> Gathered:
    names, total = found.classnames, sum(map(len, found.splits.values()))
    if len(names) < 2:
        raise TeachingError(
            f"there is {len(names) or 'no'} class; a task tells at least two apart: add one"
        )
    if len(names) > bounds.classes:
        raise TeachingError(
            f"there are {len(names):,} classes; at most {bounds.classes:,} are taught at once"
        )
    if total > bounds.examples:
        raise TeachingError(
            f"there are {total:,} examples; at most {bounds.examples:,} are taken. Leave some out"
        )
    seen: dict[str, str] = {}
    for name in names:
        if name.lower() in seen:
            raise TeachingError(
                f"two classes are called {seen[name.lower()]!r} and {name!r}; call them apart"
            )
        seen[name.lower()] = name
    if found.kind == "texts":
        _check_texts(found)
    lacking = set(range(len(names))) - {label for _, label in found.splits["train"]}
    if lacking:
        raise TeachingError(
            f"the class {names[min(lacking)]!r} has nothing to learn from; add some"
        )
    if few is None:
        return found
    if few < 1:
        raise TeachingError(f"few is {few}; it is how many examples of a class are learned from")
    return replace(found, splits={**found.splits, "train": few_of(found, few, seed)})


def _check_texts(found: Gathered) -> None:
    seen: dict[str, int] = {}
    for items in found.splits.values():
        for text, label in items:
            said = text.strip()
            if not said or len(said) > MOST_CHARACTERS:
                what = "empty" if not said else f"{len(said):,} characters long"
                raise TeachingError(
                    f"a text of {found.classnames[label]!r} is {what}; give it 1 to "
                    f"{MOST_CHARACTERS:,} characters"
                )
            key = hashlib.sha256(said.encode()).hexdigest()
            if seen.setdefault(key, label) != label:
                raise TeachingError(f"{said[:60]!r} is in two classes; leave it in one")
