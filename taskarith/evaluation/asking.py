"""One text typed by somebody, answered by edited models: label words with their chances, or what a
model writes next.

Knows heads on texts; nothing of who asks, and keeps nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from taskarith.core import Edit
from taskarith.errors import AssetError
from taskarith.evaluation.evaluator import Evaluator
from taskarith.heads.checkpoint import CheckpointHead
from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.generation import Generation, Samples
from taskarith.heads.head import Prompts
from taskarith.heads.likelihood import LabelLikelihood
from taskarith.heads.scores import RegressionHead, WrittenNumber
from taskarith.tasks import Texts

__all__ = ["MAX_CHARACTERS", "Reply", "ask"]

MAX_CHARACTERS = 2_000
WRITTEN = 24  # tokens of a continuation, where the task's head says none


@dataclass(frozen=True)
class Reply:
    """What a model answers to one text.

    Attributes:
        chances: by label, where the task has labels; they add up to 1.
        written: what the model writes after the text, where it has none; a regression's score.
    """

    chances: Mapping[str, float] | None = None
    written: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: the one that is there."""
        if self.chances is not None:
            return {"chances": dict(self.chances)}
        return {"written": self.written}


def ask(evaluator: Evaluator, edit: Edit, *, task: str, text: str) -> Reply:
    """What the model under `edit` answers to `text` by the head of `task`.

    Leaves `edit` in use. Raises AssetError for a text that is empty, too long, no UTF-8, or holds
    nothing the model knows, and for a task whose examples are no texts; UnknownNameError for other
    names.
    """
    said = _checked(text)
    asked = evaluator.suite.task(task)
    evaluator.use(edit)
    head, model = evaluator.head(task), evaluator.model
    if not hasattr(model, "tokenize"):
        raise AssetError(f"the suite {evaluator.suite.name!r} is about pictures, not texts")
    prompts = Prompts.of(model, Texts((said,), torch.zeros(1, dtype=torch.int64)))
    with torch.inference_mode():
        if isinstance(head, EmbeddingHead):
            chances = head.logits(model.embed(prompts.tokens))[0].softmax(0)
        elif isinstance(head, LabelLikelihood | CheckpointHead):
            chances = head.logits(model, prompts)[0].softmax(0)
        elif isinstance(head, Generation | Samples | WrittenNumber):
            return Reply(written=head.written(model, prompts)[0])
        elif isinstance(head, RegressionHead):
            return Reply(written=f"{head.scores(model, prompts).item():.2f}")
        else:
            following = Generation((), most=WRITTEN).written(model, prompts)
            return Reply(written=following[0])
    return Reply(chances=dict(zip(asked.classnames, chances.tolist(), strict=True)))


def _checked(text: str) -> str:
    """The text without outer spaces; AssetError for one that is not read."""
    said = text.strip()
    if not said:
        raise AssetError("there is no text; type a sentence")
    if len(said) > MAX_CHARACTERS:
        raise AssetError(
            f"a text of {len(said):,} characters; at most {MAX_CHARACTERS:,} are read, give a "
            "shorter one"
        )
    try:
        said.encode()
    except UnicodeEncodeError as error:  # what a command line makes of bytes it cannot read
        raise AssetError(
            f"the text is no UTF-8 (character {error.start + 1}); type it again, or save it so"
        ) from error
    return said
