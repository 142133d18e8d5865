"""Tasks of lm-evaluation-harness: their own requests, judged by their own rules.

Gao et al., doi:10.5281/zenodo.10256836. A row is 0 where the answer is right, as every example's
label is. Knows requests and a model of texts; not where they come from.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from taskarith.errors import AssetError
from taskarith.heads.generation import OUTSIDE
from taskarith.heads.head import LanguageModel, Prompts
from taskarith.models.language.model import Pair
from taskarith.models.tokens import Tokens

__all__ = ["Exact", "HarnessRequests"]


class Exact(LanguageModel, Protocol):
    """What these requests ask of a model beside a language model's verbs."""

    def exact_pairs(self, pairs: Any) -> list[Pair]:
        """Contexts with continuations to the letter, as token ids."""

    def log_likelihoods(self, pairs: Any) -> list[Tensor]:
        """Log p of every token of each continuation."""


@dataclass(frozen=True)
class HarnessRequests:
    """Answers as the harness says: mostly with the likeliest of an example's own continuations."""

    def rows(self, model: Exact, prompts: Prompts) -> Tensor:
        """0 where the harness's judge calls the answer right, else OUTSIDE, int64 [n]."""
        if prompts.requests is None:
            raise AssetError("these texts come with no requests; their data is no task of lm-eval")
        asked = [pair for requests in prompts.requests for pair in requests.pairs]
        pairs = model.exact_pairs(asked)
        sums = [float(found.sum()) for found in model.log_likelihoods(pairs)]
        greedy = [requests.greedy for requests in prompts.requests for _ in requests.pairs]
        likeliest = _likeliest(model, pairs, greedy)
        rows, at = [], 0
        for requests in prompts.requests:
            own = slice(at, at + len(requests.pairs))
            right = requests.judge(list(zip(sums[own], likeliest[own], strict=True)))
            rows.append(0 if right else OUTSIDE)
            at = own.stop
        return torch.tensor(rows)

    def loss(self, model: Exact, prompts: Prompts, labels: Tensor) -> Tensor:
        """There is none: AssetError. The harness's tasks are there to be measured."""
        raise AssetError(
            "a task of lm-evaluation-harness is measured, not learned; fine-tune on a table or a "
            "dataset, with a head of label likelihood"
        )


def _likeliest(model: Exact, pairs: list[Pair], asked: list[bool]) -> list[bool]:
    """Whether each continuation is what the model would write; False where nobody asks."""
    found = [False] * len(pairs)
    places = [i for i, wanted in enumerate(asked) if wanted]
    if places:
        contexts = Tokens.of([list(pairs[i].context) for i in places])
        most = max(len(pairs[i].answer) for i in places)
        seeds = list(range(len(places)))
        written = model.generate(contexts, most=most, temperature=0.0, seeds=seeds)
        for i, said in zip(places, written, strict=True):
            answer = list(pairs[i].answer)
            found[i] = said[: len(answer)] == answer
    return found
