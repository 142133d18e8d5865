"""Examples of a Hub dataset: how much is fetched is known before it is, and bounded.

One split of it is read, and split here by seed; its other splits stay untouched. Knows columns and
bytes, no models.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from taskarith.errors import AssetError, TeachingError, listed
from taskarith.sources.plan import size_text
from taskarith.tasks.dataset_commits import check_public, settled_commit
from taskarith.tasks.examples import ExampleKind
from taskarith.tasks.hub_rows import (
    class_number,
    explained_rows,
    names_in,
    open_dataset,
    rows_of,
    slice_of,
)
from taskarith.tasks.picture_cache import pictures_folder
from taskarith.training.teaching.bounds import Bounds
from taskarith.training.teaching.reading import Reading
from taskarith.training.teaching.splitting import Gathered, said_class, split_by_class

__all__ = ["Dataset", "look_at_dataset", "of_dataset"]

SPLIT = "train"  # is read unless another one is named


@dataclass(frozen=True)
class Dataset:
    """What would be fetched of a dataset.

    Attributes:
        name, split: of the dataset, and `commit`, from which it is read.
        rows: are taken, of `there` in the split.
        size: bytes that are fetched for them.
        classes: their names, where the dataset states them.
    """

    name: str
    split: str
    commit: str
    rows: int
    there: int
    size: int
    classes: tuple[str, ...]

    def in_words(self) -> str:
        """One line, before anything is fetched."""
        classes = f", classes {listed(self.classes)}" if self.classes else ""
        return (
            f"{self.rows:,} of {self.there:,} rows of {self.name} ({self.split}), "
            f"{size_text(self.size)} to fetch{classes}"
        )


def look_at_dataset(place: str, *, kind: ExampleKind, reading: Reading, bounds: Bounds) -> Dataset:
    """What `of_dataset` would fetch, from the ends of its files alone; it raises the same."""
    with _opened(place, kind=kind, reading=reading, bounds=bounds) as (found, _, _):
        return found


def of_dataset(
    place: str, *, kind: ExampleKind, reading: Reading, bounds: Bounds, seed: int
) -> Gathered:
    """Rows spread over one split of the dataset at `place`, "OWNER/NAME" or "OWNER/NAME@SPLIT".

    Raises SourceError where the Hub cannot be reached or refuses, TeachingError or AssetError for
    a dataset that is no parquet, is too large to fetch, or has no such columns.
    """
    with _opened(place, kind=kind, reading=reading, bounds=bounds) as (found, builder, data):
        column = reading.image if kind == "images" else reading.text
        columns = [column, reading.label]
        rows, _ = rows_of(builder, found.split, data, columns=columns, tenth=None)
        names = list(found.classes)
        pooled: list[tuple[Any, int]] = []
        for where, row in rows:
            what = f"{found.name}, {where}"
            if found.classes:
                label = class_number(
                    row, reading.label, data=data, classnames=found.classes, what=what
                )
            else:
                label = _numbered(row[reading.label], names, what=what)
            pooled.append((_content(row[column], kind, what=f"{what}, column {column}"), label))
    return split_by_class(
        pooled,
        [said_class(name) for name in names],
        kind=kind,
        seed=seed,
        notes=(f"{found.rows:,} of {found.there:,} rows of {found.name} ({found.split})",),
        origin=f"hub:{found.name}@{found.commit[:12]}, {found.split}",
    )


@contextmanager
def _opened(
    place: str, *, kind: ExampleKind, reading: Reading, bounds: Bounds
) -> Iterator[tuple[Dataset, Any, Mapping[str, Any]]]:
    """The dataset, its builder and its data as the readers of rows take it."""
    name, _, split = place.partition("@")
    split = split or SPLIT
    if name.count("/") != 1 or not all(name.split("/")):
        raise TeachingError(f"{place[:80]!r} is no dataset of the Hub; write OWNER/NAME")
    most = min(reading.most, bounds.examples)
    data: dict[str, Any] = {"dataset": name, "label": reading.label}
    data |= {"images": most, "image": reading.image} if kind == "images" else {"texts": most}
    data |= {} if reading.config is None else {"config": reading.config}
    if bounds.public:
        check_public(name)
    with explained_rows(name):
        commit = settled_commit(data, folder=pictures_folder())
        builder = open_dataset(data, split, commit=commit)
        if builder.name != "parquet":
            raise TeachingError(
                f"{name} is stored as {builder.name}; parquet is taught, whose size is known "
                "before it is fetched. Many datasets have a branch with it: refs/convert/parquet"
            )
        column = reading.image if kind == "images" else reading.text
        found = slice_of(builder, split, data, columns=[column, reading.label])
        if found.size > bounds.fetched:
            raise TeachingError(
                f"{size_text(found.size)} of {name} would be fetched for "
                f"{found.rows:,} rows; at most {size_text(bounds.fetched)} are. Take fewer, or a "
                "dataset of smaller pictures"
            )
        stated = names_in(builder, split, column=reading.label)
        yield (
            Dataset(name, split, commit, found.rows, found.there, found.size, tuple(stated or ())),
            builder,
            data,
        )


def _numbered(value: object, names: list[str], *, what: str) -> int:
    """The number of a class that the dataset does not name: by what its label says."""
    said = str(value).strip()
    if value is None or not said or len(said) > 60:
        raise AssetError(f"{what} has the label {value!r:.40}, which is no name of a class")
    if said not in names:
        names.append(said)
    return names.index(said)


def _content(value: Any, kind: ExampleKind, *, what: str) -> Any:
    """A text, or the bytes of a picture: those in the dataset, never of a path that it names."""
    if kind == "images":
        value = value.get("bytes") if isinstance(value, Mapping) else value
    if not isinstance(value, bytes if kind == "images" else str):
        raise AssetError(f"{what} is no {'picture' if kind == 'images' else 'text'}; name another")
    return value
