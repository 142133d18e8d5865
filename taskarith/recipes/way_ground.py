"""Where a way of fine-tuning is measured: a suite derived for it, under the head that it asks for.

Knows suites and their files, and what a training is called; not how one is made or asked.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from taskarith.core import TaskVector, VectorInfo
from taskarith.recipes.way_lab import Learning
from taskarith.sources.native import NATIVE_FILE, base_fingerprint, write_vector
from taskarith.suites import Suite, load_suite
from taskarith.suites.making.deriving import derive_suite, same_task
from taskarith.tasks.task import ZERO_SHOT
from taskarith.training.teaching.how import How
from taskarith.training.ways.way import Moving

__all__ = ["OWN", "derived_for", "from_origin", "how_of", "kept_under", "learns_here"]

OWN = "learned"  # the task of a derived suite, with the head of the way


def derived_for(parent: Suite, learning: Learning, moving: Moving, *, folder: Path) -> Suite:
    """The suite in `folder`: the parent, and a vector, still zero, of all that `moving` trains.

    Its head is what the way asks for: of words, with knowledge if there is some, or of the
    examples that are learned from, made by the model that training begins from.
    """
    way = how_of(learning).found
    zero = TaskVector({n: torch.zeros_like(t) for n, t in moving.weights().items()})
    base = {**parent.base_state(), **moving.neutral}
    info = VectorInfo(
        task=OWN,
        base_fingerprint=base_fingerprint(base, {name: name for name in zero}),
        subtraction_dtype="float32",
    )
    write_vector(zero, folder / "vectors" / OWN, info=info, dtype=torch.float16)
    few = {"shots": learning.few, "seed": learning.seed} if learning.few else None
    head: dict[str, Any] = {}
    if way.head is not None:
        at = {"at": dict(learning.origin)} if learning.origin else {}
        head = {"head": {"kind": way.head, **at}}
    elif learning.knowledge:
        head = {"head": {"kind": ZERO_SHOT, "knowledge": list(learning.knowledge)}}
    entry = same_task(
        parent,
        learning.task,
        name=OWN,
        head=head,
        few=few if learns_here(learning) else None,
        shuffled=learning.seed if learning.shuffled else None,
    )
    derive_suite(
        parent,
        folder,
        name=f"{parent.name}-{way.name}"[:64],
        added=[(entry, f"vectors/{OWN}/{NATIVE_FILE}")],
        neutral=moving.neutral,
    )
    return load_suite(folder)


def learns_here(learning: Learning) -> bool:
    """Whether the derived suite's own examples are learned from: under their head, or a null's."""
    return how_of(learning).found.head is not None or learning.shuffled


def how_of(learning: Learning) -> How:
    """How the training of `learning` is done."""
    plain = How(way=learning.way, settings=dict(learning.settings))
    return How(
        way=learning.way,
        settings=dict(learning.settings),
        steps=learning.steps,
        batch=learning.batch,
        rate=plain.found.rate * learning.faster,
        anchor=learning.anchor,
        sharpness=learning.sharpness,
        weight_decay=learning.weight_decay,
        few=learning.few or None,
        seed=learning.seed,
    )


def kept_under(learning: Learning) -> dict[str, Any]:
    """What a training is kept under: later settings only where they are set, so older ones hold."""
    told = asdict(learning)
    for one in (told, told["start"] or {}):
        for name in ("few", "weight_decay", "origin", "knowledge", "shuffled"):
            if not one.get(name, True):
                del one[name]
    return told


def from_origin(learning: Learning, coefficients: Mapping[str, float]) -> dict[str, float]:
    """Coefficients from the pretrained model, of those from where training began."""
    named = dict(learning.origin)
    for name, value in coefficients.items():
        named[name] = named.get(name, 0.0) + value
    return named
