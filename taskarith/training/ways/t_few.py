"""The losses of T-Few: the right answer likely, the wrong ones unlikely, whatever their length.

Liu et al. 2022, arXiv:2205.05638, section 3.2. For tasks whose answers are some labels. Knows a
language model and its labels.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from taskarith.errors import AssetError
from taskarith.heads.generation import Generation
from taskarith.heads.head import Prompts

__all__ = ["t_few_loss", "three_losses"]


def t_few_loss(head: Any, model: Any, prompts: Prompts, labels: Tensor) -> Tensor:
    """L_LM + L_UL + L_LN, a differentiable scalar.

    `labels` are int64 [n]. Raises AssetError for a task whose answers are no labels.
    """
    answers = getattr(head, "labels", ())
    if len(answers) < 2 or not hasattr(model, "answer_tokens"):
        raise AssetError(
            "T-Few's losses compare a right answer with wrong ones: they need a base that writes "
            "and a task whose answers are labels; take (IA)³"
        )
    end = model.tokenizer.end if isinstance(head, Generation) else None
    ids = [[*row, *([] if end is None else [end])] for row in model.continuations(answers)]
    parts = three_losses(model.answer_tokens(prompts.tokens, ids), labels.to(model.device))
    return torch.stack(parts).sum()


def three_losses(log_p: list[list[Tensor]], labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(L_LM, L_UL, L_LN) of the log p of every token of every answer to every text.

    L_LM: the mean −log p of the right answers' tokens. L_UL: the mean −log(1 − p) of the wrong
    answers' tokens. L_LN: the mean −log of the softmax over answers of each one's mean log p.

    >>> half = torch.tensor([0.5]).log()
    >>> [round(float(part), 3) for part in three_losses([[half, half]], torch.tensor([0]))]
    [0.693, 0.693, 0.693]
    """
    right = [row[label] for row, label in zip(log_p, labels.tolist(), strict=True)]
    wrong = [
        tokens
        for row, label in zip(log_p, labels.tolist(), strict=True)
        for place, tokens in enumerate(row)
        if place != label
    ]
    # p of 1 has no finite logarithm of what is left.
    left = torch.cat(wrong).clamp(max=-1e-6)
    means = torch.stack([torch.stack([tokens.mean() for tokens in row]) for row in log_p])
    return (
        -torch.cat(right).mean(),
        -torch.log(-torch.expm1(left)).mean(),
        cross_entropy(means, labels),
    )
