import errno
import json
import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from taskarith.errors import WeightsError
from taskarith.sources import (
    fingerprint,
    open_tensors,
    read_metadata,
    read_tensors,
    tensors,
    write_tensors,
)

TENSORS = {
    "single": torch.tensor([[1.0, -0.0], [3.5, 1e-30]]),
    "half": torch.tensor([1.0, 2.0]).half(),
    "brain": torch.tensor([1.0, 2.0]).bfloat16(),
    "bytes": torch.tensor([0, 255], dtype=torch.uint8),
    "labels": torch.tensor([-1, 2**40]),
    "scalar": torch.tensor(2.0),
    "empty": torch.zeros(0, 3),
}


def raw(header: object, data: bytes = b"", *, announced: int | None = None) -> bytes:
    """The bytes of a safetensors file with any header, however wrong."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if announced is None else announced) + text + data


def one(dtype: str = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> dict[str, Any]:
    return {"w": {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "weights.safetensors"
    write_tensors(path, TENSORS, {"task": "digits"})
    found = read_tensors(path)
    assert found.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)
    assert read_metadata(path) == {"task": "digits"}
    assert os.listdir(path.parent) == [path.name]


def test_views_of_one_buffer_can_be_written(tmp_path: Path) -> None:
    buffer = torch.arange(6.0)
    write_tensors(tmp_path / "w", {"a": buffer[:4], "b": buffer[2:], "t": buffer.view(2, 3).T})
    found = read_tensors(tmp_path / "w")
    assert found["b"].tolist() == [2, 3, 4, 5]
    assert found["t"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_floats_are_converted_and_integers_are_not(tmp_path: Path) -> None:
    write_tensors(tmp_path / "w", TENSORS)
    found = read_tensors(tmp_path / "w", dtype=torch.float32)
    assert {found[name].dtype for name in ("single", "half", "brain")} == {torch.float32}
    assert found["bytes"].dtype == torch.uint8
    assert found["labels"].dtype == torch.int64


def test_what_was_read_outlives_the_file(tmp_path: Path) -> None:
    path = tmp_path / "w"
    write_tensors(path, TENSORS)
    found = read_tensors(path)
    path.write_bytes(b"")
    assert torch.equal(found["single"], TENSORS["single"])


@pytest.mark.parametrize("metadata", [None, {}])
@pytest.mark.parametrize("tensors", [TENSORS, {}], ids=["tensors", "none"])
def test_a_file_may_have_no_metadata_and_no_tensors(
    tmp_path: Path, tensors: dict[str, torch.Tensor], metadata: dict[str, str] | None
) -> None:
    write_tensors(tmp_path / "w", tensors, metadata)
    assert read_metadata(tmp_path / "w") == {}
    assert read_tensors(tmp_path / "w").keys() == tensors.keys()


HOSTILE = {
    "empty file": b"",
    "seven bytes": b"1234567",
    "no header": struct.pack("<Q", 0),
    "not safetensors": b"\x80\x04\x95" + b"x" * 100,
    "header longer than the file": raw(one(), b"\0" * 4, announced=10**6),
    "header bomb": raw(one(), b"\0" * 4, announced=2**63),
    "header of 17 MiB": raw(b"{" + b" " * (17 * 2**20) + b"}"),
    "header is no JSON": raw(b"{'w': 1}"),
    "header is a list": raw([1, 2]),
    "deeply nested header": raw(b"[" * 100_000),
    "header is not text": raw(b"\xff\xfe\xfd"),
    "truncated": raw(one(shape=[4], offsets=[0, 16]), b"\0" * 8),
    "too many bytes": raw(one(), b"\0" * 400),
    "offsets past the end": raw(one(offsets=[0, 400]), b"\0" * 4),
    "offsets reversed": raw(one(offsets=[4, 0]), b"\0" * 4),
    "negative shape": raw(one(shape=[-1]), b"\0" * 4),
    "absurd shape": raw(one(shape=[2**40, 2**40]), b"\0" * 4),
    "overflowing shape": raw(one(shape=[2**62, 4, 2**62]), b"\0" * 4),
    "shape that overflows without bytes": raw(one(shape=[0, 2**63, 2**63], offsets=[0, 0])),
    "shape does not match": raw(one(shape=[3]), b"\0" * 4),
    "unknown dtype": raw(one("X32"), b"\0" * 4),
    "unreadable dtype": raw(one("F8_E4M3", [4]), b"\0" * 4),
    "two tensors in one place": raw({**one(), "v": one()["w"]}, b"\0" * 4),
    "metadata that is no text": raw({"__metadata__": {"a": 1}, **one()}, b"\0" * 4),
    "a name of 600 characters": raw({"w" * 600: one()["w"]}, b"\0" * 4),
    "a name that clears the screen": raw({"\x1b[2J": one()["w"]}, b"\0" * 4),
    "far too many tensors": raw(
        {str(i): {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(100_001)}
    ),
    "NaN": raw(one(), struct.pack("<f", float("nan"))),
    "Inf": raw(one(), struct.pack("<f", float("inf"))),
    "NaN in half precision": raw(one("F16", [2]), b"\0\0\0\x7e"),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=list(HOSTILE))
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hostile.safetensors"
    path.write_bytes(content)
    for read in (read_tensors, lambda path: list(open_tensors(path).values())):
        with pytest.raises(WeightsError, match=r"hostile\.safetensors"):
            read(path)


@given(st.binary(max_size=200) | st.binary(max_size=200).map(raw))
def test_no_bytes_get_past_the_reader(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "random.safetensors"
    path.write_bytes(data)
    for read in (read_tensors, read_metadata):
        with suppress(WeightsError):  # a header of nothing is a file that holds nothing
            assert read(path) == {}


@given(st.data())
def test_any_flipped_byte_gives_tensors_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "flipped.safetensors"
    write_tensors(path, TENSORS, {"a": "b"})
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with suppress(WeightsError):
        assert all(bool(torch.isfinite(tensor).all()) for tensor in read_tensors(path).values())


def test_all_bad_tensors_are_listed(tmp_path: Path) -> None:
    write_tensors(
        tmp_path / "w",
        {"a": torch.tensor(torch.nan), "b": torch.zeros(1), "c": torch.tensor(torch.inf)},
    )
    with pytest.raises(WeightsError, match="a holds NaN or Inf; c holds NaN or Inf"):
        read_tensors(tmp_path / "w")


@pytest.mark.parametrize("read", [read_tensors, read_metadata])
def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, read: Any) -> None:
    for path in (tmp_path / "missing.safetensors", tmp_path):
        with pytest.raises(WeightsError, match=path.name):
            read(path)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_the_disk(tensors: object, path: Path, metadata: object) -> None:
        path.write_bytes(b"half a fi")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "w"
    write_tensors(path, {"w": torch.ones(1)})
    monkeypatch.setattr(tensors, "save_file", fill_the_disk)
    with pytest.raises(WeightsError, match="No space left"):
        write_tensors(path, {"w": torch.zeros(1)})
    assert read_tensors(path)["w"] == 1
    assert os.listdir(tmp_path) == ["w"]


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WeightsError, match="make room or choose another folder"):
        write_tensors(tmp_path / "file" / "w", {"w": torch.ones(1)})


def test_a_fingerprint_sees_names_shapes_dtypes_and_bytes() -> None:
    w = torch.tensor([1.0, 0.0])
    states = [
        {"w": w},
        {"v": w},
        {"w": w.view(1, 2)},
        {"w": w.view(torch.int32)},
        {"w": torch.tensor([1.0, -0.0])},
        {"w": w, "empty": torch.zeros(0)},
        {"w": w[:1], "x": w[1:]},
        {"w": w.bfloat16()},
        {"w": torch.tensor(1.0)},
        {},
    ]
    assert len({fingerprint(state) for state in states}) == len(states)
    assert fingerprint({"a": w, "b": w + 1}) == fingerprint({"b": w + 1, "a": w.clone()})
    assert fingerprint({"w": w.view(2, 1).T}) == fingerprint({"w": w.view(1, 2)})
