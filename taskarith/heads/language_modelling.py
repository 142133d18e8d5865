"""Language modelling: how well a model predicts each next token of a text, as perplexity."""

from dataclasses import dataclass

from torch import Tensor

from taskarith.heads.head import LanguageModel, Prompts, per_token

__all__ = ["LanguageModelling"]


@dataclass(frozen=True)
class LanguageModelling:
    """Rows are −log p of a text and its predicted tokens; texts are never joined."""

    def rows(self, model: LanguageModel, prompts: Prompts) -> Tensor:
        """−log p and tokens, float32 [n, 2]."""
        return model.losses(prompts.tokens)

    def loss(self, model: LanguageModel, prompts: Prompts, labels: Tensor) -> Tensor:
        """The mean −log p of the texts' tokens; there are no labels to look at."""
        return per_token(model.losses(prompts.tokens))
