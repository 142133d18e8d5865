"""A suite whose base and vectors are references to folders, in either library's layout."""

import json
from pathlib import Path

import torch

from taskarith.models.clip.layouts import ConvertedState, is_vision
from taskarith.sources import write_tensors
from taskarith.suites import Suite, load_suite
from tests.clips import SIDE, write_open_clip, write_transformers_clip

TASKS = ("apples", "birds")


def write_remote_suite(folder: Path, *, base: str, vectors: str) -> Suite:
    """A tiny CLIP with two fine-tuned towers, `vectors` in one library and `base` in one."""
    state = write_transformers_clip(folder / "transformers")
    write_open_clip(folder / "open_clip", state)
    generator = torch.Generator().manual_seed(1)
    for task in TASKS:
        tower = {
            name: tensor + 0.05 * torch.randn(tensor.shape, generator=generator)
            for name, tensor in state.items()
            if is_vision(name)
        }
        saved = tower if vectors == "transformers" else dict(ConvertedState(tower, to="open_clip"))
        write_tensors(folder / f"{task}.safetensors", saved)
    manifest = {
        "format": 1,
        "name": "remote",
        "title": "remote: a suite of references, for tests",
        "about": "Means nothing.",
        "licence": "Apache-2.0",
        "base": {"kind": base, "source": f"file:{folder / base}", "image_size": SIDE},
        "heads": None,
        "tasks": [_task(name, "target") for name in TASKS] + [_task("gardens", "control")],
        "vectors": [
            {"task": name, "source": f"file:{folder / name}.safetensors"} for name in TASKS
        ],
        "presets": [],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return load_suite(folder)


def _task(name: str, role: str) -> dict[str, object]:
    return {
        "name": name,
        "title": name.title(),
        "role": role,
        "classnames": ["one", "two", "three"],
        "templates": ["a {}"],
        "data": {"kind": "tensors", "path": f"{name}.safetensors"},
    }
