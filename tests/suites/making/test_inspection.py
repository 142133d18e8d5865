"""Vectors are looked at when a suite is made and when weights have come, not when first used."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from taskarith import load_suite
from taskarith.errors import AssetError, TaskArithError
from taskarith.sources import write_tensors
from taskarith.suites import Suite
from taskarith.suites.making import inspection
from taskarith.suites.making.deriving import derive_suite, same_task
from taskarith.suites.making.inspection import check_reading, look_at_vectors
from tests.suites.text_suite import write_text_suite

LAYER, WIDTH = "visual.transformer.resblocks.0.mlp.c_fc", 32


def write_factors(folder: Path, a: Tensor, b: Tensor) -> None:
    tensors = {
        f"base_model.model.{LAYER}.lora_{name}.weight": t for name, t in (("A", a), ("B", b))
    }
    write_tensors(folder / "adapter_model.safetensors", tensors)


def adapter(folder: Path) -> str:
    """A LoRA of rank 2 on one layer; gives its reference."""
    torch.manual_seed(0)
    write_factors(folder, torch.randn(2, WIDTH), torch.randn(4 * WIDTH, 2))
    described = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["c_fc"]}
    (folder / "adapter_config.json").write_text(json.dumps(described))
    return f"file:{folder}"


def with_vector(suite: Suite, source: str, folder: Path) -> Suite:
    task = same_task(suite, "birds", name="birds-2")
    derive_suite(suite, folder, name="tiny-plus", added=[(task, source)])
    return load_suite(folder)


def test_what_is_whole_passes(tiny_suite: Suite, tmp_path: Path) -> None:
    source = adapter(tmp_path / "adapter")
    suite = with_vector(tiny_suite, source, tmp_path / "suite")
    look_at_vectors(suite)
    assert suite.vector("birds-2").norm() > 0


def no_config(folder: Path) -> None:
    (folder / "adapter_config.json").unlink()


def half_a_config(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{")


def not_a_number(folder: Path) -> None:
    write_factors(folder, torch.full((2, WIDTH), torch.nan), torch.ones(4 * WIDTH, 2))


def two_ranks(folder: Path) -> None:
    write_factors(folder, torch.ones(2, WIDTH), torch.ones(4 * WIDTH, 3))


def untrained(folder: Path) -> None:
    write_factors(folder, torch.ones(2, WIDTH), torch.zeros(4 * WIDTH, 2))


@pytest.mark.parametrize("broken", [no_config, half_a_config, not_a_number, two_ranks, untrained])
def test_a_broken_adapter_is_refused_by_its_reference(
    broken: Callable[[Path], None], tiny_suite: Suite, tmp_path: Path
) -> None:
    source = adapter(tmp_path / "adapter")
    suite = with_vector(tiny_suite, source, tmp_path / "suite")
    broken(tmp_path / "adapter")
    with pytest.raises(TaskArithError, match=str(tmp_path / "adapter")):
        look_at_vectors(load_suite(suite.folder))


def test_of_what_is_large_names_and_shapes_are_looked_at(
    tiny_suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "LARGEST", 10)
    state = tiny_suite.base_state()
    path = tmp_path / "model" / "model.safetensors"
    write_tensors(path, state)
    suite = with_vector(tiny_suite, f"file:{path.parent}", tmp_path / "suite")
    look_at_vectors(suite)  # nothing moved, which only reading it would show
    write_tensors(path, {**state, "visual.proj": torch.ones(3, 3)})
    with pytest.raises(TaskArithError, match=r"visual\.proj"):
        look_at_vectors(load_suite(suite.folder))


def test_a_tokenizer_of_another_base_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = write_text_suite(tmp_path, "causal")
    check_reading(suite)
    path = tmp_path / "base" / "tokenizer.json"
    described = json.loads(path.read_text())
    described["model"]["vocab"] |= {"of-another": 200}
    for text, words in ((json.dumps(described), "do not belong together"), ("{", "are damaged")):
        path.write_text(text)
        with pytest.raises(AssetError, match=words):
            check_reading(load_suite(suite.folder))
    monkeypatch.setattr(inspection, "LARGEST", 10)
    check_reading(load_suite(suite.folder))  # when it is loaded
