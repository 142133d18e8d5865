"""Label likelihood: the label that a language model finds likeliest after a prompt answers.

Also called rank classification; the only way of scoring text answers that can be compared with
chance. Brown et al. 2020, arXiv:2005.14165, section 2.4.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from taskarith.errors import AssetError
from taskarith.heads.head import LanguageModel, Prompts, per_token
from taskarith.models.tokens import Tokens

__all__ = ["LabelLikelihood", "rows_together"]


@dataclass(frozen=True)
class LabelLikelihood:
    """Answers with the label that is likeliest after the prompt.

    Attributes:
        labels: the texts that may follow a prompt, one for each class.
        normalized: whether a label's log p is divided by its tokens.
    """

    labels: tuple[str, ...]
    normalized: bool = False

    def rows(self, model: LanguageModel, prompts: Prompts) -> Tensor:
        """The number of the likeliest label, int64 [n]."""
        return self.logits(model, prompts).argmax(1)

    def logits(self, model: LanguageModel, prompts: Prompts) -> Tensor:
        """Log p of each label after each prompt, float32 [n, labels].

        Raises AssetError where two labels are the same to the model.
        """
        return model.label_logits(prompts.tokens, self._ids(model), normalized=self.normalized)

    def loss(self, model: LanguageModel, prompts: Prompts, labels: Tensor) -> Tensor:
        """The mean −log p of the tokens of the right labels, among all words there are."""
        ids = self._ids(model)
        answers = [ids[label] for label in labels.tolist()]
        return per_token(model.answer_losses(prompts.tokens, answers, closed=False))

    def in_one_pass(self, model: LanguageModel) -> bool:
        """Whether each label is one token, so that one pass over a prompt tells them all."""
        return all(len(label) == 1 for label in self._ids(model))

    def _ids(self, model: LanguageModel) -> Sequence[Sequence[int]]:
        ids = model.continuations(self.labels)
        for first, label in enumerate(ids):
            if not label:
                raise AssetError(f"the label {self.labels[first]!r} has no token; give it a word")
            if label in ids[:first]:
                other = self.labels[ids.index(label)]
                raise AssetError(
                    f"the labels {other!r} and {self.labels[first]!r} are the same to this model, "
                    "whose tokenizer does not know them apart; give other words"
                )
        return ids


def rows_together(
    model: LanguageModel, asked: Sequence[tuple[LabelLikelihood, Prompts]]
) -> list[Tensor]:
    """The rows of several heads, each on its own prompts; prompts of like length share a batch.

    The model is asked for the labels of all after every prompt, and each head looks at its own:
    free where labels are one token.
    """
    own = [[tuple(label) for label in head._ids(model)] for head, _ in asked]
    every = list(dict.fromkeys(label for labels in own for label in labels))
    prompts = Tokens.join([prompts.tokens for _, prompts in asked])
    logits = model.label_logits(prompts, every, normalized=False)
    parts = logits.split([len(prompts) for _, prompts in asked])
    return [
        part[:, [every.index(label) for label in labels]].argmax(1)
        for part, labels in zip(parts, own, strict=True)
    ]
