"""The index of a checkpoint in several files: which tensor is in which of them.

What the index says counts, not what the files are called.
"""

import json
from pathlib import Path

from taskarith.errors import WeightsError
from taskarith.sources.lazy_state import check_names
from taskarith.sources.lfs import refuse_pointer
from taskarith.sources.reference import is_inside

__all__ = ["INDEX", "MAX_INDEX", "parse_index", "read_index"]

INDEX = ".index.json"  # ends the name of such a file
MAX_INDEX = 32 * 2**20  # bytes


def read_index(path: Path) -> dict[str, str]:
    """Tensors' names to the shards that hold them; WeightsError where `path` is no index."""
    refuse_pointer(path)
    try:
        with path.open("rb") as file:
            return parse_index(file.read(MAX_INDEX + 1), where=str(path))
    except OSError as error:
        raise WeightsError(f"could not read {path}: {error.strerror or error}") from error


def parse_index(data: bytes, *, where: str) -> dict[str, str]:
    """The same of a file's content; `where` names it in messages.

    >>> parse_index(b'{"weight_map": {"w": "part-1.safetensors"}}', where="an index")
    {'w': 'part-1.safetensors'}
    """
    if len(data) > MAX_INDEX:
        raise WeightsError(f"{where} is far larger than an index of shards")
    try:
        weight_map = json.loads(data)["weight_map"]
        named = {str(tensor): shard for tensor, shard in weight_map.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WeightsError(f"{where} is no index of shards: it has no weight_map") from error
    check_names(named, where=where)
    for shard in named.values():
        if not isinstance(shard, str) or not is_inside(shard) or "/" in shard:
            raise WeightsError(
                f"{where} names {shard!r:.80} as a shard, which is no file beside it"
            )
    return named
