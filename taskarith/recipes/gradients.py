"""The gradient of a task's loss in the weights of the edit in use: which way is uphill.

Of every parameter that edits change, over the first examples of a split, by the task's own head.
Knows the evaluator's model; nothing of protocols.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from taskarith.core import TaskVector
from taskarith.errors import AssetError
from taskarith.evaluation import Evaluator
from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.text_loss import text_loss
from taskarith.models.with_weights import with_weights
from taskarith.tasks import SplitName

__all__ = ["loss_gradient"]

BATCH = 64


def loss_gradient(
    evaluator: Evaluator,
    task: str,
    *,
    split: SplitName,
    examples: int,
    check: Callable[[], None] = lambda: None,
) -> TaskVector:
    """∇_θ of the mean loss of the first `examples` of `task`, at the weights in use.

    The loss is what fine-tuning lowers: the cross-entropy of the head's labels, or of the text that
    is to be written. Raises AssetError for a task whose examples have no right answer.
    """
    own = dict(evaluator.model.network.named_parameters())
    weights = {name: own[name].detach().clone().requires_grad_() for name in evaluator.base_state()}
    labels = torch.from_numpy(evaluator.labels(task, split)).long()
    for start in range(0, examples, BATCH):
        check()
        stop = min(start + BATCH, examples)
        with torch.enable_grad():
            loss = _loss(evaluator, task, weights, labels[start:stop], split=split, start=start)
            (loss * ((stop - start) / examples)).backward()
    return TaskVector(
        {
            name: torch.zeros_like(weight) if weight.grad is None else weight.grad
            for name, weight in weights.items()
        }
    )


def _loss(
    evaluator: Evaluator,
    task: str,
    weights: dict[str, Tensor],
    labels: Tensor,
    *,
    split: SplitName,
    start: int,
) -> Tensor:
    model, head, stop = evaluator.model, evaluator.head(task), start + len(labels)
    if evaluator.suite.task(task).examples == "texts":
        prompts = evaluator.prompts(task, split, start=start, stop=stop)
        return with_weights(model.network, weights, lambda: text_loss(head, model, prompts, labels))
    if not isinstance(head, EmbeddingHead):
        raise AssetError(f"the head of {task!r} is on no embeddings, so it has no loss here")
    images = model.normalize(evaluator.images(task, split, start=start, stop=stop))
    embeddings: Tensor = torch.func.functional_call(model.network, weights, (images,))[0]
    # A copy: what was first read under inference mode takes part in no backward pass.
    return head.clone().loss(embeddings, labels.to(model.device))
