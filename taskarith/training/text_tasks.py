"""Fine-tuning on tasks of texts, as their heads count them: likelihood, generation, classes, text.

The loss comes from the head (`heads.text_loss`), what moves is named by the caller. Knows nothing
of edits, nor of how the embedded suites of texts are built.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.head import Prompts, TextHead
from taskarith.heads.text_loss import text_loss
from taskarith.training.loop import Recipe, Watch, fit_named
from taskarith.training.ways.way import TextLoss

__all__ = ["TextLesson", "finetune_on_texts"]

PADDING = 1.0  # of a batch at most: one backward pass a batch is worth more than little padding


@dataclass(frozen=True)
class TextLesson:
    """What one task teaches: its texts, their labels int64 [n], and its frozen head."""

    prompts: Prompts
    labels: torch.Tensor
    head: EmbeddingHead | TextHead


def finetune_on_texts(
    model: Any,
    lessons: Sequence[TextLesson],
    *,
    names: Sequence[str],
    recipe: Recipe,
    check: Callable[[], None] = lambda: None,
    watch: Watch | None = None,
    sharpness: float = 0.0,
    lowered: TextLoss = text_loss,
    folder: Path,
    name: str,
) -> dict[str, torch.Tensor]:
    """Fine-tune the parameters called `names` of the model's network, in place, and return them.

    Each step takes a batch of one of `lessons`, drawn at random. `check` is called at every step
    and may raise; `watch` and `sharpness` are as for `fit`; `lowered` is the loss. Raises
    AssetError for a head whose examples have no right answer.
    """
    padding, model.padding = getattr(model, "padding", PADDING), PADDING

    def loss(rng: np.random.Generator) -> torch.Tensor:
        check()
        lesson = lessons[int(rng.integers(len(lessons))) if len(lessons) > 1 else 0]
        count = len(lesson.labels)
        rows = torch.from_numpy(rng.choice(count, min(recipe.batch, count), replace=False))
        return lowered(lesson.head, model, lesson.prompts.take(rows), lesson.labels[rows])

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
        model.padding = padding
