"""Any of the kinds becomes the same task vector of the same base."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from taskarith.core import TaskVector, VectorInfo
from taskarith.errors import SourceError, WeightsError
from taskarith.sources import (
    LazyState,
    base_fingerprint,
    find_pulled,
    fingerprint,
    open_difference,
    open_source,
    open_tensors,
    subtract,
    write_tensors,
)


def tower(seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = {"encoder.0.w": (4, 3), "encoder.0.b": (4,), "encoder.1.w": (4, 4), "norm.w": (4,)}
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


BASE = tower()
MOVED = {name: tensor + 0.1 * tower(1)[name] for name, tensor in BASE.items()}
TAU = {name: MOVED[name] - BASE[name] for name in BASE}
WHOLE_BASE = {f"vision_model.{name}": t for name, t in BASE.items()} | {
    "text_model.w": torch.ones(3),
    "logit_scale": torch.tensor(2.0),
    "vision_model.position_ids": torch.arange(5),
}


def save(
    folder: Path, state: dict[str, Tensor], *, shards: int = 0, file: str = "model.safetensors"
) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    write: Any = (
        write_tensors if file.endswith(".safetensors") else lambda path, x: torch.save(x, path)
    )
    if not shards:
        write(folder / file, state)
        return f"file:{folder}"
    stem, _, suffix = file.rpartition(".")
    weight_map = {}
    for index in range(shards):
        name = f"{stem}-{index + 1:05d}-of-{shards:05d}.{suffix}"
        part = {key: state[key] for key in sorted(state)[index::shards]}
        write(folder / name, part)
        weight_map |= dict.fromkeys(part, name)
    index_file = folder / f"{file}.index.json"
    index_file.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    return f"file:{folder}"


def vector_of(reference: str, base: dict[str, Tensor], **options: object) -> TaskVector:
    return subtract(open_source(find_pulled(reference)), base, **options).vector  # type: ignore[arg-type]


@pytest.mark.parametrize("shards", [0, 1, 3])
@pytest.mark.parametrize("prefix", ["", "vision_model.", "model.", "module._orig_mod.", "net.a."])
def test_a_checkpoint_whole_or_in_shards_with_any_prefix(
    prefix: str, shards: int, tmp_path: Path
) -> None:
    state = {prefix + name: tensor for name, tensor in MOVED.items()}
    reference = save(tmp_path, state, shards=shards)
    for base, own in ((BASE, ""), (WHOLE_BASE, "vision_model.")):
        vector = vector_of(reference, base)
        assert set(vector) == {own + name for name in BASE}
        for name, tensor in TAU.items():
            assert torch.equal(vector[own + name], tensor)


@pytest.mark.parametrize(
    "file", ["pytorch_model.bin", "open_clip_model.safetensors", "open_clip_pytorch_model.bin"]
)
def test_shards_of_other_libraries(file: str, tmp_path: Path) -> None:
    reference = save(tmp_path, MOVED, shards=3, file=file)
    for named in (reference, f"{reference}/{file}.index.json"):
        vector = vector_of(named, BASE)
        assert all(torch.equal(vector[name], TAU[name]) for name in TAU)


def test_integer_tensors_are_left_out(tmp_path: Path) -> None:
    reference = save(tmp_path, {**MOVED, "position_ids": torch.arange(5)})
    assert set(vector_of(reference, BASE)) == set(BASE)


def test_half_precision_is_subtracted_in_single(tmp_path: Path) -> None:
    reference = save(tmp_path, {name: tensor.half() for name, tensor in MOVED.items()})
    vector = vector_of(reference, BASE)
    for name, tensor in MOVED.items():
        assert torch.equal(vector[name], tensor.half().float() - BASE[name])


def test_a_pickle_gives_the_same(tmp_path: Path) -> None:
    torch.save({"state_dict": MOVED}, tmp_path / "tower.pt")
    vector = vector_of(f"file:{tmp_path / 'tower.pt'}", BASE)
    assert all(torch.equal(vector[name], TAU[name]) for name in TAU)


def test_a_native_vector_is_taken_as_it_is(tmp_path: Path) -> None:
    names = {name: name for name in BASE}
    info = VectorInfo(task="t", base_fingerprint=base_fingerprint(BASE, names))
    TaskVector(TAU).save(tmp_path, info=info)
    vector = vector_of(f"file:{tmp_path}", WHOLE_BASE)
    assert all(torch.equal(vector[f"vision_model.{name}"], TAU[name]) for name in TAU)


def test_a_native_vector_may_cover_a_part_of_a_tower(tmp_path: Path) -> None:
    TaskVector({"encoder.0.w": TAU["encoder.0.w"]}).save(tmp_path)
    assert set(vector_of(f"file:{tmp_path}", BASE)) == {"encoder.0.w"}


def test_a_vector_of_another_base_names_both_fingerprints(tmp_path: Path) -> None:
    names = {name: name for name in BASE}
    info = VectorInfo(base="a/base", base_fingerprint=base_fingerprint(BASE, names))
    TaskVector(TAU).save(tmp_path, info=info)
    with pytest.raises(WeightsError, match="another base") as raised:
        vector_of(f"file:{tmp_path}", tower(7))
    assert base_fingerprint(BASE, names) in str(raised.value)
    assert base_fingerprint(tower(7), names) in str(raised.value)


@pytest.mark.parametrize("own", [True, False])
def test_the_base_is_compared_whenever_it_is_stated(own: bool, tmp_path: Path) -> None:
    """Also by a file that states no fingerprint of its own."""
    info = VectorInfo(base_fingerprint="0" * 64, fingerprint=fingerprint(TAU) if own else None)
    write_tensors(tmp_path / "task_vector.safetensors", TAU, info.to_metadata())
    with pytest.raises(
        WeightsError, match=f"another base: its base has the fingerprint {'0' * 64}"
    ):
        vector_of(f"file:{tmp_path}", BASE)
    stated = replace(info, base_fingerprint=base_fingerprint(BASE, {name: name for name in BASE}))
    write_tensors(tmp_path / "task_vector.safetensors", TAU, stated.to_metadata())
    contents = open_source(find_pulled(f"file:{tmp_path}"))
    assert subtract(contents, BASE).base_compared
    assert subtract(contents, BASE, exclude=["norm.w"]).base_compared
    smaller = {name: tensor for name, tensor in BASE.items() if name != "norm.w"}
    assert not subtract(contents, smaller, exclude=["norm.w"]).base_compared


def test_what_states_no_base_is_not_said_to_be_compared(tmp_path: Path) -> None:
    """Among them the vectors of `mini`, whose own fingerprint is of the whole base file."""
    checkpoint = open_source(find_pulled(save(tmp_path / "checkpoint", MOVED)))
    assert not subtract(checkpoint, BASE).base_compared
    TaskVector(TAU).save(tmp_path / "vector")
    write_tensors(tmp_path / "mini.safetensors", TAU, {"base_fingerprint": "0" * 64})
    for reference in (f"file:{tmp_path / 'vector'}", f"file:{tmp_path / 'mini.safetensors'}"):
        contents = open_source(find_pulled(reference))
        assert contents.kind == "task-vector"
        assert not subtract(contents, BASE).base_compared


def test_all_tensors_with_nan_are_listed(tmp_path: Path) -> None:
    bad = {"encoder.0.b": torch.full((4,), torch.nan), "norm.w": torch.full((4,), torch.inf)}
    with pytest.raises(WeightsError, match=r"encoder\.0\.b, norm\.w hold NaN or Inf"):
        vector_of(save(tmp_path, {**MOVED, **bad}), BASE)


def test_what_both_sides_are_stored_in_is_said(tmp_path: Path) -> None:
    halves = {name: t.half() if "encoder" in name else t for name, t in MOVED.items()}
    contents = open_source(find_pulled(save(tmp_path, {**halves, "ids": torch.arange(3)})))
    found = subtract(contents, BASE)
    assert found.dtypes == ("float16, float32", "float32")
    assert found.info.subtraction_dtype == "float32"
    wide = {name: tensor.double() for name, tensor in BASE.items()}
    assert subtract(contents, wide).dtypes == ("float16, float32", "float64")
    assert subtract(contents, wide).info.subtraction_dtype == "float64"


def test_differences_in_disguise_are_not_subtracted(tmp_path: Path) -> None:
    reference = save(tmp_path, TAU)
    with pytest.raises(WeightsError, match="looks like differences"):
        vector_of(reference, BASE)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("encoder.1.w"), ["missing: encoder.1.w"]),
        (lambda s: s.update(extra=torch.ones(2)), ["unexpected: extra"]),
        (
            lambda s: s.update({"encoder.0.w": torch.ones(3, 4)}),
            ["shape differs: encoder.0.w ([4, 3] in the base, [3, 4] found)"],
        ),
        (lambda s: s.update({"encoder.0.b": torch.full((4,), torch.nan)}), ["NaN or Inf"]),
        (lambda s: s.clear(), ["holds no weights"]),
        (
            lambda s: (s.pop("encoder.0.b"), s.update(x=torch.ones(1))),
            ["missing: encoder.0.b", "unexpected: x"],
        ),
    ],
)
def test_everything_that_does_not_fit_is_listed(
    change: object, words: list[str], tmp_path: Path
) -> None:
    state = dict(MOVED)
    change(state)  # type: ignore[operator]
    reference = save(tmp_path, state)
    with pytest.raises(WeightsError) as raised:
        vector_of(reference, BASE)
    assert all(word in str(raised.value) for word in words)


def test_a_head_is_left_out_on_request(tmp_path: Path) -> None:
    reference = save(tmp_path, {**MOVED, "classifier.weight": torch.ones(2, 4)})
    difference = subtract(open_source(find_pulled(reference)), WHOLE_BASE, exclude=["classifier.*"])
    assert len(difference.vector) == len(BASE)
    assert "classifier.weight" in difference.info.excluded
    assert difference.uncovered == ("logit_scale", "text_model")
    assert 0 < difference.relative < 0.5


def test_what_is_left_out_is_neither_read_nor_judged(tmp_path: Path) -> None:
    head = {"head.weight": torch.full((2, 4), torch.nan)}
    contents = open_source(find_pulled(save(tmp_path, {**MOVED, **head})))
    assert fingerprint(contents.state) != fingerprint({**MOVED, "head.weight": torch.ones(2, 4)})

    def read() -> Tensor:
        raise AssertionError("it was read")

    entry = replace(contents.state.entries["head.weight"], read=read)
    state = LazyState({**contents.state.entries, "head.weight": entry}, where="here")
    vector = subtract(replace(contents, state=state), BASE, exclude=["head.*"]).vector
    assert all(torch.equal(vector[name], TAU[name]) for name in TAU)
    lazy = open_difference(replace(contents, state=state), BASE, exclude=["head.*"])
    assert all(torch.equal(lazy[name], TAU[name]) for name in TAU)


def test_numbers_that_are_not_read_are_refused_where_they_take_part(tmp_path: Path) -> None:
    eighths = torch.ones(4).to(torch.float8_e4m3fn)
    save(tmp_path / "head", {**MOVED, "head.bias": eighths})
    assert set(vector_of(f"file:{tmp_path / 'head'}", BASE, exclude=["head.*"])) == set(BASE)
    save(tmp_path / "norm", {**MOVED, "norm.w": eighths})
    with pytest.raises(WeightsError, match=r"norm\.w holds F8_E4M3 numbers"):
        vector_of(f"file:{tmp_path / 'norm'}", BASE)


@pytest.mark.parametrize(
    "name", ["model.safetensors", "pytorch_model.bin", "x.safetensors", "a.pt"]
)
def test_a_git_lfs_pointer_is_called_one(name: str, tmp_path: Path) -> None:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 605247071\n"
    (tmp_path / name).write_text(text.format("0" * 64))
    with pytest.raises(WeightsError, match="is a Git LFS pointer, not the file itself: run"):
        open_source(find_pulled(f"file:{tmp_path}"))


def test_an_index_that_is_a_git_lfs_pointer(tmp_path: Path) -> None:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 6052\n"
    (tmp_path / "model.safetensors.index.json").write_text(text)
    with pytest.raises(WeightsError, match="is a Git LFS pointer"):
        find_pulled(f"file:{tmp_path}")


BAD_INDEXES = {
    "a shard outside": {"weight_map": {"encoder.0.w": "../model.safetensors"}},
    "a shard elsewhere": {"weight_map": {"encoder.0.w": "sub/model.safetensors"}},
    "a shard that is not there": {
        "weight_map": {"encoder.0.w": "model-00009-of-00009.safetensors"}
    },
    "a tensor that is not there": {"weight_map": {"nothing": "model-00001-of-00001.safetensors"}},
    "tensors it does not name": {"weight_map": {"norm.w": "model-00001-of-00001.safetensors"}},
    "a number": {"weight_map": {"norm.w": 3}},
    "a list": {"weight_map": ["norm.w"]},
    "nothing": {},
    "no object": [],
}


@pytest.mark.parametrize("index", BAD_INDEXES.values(), ids=list(BAD_INDEXES))
def test_a_bad_index_is_refused(index: object, tmp_path: Path) -> None:
    reference = save(tmp_path, MOVED, shards=1)
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises((SourceError, WeightsError), match="index"):
        vector_of(reference, BASE)


def test_tensors_are_read_one_at_a_time(tmp_path: Path) -> None:
    """What makes a model of gigabytes cost one tensor beside the base and the result."""
    save(tmp_path, MOVED)
    state = open_tensors(tmp_path / "model.safetensors")
    read: list[str] = []
    for name, entry in state.entries.items():
        object.__setattr__(entry, "read", lambda e=entry.read, n=name: (read.append(n), e())[1])
    assert state.shape("encoder.0.w") == (4, 3)
    assert set(state) == set(MOVED)
    assert read == []
    assert torch.equal(state["norm.w"], MOVED["norm.w"])
    assert read == ["norm.w"]


def test_a_lazy_state_of_a_state_in_memory_is_that_state() -> None:
    lazy = LazyState.of(BASE)
    assert LazyState.of(lazy) is lazy
    assert lazy["norm.w"] is BASE["norm.w"]


@cache
def saved_vector(folder: Path) -> bytes:
    TaskVector(TAU).save(folder, info=VectorInfo(task="t"))
    return (folder / "task_vector.safetensors").read_bytes()


@given(data=st.data())
@settings(max_examples=200)
def test_any_damage_to_a_vector_file_gives_the_vector_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Two hundred damaged native vectors; never a wrong number: the fingerprint sees to that."""
    folder = tmp_path_factory.getbasetemp() / "fuzzed-vector"
    path = folder / "task_vector.safetensors"
    content = bytearray(saved_vector(folder))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content[: data.draw(st.just(len(content)) | st.integers(0, len(content)))])
    try:
        vector = vector_of(f"file:{folder}", BASE)
    except WeightsError:
        return
    assert all(torch.equal(vector[name], TAU[name]) for name in TAU)
