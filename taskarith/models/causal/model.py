"""A causal language model, ready: how likely answers are, what comes next, what it says.

Likelihoods take one pass over context and answer, and words are only counted where something is
predicted. Rows are filled up on the right where nothing is written, and on the left where it goes
on writing.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from taskarith.errors import WeightsError
from taskarith.models.causal.gpt2_pass import Past, is_plain, states
from taskarith.models.fused_gelu import with_fused_gelus
from taskarith.models.language.model import Pair, together
from taskarith.models.language.tokenizer import TextTokenizer
from taskarith.models.language.writing import Step, WritingModel, picked
from taskarith.models.tokens import Tokens

__all__ = ["Causal"]

LABELS = 64  # as many lists, of at most as many labels, are cut into tokens once
HEAD = "score.weight"  # of GPT2ForSequenceClassification and its like


class Causal(WritingModel):
    """A causal language model of transformers with its tokenizer."""

    def __init__(self, network: Any, tokenizer: TextTokenizer, *, context: int) -> None:
        super().__init__(network, tokenizer, context=context)
        with_fused_gelus(network)
        # Rows filled up with it are no mistake here: nothing is read off what fills them up.
        network.config.pad_token_id = None
        self._labels = lru_cache(maxsize=LABELS)(self._cut)  # heads ask for theirs at every step
        self._cap = getattr(network.config, "final_logit_softcapping", None)
        first = tokenizer.start if tokenizer.start is not None else tokenizer.end
        self._first = first if first is not None else self._filling

    def continuations(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of texts as they follow a prompt: behind a space, which belongs to them."""
        if len(texts) > LABELS:
            return self._cut(texts)
        return [list(row) for row in self._labels(tuple(texts))]

    def _cut(self, texts: Sequence[str]) -> list[list[int]]:
        before = self.tokenizer.encode(["x"], special=False)[0]
        rows = self.tokenizer.encode([f"x {text.strip()}" for text in texts], special=False)
        return [row[_common(before, row) :] for row in rows]

    def pairs(self, prompts: Sequence[str], answers: Sequence[str]) -> list[Pair]:
        """Prompts and answers as token ids, cut into tokens together, as running text would be.

        Between the two stands a space, unless one is there already, and it belongs to the answer.
        """
        whole = self.tokenizer.encode([_joined(*p) for p in zip(prompts, answers, strict=True)])
        return [
            self._pair(row[:same], row[same:])
            for context, row in zip(self.tokenizer.encode(prompts), whole, strict=True)
            for same in [min(_common(context, row), len(row) - 1)]
        ]

    def exact_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Pair]:
        """Contexts with continuations to the letter, cut into tokens as lm-evaluation-harness does.

        The two are cut together; spaces that end a context belong to what follows them, and an
        empty context is the token that starts a text.
        """
        contexts = [context.rstrip() for context, _ in pairs]
        wholes = [context + continuation for context, continuation in pairs]
        whole = self.tokenizer.encode(wholes)
        bare = self.tokenizer.encode(wholes, special=False)
        found = []
        for start, row, plain in zip(self.tokenizer.encode(contexts), whole, bare, strict=True):
            if not start:  # nothing before it, and no token that starts a text either
                at = 1 if plain[:1] == [self._first] else 0
                context, answer = [self._first], plain[at:]
            else:
                context, answer = row[: len(start)], row[len(start) :]
            answer = answer[: self.context]
            found.append(Pair(context[-(self.context + 1 - len(answer)) :], answer))
        return found

    def windows(self, texts: Tokens) -> list[list[Pair]]:
        """Running texts as pairs that predict each of their tokens once.

        The first token follows the one that starts a text; what does not fit is predicted in a
        window of its own, behind the last token of the one before.
        """
        return [self._windows(row) for row in texts.rows()]

    def losses(self, texts: Tokens) -> Tensor:
        """−log p of each text and how many of its tokens were predicted, float32 [n, 2]."""
        windows = self.windows(texts)
        found = self.log_likelihoods([pair for row in windows for pair in row])
        sums = torch.zeros(len(windows), 2, device=self.device)
        owner = [i for i, row in enumerate(windows) for _ in row]
        for i, values in zip(owner, found, strict=True):
            sums[i, 0] -= values.sum()
            sums[i, 1] += len(values)
        return sums

    def log_likelihoods(self, pairs: Sequence[Pair]) -> list[Tensor]:
        """Log p of every token of each answer, float32 [answer's tokens]."""
        found: list[Tensor] = [torch.zeros(0, device=self.device) for _ in pairs]
        rows = Tokens.of([[*pair.context, *pair.answer][:-1] for pair in pairs])
        answers = Tokens.of([pair.answer for pair in pairs])
        for places, batch in self._batches(rows):
            asked = answers.take(places)
            ids, _ = batch.padded(self._filling)
            # Of each row the last states, as many as its answer has tokens.
            columns = torch.arange(ids.shape[1])
            lengths, counts = batch.lengths[:, None], asked.lengths[:, None]
            there = (columns < lengths) & (columns >= lengths - counts)
            states = self._states_at(ids, there.flatten().nonzero()[:, 0])
            values = picked(self._logits(states), asked.flat.to(self.device))
            parts = values.split(asked.lengths.tolist())
            for i, part in zip(places.tolist(), parts, strict=True):
                found[i] = part
        return found

    def class_logits(self, texts: Tokens, head: Mapping[str, Tensor]) -> Tensor:
        """Logits float32 [n, classes] of a classifier's head, read off each text's last token."""
        if HEAD not in head:
            raise WeightsError(f"the classifier's head lacks {HEAD!r}; found {', '.join(head)}")
        weight = head[HEAD].to(self.device)
        texts = self._fitting(texts, room=0)
        parts = ((at, self._last(batch) @ weight.T) for at, batch in self._batches(texts))
        return together(parts, len(texts)).float()

    def _fitting(self, contexts: Tokens, *, room: int) -> Tokens:
        limit = max(1, self.context - room)
        lengths = contexts.lengths
        if not len(contexts) or (int(lengths.min()) > 0 and int(lengths.max()) <= limit):
            return contexts
        return Tokens.of([(row or [self._first])[-limit:] for row in contexts.rows()])

    def _next_logits(self, batch: Tokens) -> Tensor:
        return self._logits(self._last(batch))

    def _writer(self, batch: Tokens) -> tuple[Tensor, Step]:
        ids, mask = batch.padded(self._filling, side="left")
        there = mask.to(self.device)
        places = (there.cumsum(1) - 1).clamp(min=0)
        plain = is_plain(self.network.base_model)
        past: Any = Past() if plain else None
        began = False

        def step(tokens: Tensor) -> Tensor:
            nonlocal there, places, past, began
            if began:
                places = places[:, -1:] + 1
                there = torch.cat([there, torch.ones_like(tokens, dtype=torch.bool)], dim=1)
            began = True
            if plain:
                found = states(
                    self.network.base_model, tokens,
                    there=there, places=places, past=past, at=_last_of(tokens),
                )  # fmt: skip
                return self._logits(found)
            out = self.network.base_model(
                input_ids=tokens, attention_mask=there.long(), position_ids=places,
                past_key_values=past, use_cache=True,
            )  # fmt: skip
            past = out.past_key_values
            return self._logits(out.last_hidden_state[:, -1])

        return step(ids.to(self.device)), step

    def _last(self, batch: Tokens) -> Tensor:
        """The state [n, d] at the last token of each text."""
        ids, _ = batch.padded(self._filling)
        return self._states_at(ids, torch.arange(len(batch)) * ids.shape[1] + batch.lengths - 1)

    def _states_at(self, ids: Tensor, at: Tensor) -> Tensor:
        """The last states of the tokens numbered `at` in ids.flatten(), float32 [len(at), d].

        Rows are filled up on the right, which no token before sees.
        """
        ids, at, body = ids.to(self.device), at.to(self.device), self.network.base_model
        if is_plain(body):
            return states(body, ids, at=at)
        every: Tensor = body(input_ids=ids).last_hidden_state
        return every.flatten(0, 1)[at]

    def _logits(self, states: Tensor) -> Tensor:
        logits: Tensor = self.network.get_output_embeddings()(states)
        return logits if self._cap is None else (logits / self._cap).tanh() * self._cap

    def _pair(self, context: Sequence[int], answer: Sequence[int]) -> Pair:
        """A pair that fits: too long a context loses its beginning."""
        answer = answer[: self.context - 1]
        return Pair((context or [self._first])[-(self.context - len(answer)) :], answer)

    def _windows(self, row: Sequence[int]) -> list[Pair]:
        if not row or row[0] != self._first:
            row = [self._first, *row]
        step = self.context - 1
        return [
            Pair(row[start : start + 1], row[start + 1 : start + 1 + step])
            for start in range(0, len(row) - 1, step)
        ]


def _last_of(tokens: Tensor) -> Tensor:
    """The numbers of each row's last token in tokens.flatten(), int64 [n]."""
    rows, length = tokens.shape
    return torch.arange(1, rows + 1, device=tokens.device) * length - 1


def _joined(prompt: str, answer: str) -> str:
    together = not prompt or not answer or prompt[-1].isspace() or answer[0].isspace()
    return f"{prompt}{answer}" if together else f"{prompt} {answer}"


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many ids the two begin with alike."""
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return same
