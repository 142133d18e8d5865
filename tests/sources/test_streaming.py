"""Files written tensor by tensor: as safetensors reads them, and never more than one in memory."""

import weakref
from pathlib import Path

import pytest
import torch
from torch import Tensor

from taskarith.errors import ExportCancelled, WeightsError
from taskarith.sources import LazyState, fingerprint, read_metadata, read_tensors
from taskarith.sources.lazy_state import Entry
from taskarith.sources.streaming import streamed_size, write_stream

STATE = {"b": torch.linspace(-1, 1, 6).view(2, 3), "a": torch.tensor(2.5), "c": torch.zeros(0, 4)}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_what_is_written_can_be_read(tmp_path: Path, dtype: torch.dtype) -> None:
    path = tmp_path / "w.safetensors"
    told: list[tuple[int, int]] = []
    found = write_stream(
        path,
        LazyState.of(STATE),
        dtype=dtype,
        metadata={"task": "Ziffern – ü"},
        report=lambda done, total: told.append((done, total)),
    )
    read = read_tensors(path)
    assert read.keys() == STATE.keys()
    assert all(torch.equal(read[name], STATE[name].to(dtype)) for name in STATE)
    assert read_metadata(path) == {"task": "Ziffern – ü"}
    assert found == fingerprint(read)
    assert told[-1] == (7 * dtype.itemsize, streamed_size(LazyState.of(STATE), dtype))


def test_each_may_keep_its_own_dtype(tmp_path: Path) -> None:
    """The widest come first in the file, so that each begins at a multiple of its own size."""
    mixed = {
        "a": torch.ones(3).half(),
        "b": torch.linspace(0, 1, 5),
        "c": torch.tensor([0.1, 0.2], dtype=torch.float64),
        "d": torch.ones(1).bfloat16(),
    }
    path = tmp_path / "w.safetensors"
    found = write_stream(path, LazyState.of(mixed), dtype=None)
    read = read_tensors(path)
    assert all(read[name].dtype == mixed[name].dtype for name in mixed)
    assert all(torch.equal(read[name], mixed[name]) for name in mixed)
    assert found == fingerprint(read) == fingerprint(mixed)


def test_no_more_than_one_tensor_is_alive(tmp_path: Path) -> None:
    alive: list[weakref.ref[Tensor]] = []
    most = 0

    def read() -> Tensor:
        nonlocal most
        tensor = torch.ones(1000)
        alive.append(weakref.ref(tensor))
        most = max(most, sum(ref() is not None for ref in alive))
        return tensor

    state = LazyState({f"w{i}": Entry((1000,), torch.float32, read) for i in range(20)}, where="x")
    write_stream(tmp_path / "w.safetensors", state)
    assert len(alive) == 20
    assert most <= 2  # the one that is written, until the name takes the next


def test_numbers_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    state = LazyState.of({"w": torch.tensor([1e6])})
    with pytest.raises(WeightsError, match="too large for float16; export in float32"):
        write_stream(tmp_path / "w.safetensors", state, dtype=torch.float16)


def test_it_can_be_stopped(tmp_path: Path) -> None:
    with pytest.raises(ExportCancelled):
        write_stream(tmp_path / "w.safetensors", LazyState.of(STATE), cancelled=lambda: True)


def test_a_full_disk_says_how_far_it_came() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")

    class Full(type(Path())):  # type: ignore[misc]
        def open(self, *_: object, **__: object) -> object:
            return Path("/dev/full").open("wb", buffering=0)

    with pytest.raises(WeightsError, match=r"0 of 28 bytes.*No space left.*make room"):
        write_stream(Full("w.safetensors"), LazyState.of(STATE))
