"""Examples of a task of your own: gathered from where they are, checked, and split by seed.

Pictures by class (files, bytes, arrays), texts by class, a folder or zip of class folders, or a
table of texts. What cannot be taught is refused in words before it is trained. Knows no model.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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

__all__ = ["Gathered", "Source", "gathered", "open_picture"]

# By class: pictures as paths, bytes, PIL images or uint8 arrays, or texts. Or a folder or a zip of
# pictures, or a table of texts.
Source = Mapping[str, Sequence[Any]] | Path | str

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
LEAST = 3  # of a class: one to learn from, one to choose λ by, and one for test
SMALLEST = 8  # pixels of a side
LONGEST_NAME = 60
MOST_CHARACTERS = 2_000  # of a text
MOST_BYTES = 40 * 2**20  # of a picture's file
# Of a class: the share that λ is chosen on, and that of test.
VALIDATION, TEST = 0.3, 0.2


@dataclass(frozen=True)
class Gathered:
    """Examples by split, each with the index of its class.

    Attributes:
        notes: what whoever gave them should know, in words.
    """

    kind: ExampleKind
    classnames: tuple[str, ...]
    splits: Mapping[SplitName, Sequence[tuple[Any, int]]]
    notes: tuple[str, ...] = ()

    def count(self, split: SplitName) -> int:
        """How many examples a split holds."""
        return len(self.splits.get(split, ()))


@contextmanager
def gathered(
    source: Source,
    *,
    seed: int = 0,
    few: int | None = None,
    bounds: Bounds = OWNER_BOUNDS,
) -> Iterator[Gathered]:
    """The examples in `source`, for as long as the context is open.

    Where they are not split, 3 in 10 of each class go to validation and 2 in 10 to test, at least
    one each, chosen by `seed`; `few` of what is left are kept to learn from, if it is given. Raises
    TeachingError, or AssetError for a folder that holds no classes.

    >>> moods = {"glad": ["so good", "what fun", "hooray"], "sad": ["oh no", "alas", "sob"]}
    >>> with gathered(moods) as found:
    ...     found.kind, found.classnames, found.count("train"), found.count("validation")
    ('texts', ('glad', 'sad'), 2, 2)
    """
    if isinstance(source, Mapping):
        yield _checked(_of_classes(source, seed=seed), few=few, seed=seed, bounds=bounds)
        return
    path = Path(source).expanduser()
    if path.is_dir():
        yield _checked(_of_folder(path, seed=seed), few=few, seed=seed, bounds=bounds)
        return
    if not path.is_file():
        raise TeachingError(
            f"there is no folder, zip or table {path}; give one with a folder for each class"
        )
    if path.suffix.lower() in TABLES:
        found = _of_classes(labelled_texts(path), seed=seed)
        yield _checked(found, few=few, seed=seed, bounds=bounds)
        return
    with TemporaryDirectory(prefix="taskarith-") as place:
        files = bounds.examples + bounds.classes
        folder = unpack_zip(path, Path(place), most_bytes=bounds.archive, most_files=files)
        try:
            found = _of_folder(folder, seed=seed)
        except TaskArithError as error:
            raise TeachingError(str(error).replace(str(folder), "the zip")) from error
        yield _checked(found, few=few, seed=seed, bounds=bounds)


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


def _of_classes(source: Mapping[str, Sequence[Any]], *, seed: int) -> Gathered:
    names = [_classname(name) for name in source]
    texts = all(isinstance(one, str) for items in source.values() for one in items)
    pooled = [(one, label) for label, items in enumerate(source.values()) for one in items]
    return _split(pooled, names, kind="texts" if texts and pooled else "images", seed=seed)


def _of_folder(folder: Path, *, seed: int) -> Gathered:
    found = class_folders(folder, seed=seed)
    names = [_classname(name) for name in found.classes]
    labels = {name: label for label, name in enumerate(found.classes)}
    notes = (f"not used: {listed(found.unused)}",) if found.unused else ()
    if found.is_drawn:  # split here, so that every class has some of each
        every = sorted(one for pictures in found.splits.values() for one in pictures)
        pooled = [(path, labels[name]) for path, name in every]
        return _split(pooled, names, kind="images", seed=seed, notes=notes)
    splits: dict[SplitName, list[tuple[Any, int]]] = {
        split: [(path, labels[name]) for path, name in found.splits.get(split, ())]
        for split in SPLITS
    }
    for split in ("train", "validation"):
        if not splits[split]:
            raise TeachingError(f"{folder} has no {split} pictures; put some into {split}/CLASS/")
    return Gathered("images", tuple(names), splits, notes)


def _classname(name: object) -> str:
    said = " ".join(str(name).replace("_", " ").split())
    if not said or len(said) > LONGEST_NAME or not said.isprintable() or not re.search(r"\w", said):
        raise TeachingError(
            f"{str(name)[:80]!r} is no name of a class: a few words, at most {LONGEST_NAME} "
            "characters"
        )
    return said


def _split(
    pooled: Sequence[tuple[Any, int]],
    names: Sequence[str],
    *,
    kind: ExampleKind,
    seed: int,
    notes: tuple[str, ...] = (),
) -> Gathered:
    """Each class by itself, so that a split has some of all."""
    splits: dict[SplitName, list[tuple[Any, int]]] = {split: [] for split in SPLITS}
    for label, name in enumerate(names):
        own = [one for one in pooled if one[1] == label]
        if len(own) < LEAST:
            there = "no example" if not own else "one example" if len(own) == 1 else "two examples"
            raise TeachingError(
                f"the class {name!r} has {there}; each needs at least {LEAST}: one to learn from, "
                "one to choose λ by, one for test"
            )
        order = np.random.default_rng([seed, label]).permutation(len(own))
        for_validation = max(1, round(VALIDATION * len(own)))
        for_test = max(1, int(TEST * len(own)))
        for place, row in enumerate(order):
            split: SplitName = "train"
            if place < for_validation + for_test:
                split = "validation" if place < for_validation else "test"
            splits[split].append(own[row])
    return Gathered(kind, tuple(names), splits, notes)


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
    return Gathered(
        found.kind, names, {**found.splits, "train": _few(found, few, seed)}, found.notes
    )


def _few(found: Gathered, few: int, seed: int) -> list[tuple[Any, int]]:
    """`few` training examples of each class by `seed`; those of k are among those of k + 1."""
    kept = []
    for label in range(len(found.classnames)):
        own = [one for one in found.splits["train"] if one[1] == label]
        order = np.random.default_rng([seed, label, 1]).permutation(len(own))
        kept += [own[row] for row in sorted(order[:few])]
    return kept


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
