"""Fine-tuning of the vision tower on one task, with the zero-shot head frozen.

Knows which parameters move and what holds them; knows nothing of edits. Both decide how well task
vectors add: embeddings, norms, biases and the projection stay as they were, and an anchor keeps
what the model says of pre-training pictures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from taskarith.heads.embedding import EmbeddingHead
from taskarith.models.clip.dual_encoder import DualEncoder
from taskarith.models.clip.open_clip import ClipModel
from taskarith.training.anchor import Anchor
from taskarith.training.loop import Recipe, Watch, compiled, fit_named, precision, shifted

__all__ = ["Asked", "Lesson", "finetune", "trained_names"]

Asked = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Lesson:
    """What one task teaches.

    Attributes:
        images: uint8 [n, side, side, 3].
        labels: int64 [n].
        head: frozen class weights [classes, d].
        bias: the head's biases [classes], where it has some.
        remade: gives class weights that are made anew at a step, in place of `head`.
    """

    images: torch.Tensor
    labels: torch.Tensor
    head: torch.Tensor
    bias: torch.Tensor | None = None
    remade: Callable[[np.random.Generator], torch.Tensor] | None = None


def trained_names(model: ClipModel, *, attention_only: bool) -> list[str]:
    """Names of the vision tower's block matrices, or of the attention matrices alone."""
    part = ".attn." if attention_only else ".resblocks."
    return [
        name for name, tensor in model.vision_state().items() if part in name and tensor.ndim == 2
    ]


def finetune(
    model: DualEncoder,
    lessons: Sequence[Lesson],
    *,
    names: list[str],
    recipe: Recipe,
    anchor: Anchor | None = None,
    ascend: bool = False,
    check: Callable[[], None] = lambda: None,
    asked: Asked | None = None,
    vision: Callable[[torch.Tensor], torch.Tensor] | None = None,
    watch: Watch | None = None,
    sharpness: float = 0.0,
    dtype: torch.dtype | None = None,
    folder: Path,
    name: str,
) -> dict[str, torch.Tensor]:
    """Fine-tune the parameters called `names`, in place, and return them.

    Each step takes a batch of one of `lessons`, drawn at random.

    Args:
        anchor: what else the model must keep; without one only the lessons count.
        ascend: climb the loss instead of descending it (gradient ascent, a way to forget).
        check: called at every step; may raise.
        asked: what else is asked of a batch: its term of the loss, from the embeddings and the
            pictures' rows in the first lesson.
        vision: what embeds pictures in place of the model's own.
        watch, sharpness: as for `fit`.
        dtype: the numbers that are multiplied; None: the quicker ones here (see `precision`).
    """
    device = model.device
    dtype = dtype or precision(device)
    heads = [EmbeddingHead(lesson.head, lesson.bias).to(device) for lesson in lessons]
    visual = vision or compiled(model.vision, steps=0 if watch is not None else recipe.steps)

    def loss(rng: np.random.Generator) -> torch.Tensor:
        check()
        which = int(rng.integers(len(lessons))) if len(lessons) > 1 else 0
        images, labels = lessons[which].images, lessons[which].labels
        batch = min(recipe.batch, len(labels))
        rows = torch.from_numpy(rng.choice(len(labels), batch, replace=False))
        pictures = shifted(model.normalize(images[rows]), rng, reach=recipe.reach)
        if anchor is not None:
            kept = anchor.draw(rng)
            pictures = torch.cat([pictures, model.normalize(anchor.pictures[kept])])
        with torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32):
            embeddings = visual(pictures)
        embeddings = functional.normalize(embeddings.float(), dim=-1)
        remade = lessons[which].remade
        head = heads[which] if remade is None else EmbeddingHead(remade(rng))
        task = head.loss(embeddings[:batch], labels[rows].to(device))
        task = -task if ascend else task
        if asked is not None:
            task = task + asked(embeddings[:batch], rows)
        return task if anchor is None else task + anchor.penalty(embeddings[batch:], kept)

    model.network.train()
    try:
        return fit_named(
            model.network,
            names,
            loss,
            recipe=recipe,
            folder=folder,
            name=name,
            watch=watch,
            sharpness=sharpness,
        )
    finally:
        model.network.eval()
