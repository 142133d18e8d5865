"""A suite of text models whose base and vectors are references to folders, as the library saves."""

import json
from pathlib import Path
from typing import Any

import torch

from taskarith.suites import Suite, load_suite
from tests.text_models import new_network, write_words

TASKS = ("apples", "birds")
# By kind of base: the library's class, the kind of model, and what stands around a text.
BUILT = {
    "causal": ("AutoModelForCausalLM", "gpt2", "none"),
    "encoder": ("AutoModel", "bert", "both"),
    "t5": ("AutoModelForSeq2SeqLM", "t5", "end"),
}


def write_text_suite(folder: Path, kind: str, *, classifiers: bool = False) -> Suite:
    """A tiny base with two fine-tuned models; `classifiers` are saved with heads of their own."""
    auto, model, ends = BUILT[kind]
    base = new_network(auto, model)
    base.save_pretrained(folder / "base")
    write_words(folder / "base", ends=ends)
    generator = torch.Generator().manual_seed(1)
    for task in TASKS:
        tuned = base
        if classifiers:
            tuned = new_network("AutoModelForSequenceClassification", model, num_labels=3)
        moved: dict[str, Any] = dict(tuned.base_model.named_parameters())
        own = dict(base.base_model.named_parameters())
        for name, parameter in moved.items():
            parameter.copy_(own[name] + 0.05 * torch.randn(parameter.shape, generator=generator))
        tuned.save_pretrained(folder / task)
        if not classifiers:  # the next one starts from the base again
            base = new_network(auto, model)
    manifest = {
        "format": 1,
        "name": "texts",
        "title": "texts: a suite of text models, for tests",
        "about": "Means nothing.",
        "licence": "Apache-2.0",
        "base": {"kind": kind, "source": f"file:{folder / 'base'}"},
        "heads": None,
        "tasks": [_task(name, "target") for name in TASKS] + [_task("gardens", "control")],
        "vectors": [{"task": name, "source": f"file:{folder / name}"} for name in TASKS],
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
