"""A whole suite for the loopback Hub: a tiny CLIP, vectors of every kind, a manifest."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor

from taskarith import TaskVector, VectorInfo, load_suite
from taskarith.cli import main
from taskarith.sources import base_fingerprint, write_tensors
from taskarith.suites import Suite
from tests.clips import SIDE
from tests.hub.server import LoopbackHub
from tests.hub.test_datasets import CARD, parquet

BASE = "openai/clip-tiny"
TARGETS = ("apples", "birds", "coins", "dice")
CLASSES = ["red one", "blue one", "green one", "old one"]


def moved(base: dict[str, Tensor], seed: int) -> dict[str, Tensor]:
    """The vision tower after some fine-tuning."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: tensor
        + 0.3 * tensor.std().nan_to_num(0.1) * torch.randn(tensor.shape, generator=generator)
        for name, tensor in base.items()
        if name.startswith("vision_model.") and tensor.is_floating_point()
    }


def publish_adapter(base_folder: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, content in _adapter(base_folder).items():
        (folder / name).write_bytes(content)


@cache
def _adapter(base_folder: Path) -> dict[str, bytes]:
    """The files of a LoRA adapter of the base, made once."""
    import peft
    from transformers import CLIPModel

    model = CLIPModel.from_pretrained(base_folder)
    config = peft.LoraConfig(r=4, lora_alpha=8, target_modules=r"vision_model.*\.(q_proj|v_proj)")
    adapted = peft.get_peft_model(model, config)
    torch.manual_seed(7)
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    with TemporaryDirectory() as made:
        adapted.save_pretrained(made)
        return {path.name: path.read_bytes() for path in Path(made).iterdir()}


@cache
def _pictures() -> dict[str, bytes]:
    """The files of a dataset, made once."""
    # Unequal classes: a model that always says the same is right more or less often.
    pictures = parquet(120, group=20, label=lambda i: i * i % 7 % 4)
    return {
        "README.md": CARD,
        "data/test-0.parquet": pictures,
        "data/train-0.parquet": parquet(9),
    }


def manifest(**change: Any) -> dict[str, Any]:
    def task(name: str, role: str) -> dict[str, Any]:
        splits = {
            "validation": {"from": "test", "tenth": True},
            "test": {"from": "test", "tenth": False},
        }
        data = {"kind": "hub", "dataset": f"pictures/{name}", "images": 64, "splits": splits}
        return {
            "name": name,
            "title": name,
            "role": role,
            "classnames": CLASSES,
            "templates": ["a photo of a {}.", "the {}"],
            "data": data,
        }

    return {
        "format": 1,
        "name": "tiny-hub",
        "title": "tiny, from the Hub",
        "about": "For tests.",
        "licence": "none",
        "base": {"kind": "transformers", "source": f"hub:{BASE}", "image_size": SIDE},
        "heads": None,
        "tasks": [*(task(name, "target") for name in TARGETS), task("gardens", "control")],
        "vectors": [{"task": name, "source": f"hub:tuned/{name}"} for name in TARGETS],
        "presets": [],
        **change,
    }


def pulled(folder: Path) -> Suite:
    assert main(["suites", "pull", str(folder), "--yes"]) == 0
    return load_suite(folder)


def publish(
    hub: LoopbackHub, base_folder: Path, base: dict[str, Tensor], *, folder: Path
) -> dict[str, dict[str, Tensor]]:
    """Put all of it on the Hub, by way of `folder`; gives each task's fine-tuned vision tower."""
    hub.add_folder(BASE, base_folder)
    towers = {task: moved(base, seed) for seed, task in enumerate(TARGETS)}
    prefix = "vision_model."
    old = folder / "old"  # as transformers < 5 saves a CLIPVisionModel
    write_tensors(
        old / "model.safetensors",
        {**towers["apples"], "vision_model.embeddings.position_ids": torch.arange(5)[None]},
    )
    new = folder / "new"  # as later ones do
    write_tensors(
        new / "model.safetensors", {n.removeprefix(prefix): t for n, t in towers["birds"].items()}
    )
    publish_adapter(base_folder, folder / "adapter")
    difference = {name: tensor - base[name] for name, tensor in towers["dice"].items()}
    info = VectorInfo(
        task="dice", base=BASE, base_fingerprint=base_fingerprint(base, {n: n for n in difference})
    )
    TaskVector(difference).save(folder / "native", info=info)
    for task, name in zip(TARGETS, ("old", "new", "adapter", "native"), strict=True):
        hub.add_folder(f"tuned/{task}", folder / name, card={"base_model": BASE})
    for task in (*TARGETS, "gardens"):
        hub.add(f"pictures/{task}", dict(_pictures()), kind="datasets")
    return towers
