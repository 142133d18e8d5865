"""Tensors in safetensors files: checked on the way in, atomic on the way out.

Files may come from anywhere, so sizes are checked before anything is believed and no code in a
file is ever run. This module knows nothing about what the tensors are for.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from taskarith.core import all_finite
from taskarith.errors import WeightsError
from taskarith.sources.lazy_state import Entry, LazyState, check_names
from taskarith.sources.lfs import refuse_pointer

__all__ = ["fingerprint", "open_tensors", "read_metadata", "read_tensors", "write_tensors"]

MAX_HEADER = 16 * 2**20  # bytes; the largest public models need about one
READABLE = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
# Known to be weights, in numbers that are not read: what takes no part may be so.
UNREAD = {"F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2}
# What the reader underneath raises, depending on which number in the file is absurd.
UNREADABLE = (SafetensorError, OSError, RuntimeError, ValueError, TypeError, OverflowError)


def read_tensors(path: Path | str, *, dtype: torch.dtype | None = None) -> dict[str, Tensor]:
    """The tensors of a safetensors file on the CPU, floating-point ones converted to `dtype`.

    Raises one WeightsError naming the file: it is missing, is no safetensors file, is truncated,
    announces an absurd header or shape, holds another kind of number, or NaN or Inf.
    """
    path = Path(path)
    _check_header_size(path)
    tensors: dict[str, Tensor] = {}
    wrong: list[str] = []
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            check_names(names, where=str(path))
            for name in names:
                kind = file.get_slice(name).get_dtype()
                if kind not in READABLE:
                    wrong.append(f"{name} holds {kind} numbers")
                    continue
                tensor = file.get_tensor(name)
                if tensor.is_floating_point() and not all_finite(tensor):
                    wrong.append(f"{name} holds NaN or Inf")
                convert = dtype if tensor.is_floating_point() else None
                # Always a copy: a tensor must not depend on the file staying as it is.
                tensors[name] = tensor.to(convert or tensor.dtype, copy=True)
    except UNREADABLE as error:
        raise _damaged(path, _reason(error)) from error
    if wrong:
        raise _damaged(path, "; ".join(wrong[:8]))
    return tensors


def open_tensors(path: Path | str) -> LazyState:
    """The tensors of a safetensors file, read from the mapped file one by one when asked for.

    Raises WeightsError as `read_tensors` does, for NaN and Inf when the tensor is read. The file
    must stay as it is; what was read does not depend on it.
    """
    path = Path(path)
    _check_header_size(path)
    try:
        file = safe_open(path, framework="pt")
        entries = {}
        names = file.keys()
        check_names(names, where=str(path))
        for name in names:
            part = file.get_slice(name)
            kind = part.get_dtype()
            if kind not in READABLE | UNREAD:
                raise _damaged(path, f"{name} holds {kind} numbers")
            entries[name] = Entry(
                shape=tuple(part.get_shape()),
                dtype=(READABLE | UNREAD)[kind],
                read=partial(_read_one, file, path, name, kind),
            )
    except UNREADABLE as error:
        raise _damaged(path, _reason(error)) from error
    return LazyState(entries, where=str(path))


def _read_one(file: Any, path: Path, name: str, kind: str) -> Tensor:
    if kind in UNREAD:
        raise _damaged(path, f"{name} holds {kind} numbers")
    try:
        return cast(Tensor, file.get_tensor(name)).clone()
    except UNREADABLE as error:
        raise _damaged(path, _reason(error)) from error


def read_metadata(path: Path | str) -> dict[str, str]:
    """The text metadata of a safetensors file; WeightsError if it cannot be read."""
    path = Path(path)
    _check_header_size(path)
    try:
        with safe_open(path, framework="pt") as file:
            return dict(file.metadata() or {})
    except UNREADABLE as error:
        raise _damaged(path, _reason(error)) from error


def write_tensors(
    path: Path | str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Write a safetensors file that is either complete or not there at all.

    Raises WeightsError if it cannot be written (no room, no permission); an older file of that
    name is then untouched.
    """
    path = Path(path)
    own = {
        name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()
    }
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
        # Without tensors, safetensors writes an empty dict as a header nobody can read.
        save_file(own, temporary, dict(metadata) if metadata else None)
        temporary.chmod(0o644)  # temporary files start private
        os.replace(temporary, path)
    except (SafetensorError, OSError) as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise WeightsError(
            f"could not write {path}: {_reason(error, otherwise='the disk took no more')}; make "
            "room or choose another folder"
        ) from error


def fingerprint(tensors: Mapping[str, Tensor]) -> str:
    """sha256 (hex) over names, shapes, dtypes and bytes; the order of the names does not matter.

    Of a lazy state, tensors are read and not judged: NaN has bytes, too.

    >>> a, b = torch.zeros(2), torch.ones(2)
    >>> fingerprint({"a": a, "b": b}) == fingerprint({"b": b, "a": a})
    True
    """
    digest = hashlib.sha256()
    read = tensors.read if isinstance(tensors, LazyState) else tensors.__getitem__
    for name in sorted(tensors):
        tensor = read(name).detach().cpu().contiguous()
        digest.update(json.dumps([name, list(tensor.shape), str(tensor.dtype)]).encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _check_header_size(path: Path) -> None:
    """Refuse a file whose first eight bytes announce a header it cannot or should not have."""
    refuse_pointer(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            announced = int.from_bytes(file.read(8), "little")
    except OSError as error:
        raise WeightsError(
            f"could not read the weights {path}: {error.strerror or error}; check the path"
        ) from error
    if size < 8:
        raise _damaged(path, f"it has only {size} bytes")
    if announced > min(MAX_HEADER, size - 8):
        raise _damaged(path, f"it announces a header of {announced} bytes in a file of {size}")


def _reason(error: Exception, *, otherwise: str = "its header and its numbers disagree") -> str:
    """What the system says; what a library says is for those who look at the error's cause."""
    # Pressed while torch makes a tensor for the reader, Ctrl-C comes out of it as this error, which
    # no file can cause.
    if isinstance(error, ValueError) and "UntypedStorage" in str(error):
        raise KeyboardInterrupt from error
    return error.strerror if isinstance(error, OSError) and error.strerror else otherwise


def _damaged(path: Path, reason: str) -> WeightsError:
    return WeightsError(
        f"{path} is not a usable safetensors file: {reason}; get or build the file again"
    )
