"""Soft prompts: some vectors that are read before every text are learned; no weight moves.

Lester et al. 2021, arXiv:2104.08691. The prompt is a point of adapter space
(`models.adapter_space`): its initial value, embeddings of words, is the base, and λ = 0 is the
model that reads those words. Started from an edit, it begins at another task's prompt.
"""

from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import torch
from torch import Tensor

from taskarith.errors import SettingError
from taskarith.models.adapter_space import PROMPT, attach
from taskarith.models.family import ModelFamily
from taskarith.training.ways.way import Knob, Moving, ParametersMoved, Setup, Way, model_shapes

__all__ = ["SOFT_PROMPT"]

RANDOM, LABELS = "random", "labels"
LENGTH = Knob("length", "vectors before every text", 5, 1, 100, whole=True)
INITIAL = Knob(
    "initial",
    "values: words at random, or the labels",
    0,
    choices=(RANDOM, LABELS),
)


@dataclass(frozen=True, kw_only=True)
class _Prompted(Way):
    def start(self, model: Any, family: ModelFamily, *, setup: Setup) -> Moving:
        """Put a prompt before the texts of `model`, in place, where there is none yet.

        SettingError for a model that reads none, or whose prompt has another length.
        """
        if not hasattr(model, "prompt_width"):
            raise SettingError(f"{family.title} reads no soft prompt here; take LoRA or (IA)³")
        length = int(setup.settings[LENGTH.name])
        there = model_shapes(model).get(PROMPT)
        if there is not None and there[0] != length:
            raise SettingError(
                f"the prompt of this base has {there[0]} vectors; take length {there[0]}, or the "
                "suite without it"
            )
        if there is not None:
            return ParametersMoved(model.network, [PROMPT])
        neutral = {PROMPT: _initial(model, length, setup)}
        attach(model, neutral)
        return ParametersMoved(model.network, [PROMPT], neutral=neutral)


def _initial(model: Any, length: int, setup: Setup) -> Tensor:
    """Embeddings [length, d] of some words: labels in turn, or drawn by the seed."""
    table: Tensor = model.network.get_input_embeddings().weight.detach()
    if INITIAL.choices[int(setup.settings[INITIAL.name])] == RANDOM:
        generator = torch.Generator().manual_seed(setup.seed)
        ids = torch.randint(len(table), (length,), generator=generator)
    else:
        words = [i for row in model.continuations(setup.classnames) for i in row]
        if not words:
            raise SettingError("the labels have no words to begin with; take initial random")
        ids = torch.tensor(list(islice(cycle(words), length)))
    return table[ids].clone()


SOFT_PROMPT = _Prompted(
    name="soft-prompt",
    title="Soft prompt",
    about="learns some vectors that are read before every text; no weight moves",
    paper="https://arxiv.org/abs/2104.08691",
    rate=5e-2,
    examples=("texts",),
    knobs=(LENGTH, INITIAL),
)
