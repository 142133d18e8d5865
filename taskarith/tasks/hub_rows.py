"""Rows of a Hub dataset: a spread-out slice of a split, or all of it, fetched as it streams.

The only module that uses `datasets`. Of parquet files only the row groups and columns of a slice
are fetched; archives stream one by one. Knows datasets and columns; what is in them is the
caller's business.
"""

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from taskarith.errors import AssetError, MissingDependencyError, SourceError, TaskArithError
from taskarith.sources.hub import open_remote
from taskarith.sources.plan import size_text
from taskarith.tasks.picture_cache import MAX_PICTURES

__all__ = [
    "Row",
    "Slice",
    "class_number",
    "explained_rows",
    "names_in",
    "open_dataset",
    "rows_of",
    "slice_of",
]

# The formats that are read; none of them runs code.
FORMATS = ("parquet", "arrow", "webdataset")
PER_GROUP = 16  # rows taken from one row group of a slice
READ_AHEAD = 20  # times as many rows of an archive are looked through as are taken
MAX_GROUP = 2**30  # bytes of one row group, unpacked
BATCH = 32  # rows of a row group that are unpacked together

Row = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Slice:
    """Rows of a split: how many, of how many there are, and how many bytes they are to fetch."""

    rows: int
    there: int
    size: int


def open_dataset(data: Mapping[str, Any], split: str, *, commit: str) -> Any:
    """The dataset of a task's data at a commit, opened and not yet read, or AssetError."""
    datasets = _datasets()
    name = str(data["dataset"])
    if Path(name).exists():  # `datasets` would take it for the dataset
        raise AssetError(
            f"{name} is also a folder or file here ({Path(name).absolute()}), which would be read "
            "in place of the dataset of that name; start from another folder"
        )
    builder = datasets.load_dataset_builder(name, name=data.get("config"), revision=commit)
    if builder.name not in FORMATS:
        raise AssetError(
            f"{data['dataset']} is stored as {builder.name}; datasets are read from "
            f"{', '.join(FORMATS)}"
        )
    known = builder.config.data_files or {}
    if split not in known:
        raise AssetError(f"{data['dataset']} has no split {split!r}; it has {', '.join(known)}")
    # Names such as "parquet" mean a format to `datasets`, and the files of this folder.
    if not all(str(file).startswith("hf://") for file in known[split]):
        raise AssetError(f"{data['dataset']} is no dataset of the Hub; give its full name")
    return builder


def names_in(builder: Any, split: str, *, column: str) -> list[str] | None:
    """The names of a label column, of the card, or of the first parquet file's own note."""
    feature = (builder.info.features or {}).get(column)
    names = getattr(feature, "names", None)
    if names is None and builder.name == "parquet":
        import pyarrow.parquet

        first = str(builder.config.data_files[split][0])
        note = (pyarrow.parquet.read_schema(open_remote(first)).metadata or {}).get(b"huggingface")
        try:
            names = json.loads(note or b"{}")["info"]["features"][column]["names"]
        except (ValueError, KeyError, TypeError):
            return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return list(names)


def rows_of(
    builder: Any,
    split: str,
    data: Mapping[str, Any],
    *,
    columns: Sequence[str],
    tenth: bool | None,
) -> tuple[Iterator[Row], int]:
    """Rows of one part of a split, with their places, and at most how many, 0 if not known.

    A slice of "images" (or "texts") rows comes from all over the part. A part of more rows than may
    be had is refused.
    """
    most = data.get("images", data.get("texts"))
    if builder.name == "parquet":
        files = [str(file) for file in builder.config.data_files[split]]
        groups = _row_groups(files, columns)
        sizes = [file.metadata.row_group(group).num_rows for file, group in groups]
        there = sum(_part_of(size, tenth) for size in sizes)
        count = there if most is None else min(most, there)
        _check_count(count, data)
        name = str(data["dataset"])
        return _parquet_rows(groups, columns, tenth=tenth, most=most, name=name), count
    _check_count(most or 0, data)
    stream = builder.as_streaming_dataset(split).decode(False)
    return _counted(_streamed_rows(stream, tenth, most=most), data), most or 0


def slice_of(builder: Any, split: str, data: Mapping[str, Any], *, columns: Sequence[str]) -> Slice:
    """What `rows_of` would take of a whole split in parquet, from the ends of its files alone."""
    groups = _row_groups([str(file) for file in builder.config.data_files[split]], columns)
    there = sum(file.metadata.row_group(group).num_rows for file, group in groups)
    most = data.get("images", data.get("texts"))
    left, size = there if most is None else min(most, there), 0
    rows = left
    for file, group, wanted in _spread(groups, most):
        described = file.metadata.row_group(group)
        parts = (described.column(number) for number in range(described.num_columns))
        size += sum(
            part.total_compressed_size
            for part in parts
            if part.path_in_schema.partition(".")[0] in columns
        )
        left -= min(described.num_rows, wanted or described.num_rows)
        if left <= 0:
            break
    return Slice(rows, there, size)


def _check_count(count: int, data: Mapping[str, Any]) -> None:
    if count > MAX_PICTURES:
        raise AssetError(
            f"{data['dataset']} would give more than {MAX_PICTURES:,} rows; let images (or "
            "texts) of its data be fewer"
        )


def _counted(rows: Iterator[Row], data: Mapping[str, Any]) -> Iterator[Row]:
    for count, row in enumerate(rows, 1):
        _check_count(count, data)
        yield row


def _row_groups(files: Sequence[str], columns: Sequence[str]) -> list[tuple[Any, int]]:
    """Every row group as its file and its place in it; only the files' ends are fetched."""
    import pyarrow.parquet

    groups: list[tuple[Any, int]] = []
    for name in files:
        # Pre-buffered: the columns of a row group are fetched together, in few requests.
        opened = pyarrow.parquet.ParquetFile(open_remote(name), pre_buffer=True)
        missing = [column for column in columns if column not in opened.schema_arrow.names]
        if missing:
            there = ", ".join(opened.schema_arrow.names)
            raise AssetError(f"{name} has no column {missing[0]!r}; it has {there}")
        groups += [(opened, index) for index in range(opened.num_row_groups)]
    return groups


def _parquet_rows(
    groups: Sequence[tuple[Any, int]],
    columns: Sequence[str],
    *,
    tenth: bool | None,
    most: int | None,
    name: str,
) -> Iterator[Row]:
    """Only the columns and row groups that are needed are fetched, by byte ranges."""
    left = most
    for file, group, wanted in _spread(groups, most):
        described = file.metadata.row_group(group)
        if described.total_byte_size > MAX_GROUP:
            raise AssetError(
                f"row group {group} of {name} is {size_text(described.total_byte_size)}; at most "
                f"{size_text(MAX_GROUP)} are read. Use a copy of the dataset with smaller ones"
            )
        places = [row for row in range(described.num_rows) if _is_in_part(row, tenth)]
        if left is not None:
            places = _evenly(places, min(wanted, left))
            left -= len(places)
        for row, value in _rows_at(file, group, columns, places=places):
            yield f"row {row} of row group {group}", value
        if left == 0:
            return


def _rows_at(
    file: Any, group: int, columns: Sequence[str], *, places: Sequence[int]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The rows at `places`, which are sorted, of one row group; a few are unpacked at a time."""
    start = 0
    for batch in file.iter_batches(BATCH, row_groups=[group], columns=list(columns)):
        stop = start + batch.num_rows
        here = places[bisect_left(places, start) : bisect_left(places, stop)]
        if here:
            yield from zip(here, batch.take([row - start for row in here]).to_pylist(), strict=True)
        start = stop


def _spread(groups: Sequence[tuple[Any, int]], most: int | None) -> Iterator[tuple[Any, int, int]]:
    """Row groups with how many rows to take: evenly spaced ones first, then the others."""
    if most is None:
        yield from ((file, group, 0) for file, group in groups)
        return
    count = min(len(groups), max(1, most // PER_GROUP))
    first = _evenly(range(len(groups)), count)
    share = -(-most // max(1, count))
    others = [index for index in range(len(groups)) if index not in set(first)]
    for index in [*first, *others]:
        yield (*groups[index], share)


def _streamed_rows(dataset: Any, tenth: bool | None, *, most: int | None) -> Iterator[Row]:
    """Archives come one after the other; a slice is drawn from the first rows of each."""
    count = dataset.num_shards
    left = most
    for shard in range(count):
        rows = (
            (f"row {row} of part {shard}", value)
            for row, value in enumerate(dataset.shard(num_shards=count, index=shard))
            if _is_in_part(row, tenth)
        )
        if left is None:
            yield from rows
            continue
        taken = _sample(rows, -(-left // (count - shard)), seed=shard)
        left -= len(taken)
        yield from taken


def _is_in_part(row: int, tenth: bool | None) -> bool:
    return tenth is None or (row % 10 == 0) == tenth


def _part_of(count: int, tenth: bool | None) -> int:
    """How many of `count` rows are in the part."""
    tenths = -(-count // 10)
    return count if tenth is None else tenths if tenth else count - tenths


def _evenly(items: Sequence[int], count: int) -> list[int]:
    """`count` of `items` at even distances; all of them where there are fewer.

    >>> _evenly(range(10), 3)
    [0, 3, 6]
    """
    if count >= len(items):
        return list(items)
    return [items[index * len(items) // count] for index in range(count)]


def _sample(rows: Iterator[Row], count: int, *, seed: int) -> list[Row]:
    """`count` rows from all over the first of `rows`, which often come sorted by class."""
    rng = np.random.default_rng(seed)
    kept: list[tuple[int, Row]] = []
    for seen, row in enumerate(rows):
        if seen >= READ_AHEAD * max(count, PER_GROUP):
            break
        if len(kept) < count:
            kept.append((seen, row))
        elif (place := int(rng.integers(seen + 1))) < count:
            kept[place] = (seen, row)
    return [row for _, row in sorted(kept, key=lambda item: item[0])]


def class_number(
    row: Mapping[str, Any],
    column: str,
    *,
    data: Mapping[str, Any],
    classnames: Sequence[str],
    what: str,
) -> int:
    """The number of a row's class; AssetError where it has none, and `what` names the row."""
    if column not in row:
        raise AssetError(f"{what} has no column {column!r}; it has {', '.join(row)}")
    number = row[column]
    if isinstance(number, str):
        # What a label that is a word means: a name of the dataset's own, or of the task's classes.
        names = list(data.get("labels") or classnames)
        number = names.index(number) if number in names else number
    if (
        isinstance(number, bool)
        or not isinstance(number, int)
        or not (0 <= number < len(classnames))
    ):
        raise AssetError(
            f"{what} has the label {number!r:.40}, but the task has classes 0 to "
            f"{len(classnames) - 1}; check the label column and the class names"
        )
    return number


@contextmanager
def explained_rows(name: str) -> Iterator[None]:
    """Say whatever goes wrong on the way as a SourceError about the dataset `name`."""
    try:
        yield
    except TaskArithError:
        raise
    except Exception as error:  # every format and every way of the network has its own
        raise SourceError(
            f"the examples of {name} could not be fetched ({type(error).__name__}: "
            f"{error!s:.200}); check the name, its access and the network"
        ) from error


def _datasets() -> Any:
    try:
        import datasets
    except ImportError as error:
        raise MissingDependencyError(
            f"examples from the Hub need datasets, which did not import ({error}). "
            'Install it with: pip install "datasets>=4.5"'
        ) from error
    return datasets
