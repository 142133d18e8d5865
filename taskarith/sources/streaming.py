"""Writes safetensors files tensor by tensor: no more than one of them is in memory.

The format is a length, a header of names, shapes and places, and then the bytes. Knows lazy states
and the disk, not what the tensors are for.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from taskarith.core import all_finite
from taskarith.errors import ExportCancelled, WeightsError
from taskarith.sources.lazy_state import Entry, LazyState

__all__ = ["in_dtype", "streamed_size", "write_stream"]

NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int8: "I8",
}
ALIGNMENT = 8  # bytes: the data begin at a multiple of it


def streamed_size(state: LazyState, dtype: torch.dtype) -> int:
    """The bytes of the tensors of `state` in `dtype`; the header is small beside them."""
    return sum(prod(state.shape(name)) for name in state) * dtype.itemsize


def in_dtype(state: LazyState, dtype: torch.dtype) -> LazyState:
    """`state` in `dtype`, each tensor converted when it is asked for.

    Asking for one with a number that does not fit raises WeightsError.
    """
    entries = {
        name: Entry(state.shape(name), dtype, partial(_converted, state, name, dtype))
        for name in state
    }
    return LazyState(entries, where=state.where)


def write_stream(
    path: Path,
    state: LazyState,
    *,
    dtype: torch.dtype | None = torch.float32,
    metadata: Mapping[str, str] | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> str:
    """Write `state` in `dtype` (None: as it is) to the new file `path`; gives its fingerprint.

    `report(done, total)` is told bytes. Whoever calls takes the file away when this fails: raises
    WeightsError where a number does not fit `dtype` or the disk is full, ExportCancelled.
    """
    if dtype is not None:
        state = in_dtype(state, dtype)
    places = {name: (start, stop) for name, start, stop in _places(state)}
    total, done = max((stop for _, stop in places.values()), default=0), 0
    header = _header(state, places, metadata or {})
    start_of_data = 8 + len(header)
    digest = hashlib.sha256()
    try:
        with path.open("xb") as file:
            file.write(len(header).to_bytes(8, "little") + header)
            for name in sorted(state):  # the order of `fingerprint`, so that one pass makes both
                if cancelled():
                    raise ExportCancelled("the export was stopped; nothing of it is left")
                tensor = state[name].detach().cpu().contiguous()
                data = tensor.reshape(-1).view(torch.uint8).numpy().data
                digest.update(json.dumps([name, list(tensor.shape), str(tensor.dtype)]).encode())
                digest.update(data)
                file.seek(start_of_data + places[name][0])
                file.write(data)
                done += len(data)
                report(done, total)
    except OSError as error:
        raise WeightsError(
            f"could not write {path.name} ({done} of {total} bytes): {error.strerror or error}; "
            "make room or choose another folder"
        ) from error
    return digest.hexdigest()


def _converted(state: LazyState, name: str, dtype: torch.dtype) -> Tensor:
    converted = state[name].detach().to(dtype)
    if not all_finite(converted):
        raise WeightsError(
            f"{name} has numbers too large for {str(dtype).removeprefix('torch.')}; "
            "export in float32"
        )
    return converted


def _places(state: LazyState) -> Iterator[tuple[str, int, int]]:
    """Name, start and stop of every tensor: the widest numbers first, so that all are aligned."""
    start = 0
    for name in sorted(state, key=lambda name: (-state.dtype(name).itemsize, name)):
        stop = start + prod(state.shape(name)) * state.dtype(name).itemsize
        yield name, start, stop
        start = stop


def _header(
    state: LazyState, places: Mapping[str, tuple[int, int]], metadata: Mapping[str, str]
) -> bytes:
    fields: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    for name, place in places.items():
        fields[name] = {
            "dtype": NAMES[state.dtype(name)],
            "shape": list(state.shape(name)),
            "data_offsets": list(place),
        }
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
    return text + b" " * (-len(text) % ALIGNMENT)
