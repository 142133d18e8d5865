import errno
import os
from pathlib import Path

import pytest
import torch

from taskarith.core import Recomposer, TaskVector
from taskarith.core.buffers import MemoryNeed
from taskarith.errors import SourceError
from taskarith.sources.mapped import MappedBuffers


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("size", [0, 1, 5000])
def test_a_buffer_is_zero_can_be_written_and_leaves_no_file(
    tmp_path: Path, size: int, dtype: torch.dtype
) -> None:
    make = MappedBuffers(tmp_path / "new" / "folder")
    one, other = make(size, dtype), make(size, dtype)
    assert one.shape == (size,)
    assert one.dtype == dtype
    assert one.count_nonzero() == 0
    one.fill_(2)
    assert other.count_nonzero() == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_edits_with_mapped_vectors_are_the_same(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    base = {"w": torch.randn(70, 90, generator=generator)}
    vectors = {n: TaskVector({"w": torch.randn(70, 90, generator=generator)}) for n in "abc"}
    mapped = Recomposer(base, vectors, keep=MappedBuffers(tmp_path))
    usual = Recomposer(base, vectors)
    for engine in (mapped, usual):
        engine.recompose({"a": 0.3, "c": -1.0})
    assert torch.equal(mapped.state()["w"], usual.state()["w"])


def test_mapped_vectors_do_not_count_against_the_budget(tmp_path: Path) -> None:
    base = {"w": torch.zeros(64)}
    vectors = {str(index): TaskVector({"w": torch.ones(64)}) for index in range(100)}
    budget = MemoryNeed(parameters=64, vectors=()).total
    engine = Recomposer(base, vectors, keep=MappedBuffers(tmp_path), budget=budget)
    engine.recompose(dict.fromkeys(vectors, 0.5))
    assert engine.state()["w"].tolist() == [50.0] * 64


def test_a_full_disk_is_an_error_and_not_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(SourceError, match=r"could not keep 0\.00 GB .*No space left.*make room"):
        MappedBuffers(tmp_path)(1000, torch.float32)


def test_a_system_without_reserving_writes_its_zeros(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    buffer = MappedBuffers(tmp_path)(600_000, torch.float32)
    assert buffer.fill_(1).sum() == 600_000


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SourceError, match="file"):
        MappedBuffers(tmp_path / "file")(10, torch.float32)
