"""The loss of a task of texts, whatever its head: what fine-tuning lowers.

How to use it, from a suite and a model of its own (`suite.model()`, not an evaluator's):

    prompts = Prompts.of(model, examples)          # once: tokenized
    loss = text_loss(suite.head(task), model, prompts.take(rows), examples.labels[rows])

What of the model moves is whoever calls it to say, by what requires a gradient; it is asked to run
where gradients are wanted. Pictures need no such function: their embeddings come from the vision
tower, L2-normalized, and `EmbeddingHead.loss` takes them.
"""

from typing import Any

from torch import Tensor

from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.head import Prompts, TextHead

__all__ = ["text_loss"]


def text_loss(
    head: EmbeddingHead | TextHead, model: Any, prompts: Prompts, labels: Tensor
) -> Tensor:
    """The mean loss of some texts of a task, a differentiable scalar.

    `labels` are int64 [n]. Raises AssetError for a head whose examples have no right answer.
    """
    if isinstance(head, EmbeddingHead):
        # A copy: what was first read under inference mode takes part in no backward pass.
        own = head.clone().to(model.device)
        return own.loss(model.embed(prompts.tokens), labels.to(model.device))
    return head.loss(model, prompts, labels)
