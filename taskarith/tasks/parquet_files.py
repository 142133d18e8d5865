"""Tables as Parquet files, which pandas, DuckDB and notebooks read.

Knows columns and their types; what stands in them is the caller's business.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from taskarith.errors import MissingDependencyError

__all__ = ["write_parquet"]

NOTE = b"taskarith"  # under which a file's own metadata says what all rows have in common


def write_parquet(
    path: Path, columns: Mapping[str, Sequence[Any]], *, about: Mapping[str, object]
) -> None:
    """Write equally long columns to `path`, whole or not at all; `about` becomes file metadata.

    Text, whole numbers and numbers keep their types; None is null. `about` is JSON under the key
    "taskarith" of the schema's metadata. Raises MissingDependencyError without pyarrow.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingDependencyError(
            f"Parquet files need pyarrow ({error}). Install it with: pip install pyarrow"
        ) from error
    table = pyarrow.table({name: list(values) for name, values in columns.items()})
    note = json.dumps(about, ensure_ascii=False, sort_keys=True).encode()
    partial = path.with_name(f"{path.name}.partial")
    pyarrow.parquet.write_table(table.replace_schema_metadata({NOTE: note}), partial)
    partial.replace(path)
