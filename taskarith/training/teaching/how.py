"""How a task is taught: the way, its settings, and how long; checked before anything is opened."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from taskarith.core import checked_coefficient
from taskarith.errors import SettingError
from taskarith.training.loop import Recipe
from taskarith.training.teaching.bounds import OWNER_BOUNDS, Bounds
from taskarith.training.ways.registry import find_way
from taskarith.training.ways.way import Way, checked_settings

__all__ = ["How"]

STEPS, BATCH = 60, 32
MOST_BATCH, MOST_RATE, MOST_SHARPNESS, MOST_DECAY = 512, 1.0, 10.0, 100.0


@dataclass(frozen=True)
class How:
    """How to fine-tune; SettingError for what cannot be.

    Attributes:
        way: one of `ways.registry.WAYS`.
        settings: of the way.
        steps, batch, rate: of training; a rate of None is the way's own.
        anchor: whether embeddings of pre-training pictures are asked to stay.
        sharpness: ρ of sharpness-aware minimization; 0 is without.
        weight_decay: of the optimizer, on matrices, towards 0.
        few: how many examples of each class are learned from; None for all.
        start: coefficients of the edit that training starts from; none for the pretrained model.
        seed: of everything that is drawn.

    >>> How(way="lora", settings={"rank": "4"}).settings
    {'rank': 4.0}
    """

    way: str = "blocks"
    settings: Mapping[str, Any] = field(default_factory=dict)
    steps: int = STEPS
    batch: int = BATCH
    rate: float | None = None
    anchor: bool = True
    sharpness: float = 0.0
    weight_decay: float = 0.0
    few: int | None = None
    start: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    bounds: Bounds = OWNER_BOUNDS

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", checked_settings(self.found, self.settings))
        start = {name: checked_coefficient(value, name) for name, value in self.start.items()}
        object.__setattr__(self, "start", start)
        _check("steps", self.steps, 1, self.bounds.steps)
        _check("batch", self.batch, 1, MOST_BATCH)
        _check("sharpness", self.sharpness, 0.0, MOST_SHARPNESS)
        _check("weight decay", self.weight_decay, 0.0, MOST_DECAY)
        _check("seed", self.seed, 0, 2**31)
        if self.few is not None:
            _check("few", self.few, 1, self.bounds.examples)
        if self.rate is not None and not 0 < self.rate <= MOST_RATE:
            raise SettingError(
                f"the rate is {self.rate!r:.40}; it is above 0, at most {MOST_RATE:g}"
            )

    @property
    def found(self) -> Way:
        """The way itself."""
        return find_way(self.way)

    def recipe(self, *, side: int) -> Recipe:
        """How to optimize, for pictures of that side."""
        return Recipe(
            steps=self.steps,
            batch=self.batch,
            rate=self.rate if self.rate is not None else self.found.rate,
            warmup=self.steps // 10,
            weight_decay=self.weight_decay,
            seed=self.seed,
            reach=max(1, side // 16),
        )

    def in_words(self) -> str:
        """One line: "LoRA (rank 8), 60 steps of 32, rate 0.002, seed 0"."""
        knobs = ", ".join(knob.said(self.settings[knob.name]) for knob in self.found.knobs)
        rate = self.rate if self.rate is not None else self.found.rate
        parts = [
            self.found.title + (f" ({knobs})" if knobs else ""),
            f"{self.steps} steps of {self.batch}",
            f"rate {rate:g}",
            f"seed {self.seed}",
        ]
        parts += [f"sharpness-aware, ρ = {self.sharpness:g}"] if self.sharpness else []
        parts += [f"weight decay {self.weight_decay:g}"] if self.weight_decay else []
        parts += [f"{self.few} examples a class"] if self.few is not None else []
        parts += [f"starting from {dict(self.start)}"] if self.start else []
        return ", ".join(parts)


def _check(name: str, value: object, least: float, most: float) -> None:
    whole = isinstance(least, int)
    if (
        isinstance(value, bool)
        or not isinstance(value, int if whole else int | float)
        or not math.isfinite(value)
        or not least <= value <= most
    ):
        kind = "a whole number" if whole else "a number"
        raise SettingError(f"{name} is {value!r:.40}; it is {kind} from {least:,} to {most:,}")
