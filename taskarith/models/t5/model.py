"""A T5, ready: how likely answers are to a text, what comes first, what it says.

A text is read once for all answers that are asked about.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from taskarith.errors import AssetError
from taskarith.models.adapter_space import read_after
from taskarith.models.encoder.pooling import Pooling, pool
from taskarith.models.fused_gelu import with_fused_gelus
from taskarith.models.language.model import Pair, together
from taskarith.models.language.tokenizer import TextTokenizer
from taskarith.models.language.writing import Step, WritingModel, picked
from taskarith.models.tokens import Tokens

__all__ = ["T5"]

POOLING = Pooling("mean", normalized=True)  # of a text's states, where texts are compared


class T5(WritingModel):
    """A T5ForConditionalGeneration with its tokenizer.

    Attributes:
        prompt_width: numbers of each vector of a soft prompt, which it reads before a text.
    """

    def __init__(self, network: Any, tokenizer: TextTokenizer, *, context: int) -> None:
        super().__init__(network, tokenizer, context=context)
        with_fused_gelus(network)  # of gated ones
        config = network.config
        self._start = int(config.decoder_start_token_id or 0)
        self._scale = config.d_model**-0.5 if config.scale_decoder_outputs else 1.0
        self.prompt_width = int(config.d_model)
        self._tail = [] if tokenizer.end is None else [tokenizer.end]

    def check_dtype(self, dtype: torch.dtype) -> None:
        """Refuse float16, in which a T5's states overflow to NaN."""
        if dtype == torch.float16:
            raise AssetError(
                "a T5 overflows in float16 and answers nothing; compute it in bfloat16 or float32"
            )

    def continuations(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of texts as answers, without the token that ends one."""
        return self.tokenizer.encode(texts, special=False)

    def pairs(self, prompts: Sequence[str], answers: Sequence[str]) -> list[Pair]:
        """Prompts and answers as token ids; the two are never one text."""
        contexts = self._fitting(self.tokenize(prompts), room=0).rows()
        targets = self.continuations(answers)
        return [Pair(c, t[: self.context]) for c, t in zip(contexts, targets, strict=True)]

    def exact_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Pair]:
        """Contexts with continuations to the letter, each cut into tokens by itself."""
        contexts = self.tokenizer.encode([context.rstrip() for context, _ in pairs])
        moved = [context[len(context.rstrip()) :] + then for context, then in pairs]
        answers = self.tokenizer.encode(moved, special=False)
        return [
            Pair((context or [self._filling])[-self.context :], answer[: self.context])
            for context, answer in zip(contexts, answers, strict=True)
        ]

    def halves(self, texts: Tokens) -> list[Pair]:
        """Running texts as pairs: the second half, to its end, after the first."""
        pairs = []
        for row in texts.rows():
            if row[-1:] != self._tail:
                row = [*row, *self._tail]
            half = len(row) // 2
            context = self._cut(row[:half])
            pairs.append(Pair(context, row[half:][: self.context]))
        return pairs

    def losses(self, texts: Tokens) -> Tensor:
        """−log p of each text's second half and how many tokens that has, float32 [n, 2]."""
        found = self.log_likelihoods(self.halves(texts))
        rows = [torch.stack([-values.sum(), values.new_tensor(len(values))]) for values in found]
        return torch.stack(rows) if rows else torch.zeros(0, 2)

    def log_likelihoods(self, pairs: Sequence[Pair]) -> list[Tensor]:
        """Log p of every token of each answer, float32 [answer's tokens]."""
        found: list[Tensor] = [torch.zeros(0, device=self.device) for _ in pairs]
        asked: dict[tuple[int, ...], list[int]] = {}
        for place, pair in enumerate(pairs):
            asked.setdefault(tuple(pair.context), []).append(place)
        contexts = list(asked)
        for places, batch in self._batches(Tokens.of(contexts)):
            states, mask = self._read(batch)
            lines = [(line, i) for line, at in enumerate(places.tolist())
                     for i in asked[contexts[at]]]  # fmt: skip
            which = torch.tensor([line for line, _ in lines], device=self.device)
            answers = Tokens.of([pairs[i].answer for _, i in lines])
            written = Tokens.of([[self._start, *pairs[i].answer][:-1] for _, i in lines])
            ids, there = written.padded(self._filling)
            mask = None if mask is None else mask[which]
            logits = self._written(ids, states[which], mask)[there.to(self.device)]
            values = picked(logits, answers.flat.to(self.device))
            parts = values.split(answers.lengths.tolist())
            for (_, i), part in zip(lines, parts, strict=True):
                found[i] = part
        return found

    def first_words(self, texts: Tokens, sizes: Sequence[int]) -> Tensor:
        """Log p of every word as the first of an answer, float32 [n, words].

        Question i is asked with `sizes[i]` texts in turn; each is read alone, and the answer looks
        at all of them (fusion in the decoder, arXiv:2007.01282), so their order means nothing.
        """
        texts = self._fitting(texts, room=0)
        read: list[Tensor] = [torch.zeros(0)] * len(texts)
        for places, batch in self._batches(texts):
            states, _ = self._read(batch)
            rows = zip(places.tolist(), states, batch.lengths.tolist(), strict=True)
            for place, row, length in rows:
                read[place] = row[: states.shape[1] - int(batch.lengths.max()) + length]
        ends = list(accumulate(sizes))
        joined = [torch.cat(read[end - n : end]) for n, end in zip(sizes, ends, strict=True)]
        there = [torch.ones(len(row), dtype=torch.long, device=self.device) for row in joined]
        logits = self._written(
            torch.full((len(joined), 1), self._start),
            pad_sequence(joined, batch_first=True),
            pad_sequence(there, batch_first=True),
        )
        return logits[:, 0].float().log_softmax(-1)

    def embed(self, texts: Tokens) -> Tensor:
        """The mean of what the encoder makes of a text's tokens, of length 1, float32 [n, d]."""
        texts = self._fitting(texts, room=0)
        parts = ((at, pool(*self._read(b), POOLING)) for at, b in self._batches(texts))
        return together(parts, len(texts)).float()

    def _fitting(self, contexts: Tokens, *, room: int) -> Tokens:
        lengths = contexts.lengths
        if not len(contexts) or (int(lengths.min()) > 0 and int(lengths.max()) <= self.context):
            return contexts
        return Tokens.of([self._cut(row) for row in contexts.rows()])

    def _next_logits(self, batch: Tokens) -> Tensor:
        states, mask = self._read(batch)
        return self._written(torch.full((len(batch), 1), self._start), states, mask)[:, 0]

    def _writer(self, batch: Tokens) -> tuple[Tensor, Step]:
        states, mask = self._read(batch)
        past: Any = None

        def step(tokens: Tensor) -> Tensor:
            nonlocal past
            out = self.network.decoder(
                input_ids=tokens, encoder_hidden_states=states, encoder_attention_mask=mask,
                past_key_values=past, use_cache=True,
            )  # fmt: skip
            past = out.past_key_values
            return self._logits(out.last_hidden_state[:, -1])

        return step(torch.full((len(batch), 1), self._start, device=self.device)), step

    def _read(self, batch: Tokens) -> tuple[Tensor, Tensor | None]:
        """What the encoder makes of texts [n, t, d], and where their tokens are."""
        ids, mask = self._filled(batch)
        mask = None if mask is None else mask.long()
        embeddings, mask = read_after(self.network, self.network.shared(ids), mask)
        out = self.network.encoder(inputs_embeds=embeddings, attention_mask=mask)
        return out.last_hidden_state, mask

    def _written(self, ids: Tensor, states: Tensor, mask: Tensor | None) -> Tensor:
        """Logits [n, t, words] of what follows each token of an answer that begins with `ids`."""
        out = self.network.decoder(
            input_ids=ids.to(self.device),
            encoder_hidden_states=states,
            encoder_attention_mask=mask,
        )
        return self._logits(out.last_hidden_state)

    def _logits(self, states: Tensor) -> Tensor:
        logits: Tensor = self.network.lm_head(states * self._scale)
        return logits

    def _cut(self, row: Sequence[int]) -> list[int]:
        """A text that fits, with its last token, which may be the one that ends it."""
        row = row or self._tail or [self._filling]
        return list(row) if len(row) <= self.context else [*row[: self.context - 1], row[-1]]
