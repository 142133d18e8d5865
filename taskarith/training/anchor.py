"""The anchor: pre-training pictures whose embeddings a fine-tuned model is asked to keep.

Fine-tuning on one task alone also bends what the model says of everything else, and those bends
add up when task vectors are added. Keeping the embeddings of some pre-training pictures is
feature distillation (learning without forgetting, arXiv 1606.09282; in feature space, arXiv
2308.13320). Knows pictures and embeddings; nothing of tasks.
"""

from dataclasses import dataclass

import numpy as np
import torch

from taskarith.models.clip.open_clip import ClipModel

__all__ = ["Anchor", "make_anchor"]

WEIGHT = 5.0
BATCH = 64


@dataclass(frozen=True)
class Anchor:
    """β · mean ‖e(x) − e₀(x)‖² over pre-training pictures x is added to a fine-tuning loss.

    Attributes:
        pictures: uint8 [n, side, side, 3].
        embeddings: e₀ [n, d], the pretrained model's, L2-normalized.
        weight: β.
        batch: pictures a step.
    """

    pictures: torch.Tensor
    embeddings: torch.Tensor
    weight: float = WEIGHT
    batch: int = BATCH

    def described(self) -> str:
        """For people."""
        return (
            f"weight {self.weight:g} on {len(self.pictures)} pre-training pictures, "
            f"{self.batch} a step"
        )

    def draw(self, rng: np.random.Generator) -> torch.Tensor:
        """The rows [batch] that take part in one step."""
        return torch.from_numpy(rng.choice(len(self.pictures), self.batch, replace=False))

    def penalty(self, embeddings: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """β · mean ‖e − e₀‖² for the normalized `embeddings` [batch, d] of `rows`."""
        kept = self.embeddings[rows].to(embeddings.device)
        return self.weight * (embeddings - kept).square().sum(1).mean()


def make_anchor(model: ClipModel, pictures: np.ndarray, *, batch: int = BATCH) -> Anchor:
    """Anchor `model` as it is now to `pictures` uint8 [n, side, side, 3]."""
    kept = torch.from_numpy(np.array(pictures))
    own = torch.cat([model.encode_images(part).cpu() for part in kept.split(256)])
    return Anchor(kept, own, batch=batch)
