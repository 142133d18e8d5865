"""A suite with random weights and pictures, as large as a published CLIP: for speeds only."""

import json
from pathlib import Path
from typing import Any

import torch

from taskarith.models import load_clip
from taskarith.models.clip.open_clip import VISION_PREFIX, build_clip
from taskarith.sources import write_tensors
from taskarith.suites import Suite, load_suite

__all__ = ["CLIPS", "random_suite"]

TASKS = {"some": "target", "others": "control"}
CLASSES = 10
TEMPLATES = ("a photo of a {}", "a drawing of a {}", "one small {}")
WORDS = sorted({word for template in TEMPLATES for word in template.split()} - {"{}"})

# open_clip's own configurations, but for the vocabulary.
CLIPS: dict[str, dict[str, Any]] = {
    "vit-b-32": {
        "embed_dim": 512,
        "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
        "text_cfg": {"context_length": 77, "width": 512, "heads": 8, "layers": 12},
    },
    "vit-l-14": {
        "embed_dim": 768,
        "vision_cfg": {"image_size": 224, "layers": 24, "width": 1024, "patch_size": 14},
        "text_cfg": {"context_length": 77, "width": 768, "heads": 12, "layers": 12},
    },
}


def random_suite(folder: Path, config: dict[str, Any], *, images: int) -> Suite:
    """Write a suite of a target and a control with `images` validation pictures each; open it."""
    generator = torch.Generator().manual_seed(0)
    vocabulary = [*WORDS, *(f"thing{index}" for index in range(CLASSES))]
    network = build_clip(config, vocabulary).network
    base = {name: p.detach().half() for name, p in network.named_parameters()}
    write_tensors(folder / "base.safetensors", base)
    vector = {
        name: 0.1 * tensor
        for name, tensor in base.items()
        if name.startswith(f"{VISION_PREFIX}transformer") and tensor.ndim == 2
    }
    write_tensors(folder / "vector.safetensors", vector)
    model = load_clip(config, base, vocabulary)
    texts = [template.format(f"thing{n}") for n in range(CLASSES) for template in TEMPLATES]
    words = model.encode_texts(texts).unflatten(0, (CLASSES, -1)).mean(1)
    write_tensors(folder / "heads.safetensors", dict.fromkeys(TASKS, words))
    side = config["vision_cfg"]["image_size"]
    pictures = {}
    for split, count in {"train": CLASSES, "validation": images, "test": CLASSES}.items():
        pictures[f"{split}.images"] = torch.randint(
            256, (count, side, side, 3), dtype=torch.uint8, generator=generator
        )
        pictures[f"{split}.labels"] = torch.arange(count) % CLASSES
    write_tensors(folder / "pictures.safetensors", pictures)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "vocabulary.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps(_manifest()), encoding="utf-8")
    return load_suite(folder)


def _manifest() -> dict[str, object]:
    base = {"config": "config.json", "weights": "base.safetensors", "vocabulary": "vocabulary.json"}
    tasks = [
        {
            "name": name,
            "title": name,
            "role": role,
            "classnames": [f"thing{index}" for index in range(CLASSES)],
            "templates": list(TEMPLATES),
            "data": {"kind": "tensors", "path": "pictures.safetensors"},
        }
        for name, role in TASKS.items()
    ]
    return {
        "format": 1,
        "name": "random",
        "title": "random weights",
        "about": "Means nothing.",
        "licence": "Apache-2.0",
        "base": {"kind": "open_clip", **base},
        "heads": "heads.safetensors",
        "tasks": tasks,
        "vectors": [{"task": "some", "weights": "vector.safetensors"}],
        "surrogate": None,
        "measurements": None,
        "presets": [],
        "start": None,
    }
