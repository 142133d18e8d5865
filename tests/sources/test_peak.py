"""How much is in memory at most while a vector is made and written, counted tensor by tensor."""

import json
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from taskarith import TaskVector
from taskarith.cli import main
from taskarith.models.clip.layouts import ConvertedState
from taskarith.sources import find_pulled, open_source, subtract, write_tensors
from taskarith.suites.weights import vector_from
from tests.clips import tiny_transformers_clip

COUNT, SIDE = 20, 64
TENSOR = SIDE * SIDE * 4  # bytes of one tensor
SCALARS = 64  # bytes of sums and the like
BASE = {f"layers.{i}.w": torch.full((SIDE, SIDE), float(i + 1)) for i in range(COUNT)}
MOVED = {name: tensor + 0.5 for name, tensor in BASE.items()}


class Most(TorchDispatchMode):
    """The largest number of bytes that tensors held at once, of those made while it is on."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0
        self._alive: list[weakref.ref[Tensor]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        self._alive += [weakref.ref(x) for x in tree_leaves(made) if isinstance(x, Tensor)]
        self._alive = [ref for ref in self._alive if ref() is not None]
        storages = [
            tensor.untyped_storage() for ref in self._alive if (tensor := ref()) is not None
        ]
        sizes = {storage.data_ptr(): storage.nbytes() for storage in storages}
        self.bytes = max(self.bytes, sum(sizes.values()))
        return made


@contextmanager
def at_most(size: int) -> Iterator[None]:
    with Most() as most:
        yield
    assert size / 2 < most.bytes <= size


def save(folder: Path, state: dict[str, Tensor], *, how: str = "whole") -> str:
    folder.mkdir()
    if how == "sharded":
        shards = {
            name: f"model-0000{i % 3 + 1}-of-00003.safetensors" for i, name in enumerate(state)
        }
        for shard in set(shards.values()):
            part = {name: tensor for name, tensor in state.items() if shards[name] == shard}
            write_tensors(folder / shard, part)
        index = json.dumps({"weight_map": shards})
        (folder / "model.safetensors.index.json").write_text(index)
    elif how == "pickle":
        torch.save(state, folder / "pytorch_model.bin")
    elif how == "native":
        vector = TaskVector.from_states(BASE, state)
        vector.save(folder)
    else:
        write_tensors(folder / "model.safetensors", state)
    return f"file:{folder}"


@pytest.mark.parametrize("how", ["whole", "sharded", "pickle", "native"])
def test_subtracting_holds_the_result_and_a_tensor_of_each_side(how: str, tmp_path: Path) -> None:
    """With the base read from its file as well: neither state is ever whole in memory."""
    base = open_source(find_pulled(save(tmp_path / "base", BASE))).state
    contents = open_source(find_pulled(save(tmp_path / "other", MOVED, how=how)))
    with at_most((COUNT + 4) * TENSOR + SCALARS):
        subtract(contents, base)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("how", ["whole", "sharded", "pickle"])
def test_making_a_vector_holds_it_once(
    how: str, dtype: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fingerprints, writing and reading what was written included."""
    arguments = ["vector", "make", "--base", save(tmp_path / "base", BASE), "--dtype", dtype]
    arguments += ["--finetuned", save(tmp_path / "tuned", MOVED, how=how)]
    with at_most((COUNT + 4) * TENSOR + SCALARS):
        assert main([*arguments, "-o", str(tmp_path / "vector")]) == 0
    assert all(torch.equal(t.float(), torch.full((SIDE, SIDE), 0.5))
               for t in TaskVector.load(tmp_path / "vector").values())  # fmt: skip


def test_checking_a_native_vector_holds_it_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base, vector = save(tmp_path / "base", BASE), save(tmp_path / "v", MOVED, how="native")
    with at_most((COUNT + 4) * TENSOR + SCALARS):
        assert main(["vector", "check", vector, "--base", base]) == 0


def test_the_other_librarys_layout_costs_the_queries_keys_and_values_once_more(
    tmp_path: Path,
) -> None:
    """They stand in three tensors there and in one here; everything else is not copied."""
    prefix = "vision_model."
    parameters = tiny_transformers_clip().named_parameters()
    theirs = {n: t.detach() for n, t in parameters if n.startswith(prefix)}
    ours = dict(ConvertedState(theirs, to="open_clip"))
    tower = {n.removeprefix(prefix): t + 0.1 for n, t in theirs.items()}
    base = open_source(find_pulled(save(tmp_path / "base", ours))).state
    contents = open_source(find_pulled(save(tmp_path / "tower", tower)))
    result = sum(tensor.nbytes for tensor in ours.values())
    attention = sum(tensor.nbytes for name, tensor in ours.items() if "in_proj" in name)
    largest = max(tensor.nbytes for tensor in ours.values())
    with at_most(result + attention + 2 * largest):
        vector_from(contents, base)
