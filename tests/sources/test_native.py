"""The native format: what `TaskVector.save` writes, `TaskVector.load` reads."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import taskarith
from taskarith import TaskVector, VectorInfo, load_vector
from taskarith.core import Reported
from taskarith.errors import SourceError, WeightsError
from taskarith.sources import (
    base_fingerprint,
    fingerprint,
    read_metadata,
    read_tensors,
    write_tensors,
)
from taskarith.sources.native import NATIVE_FILE, write_vector

TAU = TaskVector({"layer.w": torch.tensor([[1.0, -2.5], [0.0, 3.25]]), "layer.b": torch.ones(2)})
INFO = VectorInfo(
    task="mnist",
    base="openai/clip-vit-base-patch32",
    base_commit="a" * 40,
    base_fingerprint="b" * 64,
    subtraction_dtype="float32",
    excluded=("head.weight",),
    zero_shot=Reported(accuracy=0.48, n=10_000, split="test"),
    finetuned=Reported(accuracy=0.997, n=10_000, split="test"),
    coefficient=0.3,
    recipe="AdamW, 1e-5, head frozen: «5 epochs»",
    licence="mit",
    datasets=("ylecun/mnist",),
)


def test_a_vector_survives_saving_and_loading(tmp_path: Path) -> None:
    TAU.save(tmp_path / "new" / "vector", info=INFO)
    vector, info = load_vector(tmp_path / "new" / "vector")
    assert {name: t.tolist() for name, t in vector.items()} == {
        name: t.tolist() for name, t in TAU.items()
    }
    assert replace(info, fingerprint=None, dtype=None, maker=None) == INFO
    assert info.dtype == "float32"
    assert info.maker == f"taskarith {taskarith.__version__}"
    assert info.fingerprint == fingerprint(dict(TAU))


@pytest.mark.parametrize("where", ["folder", "file", "reference to the folder", "reference"])
def test_it_is_loaded_from_a_folder_a_file_or_a_reference(where: str, tmp_path: Path) -> None:
    TAU.save(tmp_path)
    source: Any = {
        "folder": tmp_path,
        "file": str(tmp_path / NATIVE_FILE),
        "reference to the folder": f"file:{tmp_path}",
        "reference": f"file:{tmp_path / NATIVE_FILE}",
    }[where]
    assert torch.equal(TaskVector.load(source)["layer.w"], TAU["layer.w"])


def test_it_can_be_stored_in_half_precision(tmp_path: Path) -> None:
    TAU.save(tmp_path, dtype=torch.float16)
    vector, info = load_vector(tmp_path)
    assert vector["layer.w"].dtype == torch.float16
    assert info.dtype == "float16"
    assert torch.equal(vector["layer.w"].float(), TAU["layer.w"])


def test_what_overflows_half_precision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="float16"):
        TaskVector({"w": torch.tensor([1e6])}).save(tmp_path, dtype=torch.float16)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_vector_and_nothing_else(tmp_path: Path) -> None:
    TAU.save(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(WeightsError, match="float16"):
        TaskVector({"a": torch.ones(1), "w": torch.tensor([1e6])}).save(
            tmp_path, dtype=torch.float16
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert torch.equal(TaskVector.load(tmp_path)["layer.w"], TAU["layer.w"])
    (tmp_path / "file").touch()
    with pytest.raises(WeightsError, match="make room or choose another folder"):
        TAU.save(tmp_path / "file" / "vector")


def test_the_card_is_yaml_with_what_the_hub_reads(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    TAU.save(tmp_path, info=INFO)
    _, header, text = (tmp_path / "README.md").read_text(encoding="utf-8").split("---\n")
    card = yaml.safe_load(header)
    assert card["base_model"] == "openai/clip-vit-base-patch32"
    assert card["tags"] == ["task-vector", "task-arithmetic"]
    assert card["license"] == "mit"
    assert card["datasets"] == ["ylecun/mnist"]
    [model] = card["model-index"]
    [result] = model["results"]
    assert result["metrics"][0]["value"] == 0.997
    assert result["dataset"]["split"] == "test"
    assert "48.0 % of 10000 images, split test" in text
    assert "suggested λ: 0.3" in text


def test_the_card_of_a_vector_nobody_described(tmp_path: Path) -> None:
    TAU.save(tmp_path)
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "task-vector" in card
    assert "model-index" not in card
    assert "None" not in card


def test_the_metadata_is_text_for_people_too(tmp_path: Path) -> None:
    TAU.save(tmp_path, info=INFO)
    metadata = read_metadata(tmp_path / NATIVE_FILE)
    assert metadata["format"] == "task-vector/1"
    assert metadata["task"] == "mnist"
    assert json.loads(metadata["zero_shot"]) == {"accuracy": 0.48, "n": 10_000, "split": "test"}


def test_a_changed_number_is_noticed(tmp_path: Path) -> None:
    TAU.save(tmp_path)
    path = tmp_path / NATIVE_FILE
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="changed after it was made"):
        TaskVector.load(tmp_path)


def test_plain_weights_are_no_vector(tmp_path: Path) -> None:
    write_tensors(tmp_path / "model.safetensors", dict(TAU))
    with pytest.raises(WeightsError, match="no task vector"):
        TaskVector.load(tmp_path / "model.safetensors")


def test_what_was_never_pulled_says_how(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="vector pull hub:nobody/nothing"):
        TaskVector.load("hub:nobody/nothing")
    with pytest.raises(SourceError, match="no reference"):
        TaskVector.load("no such thing")


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("coefficient", "NaN"),
        ("coefficient", "true"),
        ("coefficient", "{"),
        ("excluded", "{}"),
        ("excluded", "[1]"),
        ("zero_shot", "[]"),
        ("zero_shot", '{"accuracy": 2, "n": 1, "split": "test"}'),
        ("zero_shot", '{"accuracy": 0.5, "n": "many", "split": "test"}'),
        ("zero_shot", "[" * 100_000),
    ],
)
def test_a_damaged_description_is_refused(entry: str, text: str, tmp_path: Path) -> None:
    write_tensors(tmp_path / NATIVE_FILE, dict(TAU), {"format": "task-vector/1", entry: text})
    with pytest.raises(WeightsError):
        TaskVector.load(tmp_path)


numbers = st.floats(0, 1)
reported = st.builds(
    Reported, accuracy=numbers, n=st.integers(1, 10**6), split=st.sampled_from(["test", "train"])
)
infos = st.builds(
    VectorInfo,
    task=st.none() | st.text(min_size=1, max_size=20),
    base=st.none() | st.text(max_size=20),
    excluded=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    zero_shot=st.none() | reported,
    coefficient=st.none() | st.floats(-3, 3),
    datasets=st.lists(st.text(max_size=5), max_size=3).map(tuple),
)


@given(infos)
def test_any_description_survives_its_text_form(info: VectorInfo) -> None:
    assert VectorInfo.from_metadata(info.to_metadata()) == info


def test_another_formats_description_is_not_believed() -> None:
    entries = {"format": "theirs", "task": "digits", "excluded": "all but", "base_fingerprint": "x"}
    assert VectorInfo.from_metadata(entries) == VectorInfo(task="digits")


def test_the_base_fingerprint_sees_values_not_storage() -> None:
    base = {"v.w": torch.tensor([1.0, 2.0]).half(), "t": torch.ones(3)}
    same = {"w": torch.tensor([1.0, 2.0]).double()}
    other = {"w": torch.tensor([1.0, 2.5])}
    found = base_fingerprint(base, {"w": "v.w"})
    assert found == base_fingerprint(same, {"w": "w"})
    assert found != base_fingerprint(other, {"w": "w"})
    assert found != base_fingerprint(base, {"w": "v.w", "t": "t"})


def test_eight_bits_are_read_back_as_numbers(tmp_path: Path) -> None:
    torch.manual_seed(3)
    vector = TaskVector(
        {"w": torch.randn(6, 40), "b": torch.randn(40), "conv": torch.randn(2, 3, 2, 2)}
    )
    path = write_vector(vector, tmp_path, info=INFO, dtype=torch.int8)
    stored = read_tensors(path)
    assert {name: str(tensor.dtype)[6:] for name, tensor in stored.items()} == {
        "w": "int8", "w.scale": "float32", "b": "float32", "conv": "float32",
    }  # fmt: skip
    found, info = load_vector(tmp_path)
    assert info.dtype == "float32, int8"
    assert info.fingerprint == fingerprint(dict(found))
    assert set(found) == set(vector)
    off = (found["w"] - vector["w"]).abs()
    assert (off <= stored["w.scale"] / 2 * 1.0001).all()
    assert off.max() > 0
    assert torch.equal(found["b"], vector["b"])
    assert torch.equal(found["conv"], vector["conv"])


@pytest.mark.parametrize("scales", [None, torch.ones(3, 1), torch.ones(2)])
def test_eight_bits_without_their_scales_are_refused(
    scales: torch.Tensor | None, tmp_path: Path
) -> None:
    tensors = {"w": torch.ones(2, 4, dtype=torch.int8)}
    tensors |= {} if scales is None else {"w.scale": scales}
    write_tensors(tmp_path / NATIVE_FILE, tensors, {"format": "task-vector/1"})
    with pytest.raises(WeightsError, match="w is in eight bits and has no scales that fit"):
        load_vector(tmp_path)


def test_a_tensor_called_as_the_scales_would_be_is_not_overwritten(tmp_path: Path) -> None:
    vector = TaskVector({"w": torch.ones(2, 2), "w.scale": torch.ones(2)})
    with pytest.raises(WeightsError, match=r"a tensor called w\.scale"):
        write_vector(vector, tmp_path / "new", dtype=torch.int8)
