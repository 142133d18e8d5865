"""Columns of Hub-style parquet files, for the scripts that train on real data."""

from pathlib import Path
from typing import Any

from taskarith.errors import AssetError
from taskarith.tasks.frames import read_parquet

__all__ = ["read_columns"]


def read_columns(path: Path, *columns: str) -> tuple[list[Any], ...]:
    """The named columns of a parquet file as lists.

    Raises MissingDependencyError without pandas, AssetError where the file or a column is missing.
    """
    try:
        table = read_parquet(path)
    except (OSError, ValueError) as error:
        raise AssetError(f"could not read {path}: {error!s:.200}") from error
    missing = [column for column in columns if column not in table]
    if missing:
        raise AssetError(f"{path} has no column {missing[0]!r}; it has {', '.join(table)}")
    return tuple(table[column].tolist() for column in columns)
