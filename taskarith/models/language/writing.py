"""What models that write have in common: how likely answers are, and what they say.

A subclass reads contexts in its own way and gives logits; here is what follows from them. The verbs
are those that heads ask of a language model.
"""

from collections.abc import Callable, Collection, Sequence
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor

from taskarith.models.language.model import Pair, TextModel, together
from taskarith.models.language.sampling import choose, drawn_numbers
from taskarith.models.tokens import Tokens

__all__ = ["WritingModel", "picked"]

Step = Callable[[Tensor], Tensor]  # the tokens chosen last [n, 1] → logits of what follows [n, V]


class WritingModel(TextModel):
    """A text model that goes on writing. Subclasses read, and say what comes next."""

    def _fitting(self, contexts: Tokens, *, room: int) -> Tokens:
        """Contexts that fit before `room` tokens more, none of them empty."""
        raise NotImplementedError

    def _next_logits(self, batch: Tokens) -> Tensor:
        """Logits [n, words] of what follows each context of a batch."""
        raise NotImplementedError

    def _writer(self, batch: Tokens) -> tuple[Tensor, Step]:
        """Logits [n, words] of what comes first, and what gives those of each next token."""
        raise NotImplementedError

    def log_likelihoods(self, pairs: Sequence[Pair]) -> list[Tensor]:
        """Log p of every token of each answer, float32 [answer's tokens]."""
        raise NotImplementedError

    def continuations(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of texts as they follow a prompt."""
        raise NotImplementedError

    def exact_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Pair]:
        """Contexts with continuations to the letter, cut into tokens as lm-evaluation-harness does.

        Nothing is put between the two. What is too long loses the context's beginning.
        """
        raise NotImplementedError

    def label_logits(
        self, prompts: Tokens, labels: Sequence[Sequence[int]], *, normalized: bool
    ) -> Tensor:
        """Log p of each label's tokens after each prompt, float32 [n, labels].

        With `normalized` divided by the label's tokens. Labels of one token each take one pass.
        """
        contexts = self._fitting(prompts, room=max(map(len, labels), default=0))
        if all(len(label) == 1 for label in labels):
            chosen = torch.tensor([label[0] for label in labels], device=self.device)

            def after(batch: Tokens) -> Tensor:
                logits = self._next_logits(batch).float()
                return logits[:, chosen] - logits.logsumexp(-1, keepdim=True)

            return together(((at, after(b)) for at, b in self._batches(contexts)), len(contexts))
        sums = [found.sum() / (len(found) if normalized else 1)
                for row in self.answer_tokens(prompts, labels) for found in row]  # fmt: skip
        return torch.stack(sums).view(len(contexts), len(labels))

    def answer_tokens(
        self, prompts: Tokens, answers: Sequence[Sequence[int]]
    ) -> list[list[Tensor]]:
        """Log p of every token of every answer after every prompt, float32 [answer's tokens]."""
        contexts = self._fitting(prompts, room=max(map(len, answers), default=0))
        pairs = [Pair(row, answer) for row in contexts.rows() for answer in answers]
        found, each = self.log_likelihoods(pairs), len(answers)
        return [found[at : at + each] for at in range(0, len(found), each)]

    def answer_losses(
        self, prompts: Tokens, answers: Sequence[Sequence[int]], *, closed: bool
    ) -> Tensor:
        """−log p of each prompt's own answer and how many tokens that has, float32 [n, 2].

        A `closed` answer has the token that ends a text behind it, where there is one.
        """
        tail = [self.tokenizer.end] if closed and self.tokenizer.end is not None else []
        rows = [[*answer, *tail] for answer in answers]
        contexts = self._fitting(prompts, room=max(map(len, rows), default=0)).rows()
        pairs = [Pair(context, row) for context, row in zip(contexts, rows, strict=True)]
        found = self.log_likelihoods(pairs)
        return torch.stack([torch.stack([-v.sum(), v.new_tensor(len(v))]) for v in found])

    def generate(
        self,
        prompts: Tokens,
        *,
        most: int,
        temperature: float = 0.0,
        seeds: Sequence[int] | None = None,
        stop: Collection[int] = (),
    ) -> list[list[int]]:
        """At most `most` ids after each prompt, up to the token that ends a text.

        At temperature 0 the likeliest token each time. Else tokens are drawn, with numbers that
        depend on the row's seed alone (0, 1, 2 … where none are given), so that a row's sample is
        the same in any company. `stop`: further tokens that end a row, and are not in it.
        """
        contexts = self._fitting(prompts, room=most)
        end = self.tokenizer.end
        ends = torch.tensor(sorted({*stop, *([] if end is None else [end])}), device=self.device)
        numbers = drawn_numbers(seeds or range(len(contexts)), most).to(self.device)
        said: list[list[int]] = [[] for _ in range(len(contexts))]
        last = set(ends.tolist())
        # What is written costs a pass a token: few batches count for more than little padding.
        for places, batch in self._batches(contexts, padding=1.0):
            steps = self._said(batch, numbers[places], temperature=temperature, ends=ends)
            for i, row in zip(places.tolist(), steps.tolist(), strict=True):
                said[i] = list(takewhile(lambda token: token not in last, row))
        return said

    def _said(self, batch: Tokens, numbers: Tensor, *, temperature: float, ends: Tensor) -> Tensor:
        """The tokens that follow each context, int64 [n, steps]; behind an end anything may."""
        logits, step = self._writer(batch)
        known = len(self.tokenizer)  # a network may have rows for more words than there are
        done = torch.zeros(len(batch), dtype=torch.bool, device=self.device)
        steps = []
        for place in range(numbers.shape[1]):
            chosen = choose(logits[:, :known], temperature=temperature, numbers=numbers[:, place])
            steps.append(chosen)
            done |= torch.isin(chosen, ends)
            if bool(done.all()) or place + 1 == numbers.shape[1]:
                break
            logits = step(chosen[:, None])
        return torch.stack(steps, 1)


def picked(logits: Tensor, targets: Tensor) -> Tensor:
    """Log p of each target [n] under its logits [n, words], float32."""
    values: Any = logits.float().log_softmax(-1).gather(-1, targets[:, None])
    found: Tensor = values[:, 0]
    return found
