"""Writes safetensors files tensor by tensor: no more than one of them is in memory.

The format is a length, a header of names, shapes and places, and then the bytes. Knows lazy states
and the disk, not what the tensors are for.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from taskarith.errors import ExportCancelled, WeightsError
from taskarith.sources.states import LazyState

__all__ = ["streamed_size", "write_stream"]

NAMES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}
ALIGNMENT = 8  # bytes: the data begin at a multiple of it


def streamed_size(state: LazyState, dtype: torch.dtype) -> int:
    """The bytes of the tensors of `state` in `dtype`; the header is small beside them."""
    return sum(prod(state.shape(name)) for name in state) * dtype.itemsize


def write_stream(
    path: Path,
    state: LazyState,
    *,
    dtype: torch.dtype = torch.float32,
    metadata: Mapping[str, str] | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> str:
    """Write `state` in `dtype` to the new file `path`; gives the tensors' fingerprint.

    `report(done, total)` is told bytes. Whoever calls takes the file away when this fails: raises
    WeightsError where a number does not fit `dtype` or the disk is full, ExportCancelled.
    """
    names = sorted(state)  # the order of `fingerprint`, so that one pass makes both
    header = _header(state, names, dtype, metadata or {})
    total, done = streamed_size(state, dtype), 0
    digest = hashlib.sha256()
    try:
        with path.open("xb") as file:
            file.write(len(header).to_bytes(8, "little") + header)
            for name in names:
                if cancelled():
                    raise ExportCancelled("the export was stopped; nothing of it is left")
                tensor = _converted(state[name], name, dtype)
                data = tensor.reshape(-1).view(torch.uint8).numpy().data
                digest.update(json.dumps([name, list(tensor.shape), str(dtype)]).encode())
                digest.update(data)
                file.write(data)
                done += len(data)
                report(done, total)
    except OSError as error:
        raise WeightsError(
            f"could not write {path.name} ({done} of {total} bytes): {error.strerror or error}; "
            "make room or choose another folder"
        ) from error
    return digest.hexdigest()


def _converted(tensor: Tensor, name: str, dtype: torch.dtype) -> Tensor:
    converted = tensor.detach().cpu().to(dtype).contiguous()
    if not bool(torch.isfinite(converted).all()):
        raise WeightsError(
            f"{name} has numbers too large for {str(dtype).removeprefix('torch.')}; "
            "export in float32"
        )
    return converted


def _header(
    state: LazyState, names: list[str], dtype: torch.dtype, metadata: Mapping[str, str]
) -> bytes:
    fields: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    start = 0
    for name in names:
        stop = start + prod(state.shape(name)) * dtype.itemsize
        fields[name] = {
            "dtype": NAMES[dtype],
            "shape": list(state.shape(name)),
            "data_offsets": [start, stop],
        }
        start = stop
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
    return text + b" " * (-len(text) % ALIGNMENT)
