"""Checkpoints: one weights file, or shards with their index, as one lazy state."""

from collections.abc import Mapping
from pathlib import Path

from taskarith.errors import WeightsError
from taskarith.sources.lazy_state import Entry, LazyState
from taskarith.sources.pickles import open_pickle
from taskarith.sources.shards import INDEX, read_index
from taskarith.sources.tensors import open_tensors

__all__ = ["open_checkpoint", "open_weights"]


def open_checkpoint(files: Mapping[str, Path]) -> LazyState:
    """The state in one file of weights, or in the shards that an index beside them names.

    `files`: names to paths, the main file first. Raises WeightsError where a file is damaged, or
    where index and shards do not tell the same.
    """
    name, path = next(iter(files.items()))
    if not name.endswith(INDEX):
        return open_weights(path)
    folder = name.rpartition("/")[0]
    wanted = read_index(path)
    shards: dict[str, LazyState] = {}
    entries: dict[str, Entry] = {}
    for tensor, shard in wanted.items():
        if shard not in shards:
            found = files.get(f"{folder}/{shard}" if folder else shard)
            if found is None:
                raise WeightsError(f"{path} names the shard {shard[:80]!r}, which is not there")
            shards[shard] = open_weights(found)
        if tensor not in shards[shard]:
            raise WeightsError(
                f"{path} says that {shard[:80]!r} holds {tensor[:80]!r}; it does not"
            )
        entries[tensor] = shards[shard].entries[tensor]
    unnamed = sorted({name for shard in shards.values() for name in shard} - set(entries))
    if unnamed:
        raise WeightsError(f"the shards of {path} hold tensors it does not name: {unnamed[:8]}")
    return LazyState(entries, where=str(path))


def open_weights(path: Path) -> LazyState:
    """The state in one file: safetensors, or else a pickle, of which nothing is run."""
    return open_tensors(path) if path.suffix == ".safetensors" else open_pickle(path)
