"""The manifest of an embedded suite of texts: which tasks there are and how they are asked.

Knows a manifest's form and the written world's names; nothing of weights. What other commands write
into a manifest (presets, measurements) is left as it is.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from taskarith.worlds.texts import text_family

__all__ = ["language_task", "likelihood_task", "sampled_task", "write_manifest", "written_task"]

LATER: Mapping[str, Any] = {"surrogate": None, "measurements": None, "presets": [], "start": None}


def likelihood_task(name: str) -> dict[str, Any]:
    """A target that is answered with the likeliest of a family's labels."""
    family = text_family(name)
    labels = {"classnames": [label.lower() for label in family.labels], "templates": ["{}"]}
    return _task(name, family.title, "target", name, {"kind": "label-likelihood"}) | labels


def written_task(name: str) -> dict[str, Any]:
    """A target whose answer is written out and must be the right one of a family's labels."""
    return likelihood_task(name) | {"head": {"kind": "generation", "most": 2}}


def sampled_task(
    name: str, title: str, role: str, *, words: Sequence[str], metric: str
) -> dict[str, Any]:
    """How often a continuation of a conversation's opening has one of `words` in it."""
    head = {"kind": "samples", "words": sorted(words), "most": 20, "temperature": 1.0, "seed": 0}
    return _task(name, title, role, "openings", head) | {"metric": {"title": metric}}


def language_task(name: str, title: str, role: str) -> dict[str, Any]:
    """How well a kind of running text is predicted."""
    return _task(name, title, role, name, {"kind": "language-modelling"})


def write_manifest(
    path: Path,
    *,
    texts: Mapping[str, str],
    kind: str,
    tasks: Sequence[Mapping[str, Any]],
    recipes: Mapping[str, Any] | None,
) -> None:
    """Write `manifest.json`; every target and auxiliary has a vector of its name.

    `texts` has the suite's "name", "title" and "about".
    """
    manifest: dict[str, Any] = {
        "format": 1,
        **texts,
        "licence": "Apache-2.0",
        "base": {
            "kind": kind,
            "config": "config.json",
            "weights": "base.safetensors",
            "vocabulary": "tokenizer.json",
        },
        "heads": None,
        "tasks": list(tasks),
        "vectors": [
            {"task": task["name"], "weights": f"vectors/{task['name']}.safetensors"}
            for task in tasks
            if task["role"] in ("target", "auxiliary")
        ],
        **LATER,
    }
    if recipes is not None:
        manifest["recipes"] = dict(recipes)
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        manifest |= {key: before.get(key, empty) for key, empty in LATER.items()}
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _task(name: str, title: str, role: str, family: str, head: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "role": role,
        "data": {"kind": "written-world", "family": family},
        "head": dict(head),
    }
