"""The tensors of PyTorch's pickled files, read without running anything in them.

Takes state dicts, whole modules whose classes nobody has any more, and TorchScript archives, in
the zip format of torch ≥ 1.6 and in the older one. The pickle is only looked at (`inert`); the
numbers are read from where it says they lie, within the bounds of the file. Which of several
dictionaries in a training checkpoint is meant, only a base can tell: all are given.
"""

import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from taskarith.errors import WeightsError
from taskarith.sources.inert import Called, Dictionary, Global, Persistent, read_pickle
from taskarith.sources.lazy_state import Entry, LazyState, check_names
from taskarith.sources.lfs import refuse_pointer

__all__ = ["open_pickle"]

MAX_PICKLE = 64 * 2**20  # bytes; the pickle holds names and shapes, the numbers lie outside it
MAX_RECORDS = 200_000
MAX_DEPTH = 100
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
# A module keeps its parts under these names, which are no part of a parameter's name.
MODULE_PARTS = ("_parameters", "_buffers", "_modules")
# Training scripts put the weights beside optimizers and counters, mostly under one of these names.
WRAPPERS = ("state_dict", "model_state_dict", "model", "module")
DEPTH = 2  # dictionaries in which weights are looked for: one in another
MAX_PARTS = 16

ReadStorage = Callable[[str, torch.dtype, int], Tensor]


def open_pickle(path: Path | str) -> LazyState:
    """The tensors of a `.pt`, `.pth`, `.bin` or TorchScript file, each read when asked for.

    Raises WeightsError where the file is damaged or holds no plain tensors. No code in the file
    is run and none of its classes is imported.
    """
    path = Path(path)
    refuse_pointer(path)
    try:
        if zipfile.is_zipfile(path):
            root, read = _open_zip(path)
        else:
            root, read = _open_legacy(path)
        found = [
            _Found(place, depth, _entry(tensor, read, buffer=place[-2:-1] == ("_buffers",)))
            for place, depth, tensor in _tensors(root, (), {})
        ]
    except WeightsError as error:
        raise WeightsError(f"{path} cannot be read as pickled weights: {error}") from error
    except (
        *(OSError, EOFError, zipfile.BadZipFile),
        *(RuntimeError, ValueError, TypeError, RecursionError),
    ) as error:
        said = error.strerror if isinstance(error, OSError) else None
        raise WeightsError(
            f"{path} cannot be read as pickled weights: {said or 'it is damaged'}; get it again"
        ) from error
    if not found:
        raise WeightsError(f"{path} holds no tensors; name the file with the weights")
    check_names([_name(tensor.place) for tensor in found], where=str(path))
    return _state(found, where=str(path))


def _open_zip(path: Path) -> tuple[Any, ReadStorage]:
    archive = zipfile.ZipFile(path)
    records = {info.filename: info for info in archive.infolist()}
    if len(records) != len(archive.infolist()) or len(records) > MAX_RECORDS:
        raise WeightsError("the archive has records of the same name, or far too many")
    pickles = [name for name in records if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise WeightsError(f"the archive has {len(pickles)} records called data.pkl instead of one")
    if records[pickles[0]].file_size > MAX_PICKLE:
        raise WeightsError("the archive's data.pkl is far larger than names and shapes can be")
    folder = pickles[0].removesuffix("data.pkl")
    # TorchScript compresses its code, which is not read; what is read never comes compressed.
    read_here = (f"{folder}data", f"{folder}byteorder")
    for info in (info for name, info in records.items() if name.startswith(read_here)):
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise WeightsError("the weights are compressed or encrypted; torch never does so")
    order = records.get(f"{folder}byteorder")
    if order is not None and (order.file_size > 16 or archive.read(order).strip() != b"little"):
        raise WeightsError("the numbers are stored big-endian; save the file on another machine")

    @lru_cache(maxsize=1)  # tensors that share a storage come one after the other
    def whole(key: str) -> bytearray:
        return bytearray(archive.read(f"{folder}data/{key}"))

    def read(key: str, dtype: torch.dtype, count: int) -> Tensor:
        record = records.get(f"{folder}data/{key}")
        if record is None or record.file_size != count * dtype.itemsize:
            found = "none" if record is None else f"{record.file_size} bytes"
            raise WeightsError(f"storage {key[:40]!r} should hold {count} numbers, found {found}")
        return torch.frombuffer(whole(key), dtype=dtype) if count else torch.empty(0, dtype=dtype)

    return read_pickle(BytesIO(archive.read(pickles[0]))), read


def _open_legacy(path: Path) -> tuple[Any, ReadStorage]:
    """The format before torch 1.6: five pickles, then each storage's length and numbers."""
    with path.open("rb") as file:
        head = BytesIO(file.read(MAX_PICKLE))
    if read_pickle(head) != LEGACY_MAGIC:
        raise WeightsError("it is no file that torch.save wrote")
    read_pickle(head)  # the protocol's version
    read_pickle(head)  # what machine wrote it
    root = read_pickle(head)
    keys = read_pickle(head)
    dtypes = {key: dtype for key, dtype, _ in _storages(root)}
    starts: dict[str, int] = {}
    counts: dict[str, int] = {}
    position, size = head.tell(), path.stat().st_size
    with path.open("rb") as file:
        for key in keys if isinstance(keys, list) else []:
            if not isinstance(key, str):  # to hash or print a deep tuple may end the process
                raise WeightsError("a storage has a key that is no text")
            if key not in dtypes:
                raise WeightsError(f"storage {key[:40]!r} belongs to no tensor")
            file.seek(position)
            (counts[key],) = struct.unpack("<q", file.read(8).ljust(8, b"\xff"))
            starts[key] = position + 8
            position += 8 + counts[key] * dtypes[key].itemsize
            if counts[key] < 0 or position > size:
                raise WeightsError(f"the file ends before its storage {key[:40]!r} does")

    def read(key: str, dtype: torch.dtype, count: int) -> Tensor:
        if counts.get(key) != count:
            raise WeightsError(f"storage {key[:40]!r} should hold {count} numbers")
        if not count:
            return torch.empty(0, dtype=dtype)
        with path.open("rb") as file:
            file.seek(starts[key])
            return torch.frombuffer(bytearray(file.read(count * dtype.itemsize)), dtype=dtype)

    return root, read


class _Found(NamedTuple):
    """A tensor and where in the pickle it is; `place[:depth]` is the dictionary, or module."""

    place: tuple[str, ...]
    depth: int
    entry: Entry


def _state(found: Sequence[_Found], *, where: str) -> LazyState:
    """The dictionary that is most likely meant; with the others, where there are any.

    That is one of a usual name, or the one with the most tensors.
    """
    own = Counter(tensor.place[: tensor.depth] for tensor in found)
    places = [place for place, _ in own.most_common() if len(place) <= DEPTH]
    places.sort(key=lambda place: not set(place[-1:]) & set(WRAPPERS))
    states = [_within(found, place, where=where) for place in dict.fromkeys((*places, ()))]
    return LazyState(states[0].entries, where=where, parts=states[1:MAX_PARTS])


def _within(found: Sequence[_Found], place: tuple[str, ...], *, where: str) -> LazyState:
    depth = len(place)
    inside = [tensor for tensor in found if tensor.place[:depth] == place]
    return LazyState({_name(t.place[depth:]): t.entry for t in inside}, where=where)


def _name(place: tuple[str, ...]) -> str:
    return ".".join(part for part in place if part not in MODULE_PARTS)


def _tensors(
    value: Any, path: tuple[str, ...], seen: dict[int, Any], depth: int | None = None
) -> Iterator[tuple[tuple[str, ...], int, tuple[Any, ...]]]:
    """Place, depth and `(storage, offset, size, stride)` of every tensor under `value`.

    `depth` is that of the module that `value` is a part of.
    """
    if len(path) > MAX_DEPTH:
        raise WeightsError("the pickle is nested far deeper than a model is")
    tensor = _rebuilt(value)
    if tensor is not None:
        yield path, len(path) - 1 if depth is None else depth, tensor
        return
    if id(value) in seen:  # a part used twice, or a loop
        return
    if isinstance(value, Dictionary) or (isinstance(value, Called) and value.items):
        items = value.items
    elif isinstance(value, Called) and isinstance(value.state, Dictionary):  # a module's attributes
        items, depth = value.state.items, len(path) if depth is None else depth
    elif isinstance(value, list | tuple):
        items = list(enumerate(value))
    else:
        return
    seen[id(value)] = value
    named = [(str(key), item) for key, item in items if isinstance(key, str | int)]
    passing = _passing(dict(named).get("_non_persistent_buffers_set"))
    for key, item in named:
        if key == "_buffers" and isinstance(item, Dictionary | Called):
            item = Dictionary([(k, v) for k, v in item.items if _text(k) not in passing])
        yield from _tensors(item, (*path, key), seen, depth)


def _passing(names: Any) -> set[str]:
    """Of a module, the names of the buffers that are no part of its state dict."""
    if isinstance(names, Called) and isinstance(names.arguments, tuple):  # set([…])
        names = next(iter(names.arguments), None)
    return {_text(name) for name in names} - {""} if isinstance(names, list) else set()


def _text(key: Any) -> str:
    return key if isinstance(key, str) else ""  # to hash a deep tuple may end the process


def _rebuilt(value: Any) -> tuple[Any, ...] | None:
    """What `value` says a tensor is made of; None if it is no tensor."""
    for _ in range(3):  # a parameter of a tensor's subclass wraps twice
        if not (isinstance(value, Called) and isinstance(value.function, Global)):
            return None
        name, arguments = value.function.name, value.arguments
        if not isinstance(arguments, tuple):
            return None
        if name in (
            "torch._utils._rebuild_parameter",
            "torch._utils._rebuild_parameter_with_state",
        ):
            value = arguments[0] if arguments else None
        elif name == "torch._tensor._rebuild_from_type_v2" and len(arguments) >= 3:
            value = Called(arguments[0], arguments[2])
        elif name in ("torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2"):
            return arguments[:4] if len(arguments) >= 4 else None
        elif name.startswith("torch._utils._rebuild"):
            raise WeightsError(f"it holds a tensor made by {name[:80]}; only plain ones are read")
        else:
            return None
    return None


def _storage(value: Any) -> tuple[str, torch.dtype, int]:
    """Key, dtype and count of numbers of the storage a tensor lies in."""
    identity = value.identity if isinstance(value, Persistent) else None
    if isinstance(identity, tuple) and len(identity) in (5, 6) and identity[0] == "storage":
        _, kind, key, _, count, *view = identity
        name = kind.name.rpartition(".")[2] if isinstance(kind, Global) else ""
        if name in STORAGES and _is_count(count) and isinstance(key, str) and view in ([], [None]):
            return key, STORAGES[name], count
    raise WeightsError("a tensor lies in a storage of a kind this reader does not know")


def _storages(root: Any) -> Iterator[tuple[str, torch.dtype, int]]:
    for _, _, (storage, *_) in _tensors(root, (), {}):
        yield _storage(storage)


def _entry(found: tuple[Any, ...], read: ReadStorage, *, buffer: bool) -> Entry:
    storage, offset, size, stride = found
    key, dtype, count = _storage(storage)
    numbers = (
        [offset, *size, *stride] if isinstance(size, tuple) and isinstance(stride, tuple) else []
    )
    if (
        not numbers
        or not all(map(_is_count, numbers))
        or len(size) != len(stride)
        or len(size) > 16
    ):
        raise WeightsError("a tensor has an absurd shape")
    last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    # A stride of 0 can make a tensor of any size out of one number: no parameter is like that.
    if prod(size) > count or (prod(size) and last >= count):
        raise WeightsError(f"a tensor of shape {list(size)} does not fit its {count} numbers")
    cut = partial(_cut, read, (key, dtype, count), (size, stride, offset))
    return Entry(size, dtype, cut, buffer=buffer)


def _cut(read: ReadStorage, storage: tuple[str, torch.dtype, int], place: Any) -> Tensor:
    try:
        size, stride, offset = place
        return read(*storage).as_strided(size, stride, offset).clone().contiguous()
    except (OSError, zipfile.BadZipFile, RuntimeError, ValueError, EOFError) as error:
        raise WeightsError("pickled weights could not be read: the file is damaged") from error


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**48
