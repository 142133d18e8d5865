"""Data frames: the one place that imports pandas."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from taskarith.errors import MissingDependencyError

__all__ = ["data_frame", "read_parquet"]


def data_frame(rows: Sequence[Mapping[str, object]]) -> Any:
    """Rows with equal keys as a pandas DataFrame; MissingDependencyError without pandas.

    >>> list(data_frame([{"task": "digits", "λ": -0.5}]).columns)
    ['task', 'λ']
    """
    return _pandas().DataFrame(list(rows))


def read_parquet(path: Path) -> Any:
    """A parquet file as a pandas DataFrame; MissingDependencyError without pandas and pyarrow."""
    try:
        return _pandas().read_parquet(path)
    except ImportError as error:
        raise MissingDependencyError(
            f"Reading {path.name} needs pandas and pyarrow ({error}). "
            "Install them with: pip install pandas pyarrow"
        ) from error


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise MissingDependencyError(
            "Data frames need pandas, which is not installed: pip install pandas"
        ) from error
    return pandas
