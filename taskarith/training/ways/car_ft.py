"""CAR-FT: full fine-tuning that keeps what the model says of a picture's context.

The prompts of the suite's tasks stand for contexts ("a sketch of …", "a photo of …"). The shares of
contexts that a picture is nearest to, softmax(s · e(x) · cⱼ), are asked to stay what the pretrained
model gave: KL(p₀ ‖ p) is added to the loss. Mao et al. 2024, arXiv:2211.16175. For models with a
text tower.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax, normalize

from taskarith.heads.zero_shot import TextEncoder
from taskarith.training.ways.full import encoding_parameters
from taskarith.training.ways.way import DirectlyMoved

__all__ = ["CAR_FT", "context_weights", "kept_contexts"]

CAR_FT = DirectlyMoved(
    name="car-ft",
    title="Context-aware (CAR-FT)",
    about="moves every parameter, and keeps which prompts a picture is near to",
    paper="https://arxiv.org/abs/2211.16175",
    rate=1e-4,
    examples=("images",),
    chosen=encoding_parameters,
    context=1.0,
)


def context_weights(
    model: TextEncoder, templates: Sequence[str], classnames: Sequence[str]
) -> Tensor:
    """A vector for each prompt [templates, d]: its mean over the names, times exp(logit_scale)."""
    means = [
        model.encode_texts([template.replace("{}", name) for name in classnames]).mean(0)
        for template in templates
    ]
    return (normalize(torch.stack(means), dim=-1) * model.logit_scale).clone()


def kept_contexts(
    before: Tensor, contexts: Tensor, *, weight: float
) -> Callable[[Tensor, Tensor], Tensor]:
    """The term of the loss: weight · mean KL(p₀ ‖ p) over a batch.

    `before`: the pretrained model's embeddings of all training pictures [n, d].

    >>> same = kept_contexts(torch.eye(2), torch.eye(2), weight=1.0)
    >>> same(torch.eye(2), torch.tensor([0, 1])).item()
    0.0
    """
    kept = log_softmax(before @ contexts.T, dim=-1)

    def term(embeddings: Tensor, rows: Tensor) -> Tensor:
        now = log_softmax(embeddings @ contexts.T.to(embeddings.device), dim=-1)
        target = kept[rows].to(embeddings.device)
        return weight * kl_div(now, target, log_target=True, reduction="batchmean")

    return term
