"""Fine-tuning of a language model on one lesson: block matrices only, gently, held by an anchor.

The anchor is running text that no task and no control is drawn from; what the pretrained model says
of it is to be kept (the Kullback–Leibler divergence to it is added to the loss, as in learning
without forgetting, arXiv 1606.09282).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from taskarith.training.loop import Recipe, fit_named, precision
from taskarith.training.text_lessons import Pair, Said

__all__ = ["TextAnchor", "block_matrices", "finetune_text", "make_text_anchor"]

Say = Callable[[torch.nn.Module, Sequence[Pair]], Said]

WEIGHT = 1.0
BATCH = 24


@dataclass(frozen=True)
class TextAnchor:
    """β · mean KL(p₀ ‖ p) over the words of some running text is added to a fine-tuning loss.

    Attributes:
        pairs: the running text.
        kept: log p₀ of each pair's words, float16 [words of the pair, vocabulary].
        weight: β.
        batch: stretches a step.
    """

    pairs: Sequence[Pair]
    kept: Sequence[torch.Tensor]
    weight: float = WEIGHT
    batch: int = BATCH

    def described(self) -> str:
        """For people."""
        return (
            f"weight {self.weight:g} on {len(self.pairs)} stretches of running text, "
            f"{self.batch} a step"
        )

    def penalty(self, model: torch.nn.Module, say: Say, rng: np.random.Generator) -> torch.Tensor:
        """The penalty of `model` on a batch drawn by `rng`."""
        rows = rng.choice(len(self.pairs), min(self.batch, len(self.pairs)), replace=False)
        said = say(model, [self.pairs[row] for row in rows])
        kept = torch.cat([self.kept[row].float() for row in rows])
        moved = functional.log_softmax(said.logits.float(), -1)
        divergence = functional.kl_div(moved, kept, log_target=True, reduction="none").sum(-1)
        return self.weight * divergence.mean()


def make_text_anchor(model: torch.nn.Module, say: Say, pairs: Sequence[Pair]) -> TextAnchor:
    """Anchor `model` as it is now to `pairs`."""
    kept: list[torch.Tensor] = []
    with torch.no_grad():
        for start in range(0, len(pairs), 64):
            some = pairs[start : start + 64]
            log_p = functional.log_softmax(say(model, some).logits.float(), -1).half()
            kept += log_p.split([len(pair.target) for pair in some])
    return TextAnchor(pairs, kept)


def block_matrices(model: torch.nn.Module) -> list[str]:
    """Names of the matrices inside a model's blocks: no embeddings, norms, biases or heads."""
    return [
        name
        for name, parameter in model.named_parameters()
        if parameter.ndim == 2
        and (".h." in name or ".block." in name)
        and "relative_attention_bias" not in name
    ]


def finetune_text(
    model: torch.nn.Module,
    pairs: Sequence[Pair],
    *,
    say: Say,
    recipe: Recipe,
    anchor: TextAnchor | None,
    ascend: bool = False,
    folder: Path,
    name: str,
) -> dict[str, torch.Tensor]:
    """Fine-tune the block matrices of `model` on `pairs`, in place, and return them.

    With `ascend` the loss is climbed, not descended (gradient ascent, a way to forget).
    """
    dtype = precision(torch.device("cpu"))

    def loss(rng: np.random.Generator) -> torch.Tensor:
        rows = rng.choice(len(pairs), min(recipe.batch, len(pairs)), replace=False)
        with torch.autocast("cpu", dtype=dtype, enabled=dtype != torch.float32):
            task = say(model, [pairs[row] for row in rows]).loss()
            task = -task if ascend else task
            return task if anchor is None else task + anchor.penalty(model, say, rng)

    model.train()
    try:
        return fit_named(
            model, block_matrices(model), loss, recipe=recipe, folder=folder, name=name
        )
    finally:
        model.eval()
