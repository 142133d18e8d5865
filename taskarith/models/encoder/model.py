"""A text encoder, ready: texts to embeddings, and to the logits of a classifier's head.

Knows which kinds of heads go with which kinds of encoders; the heads' weights come from the caller.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear

from taskarith.errors import WeightsError
from taskarith.models.encoder.pooling import Pooling, pool
from taskarith.models.language.model import TextModel, together
from taskarith.models.language.tokenizer import TextTokenizer
from taskarith.models.token_linear import with_token_linears
from taskarith.models.tokens import Tokens

__all__ = ["Encoder"]

SCALE = 20.0  # from cosine similarity to logits, as sentence-transformers trains with
COUNTED = ("bert", "electra")  # those told which of a pair's two texts a token is of


class Encoder(TextModel):
    """An encoder of transformers with its tokenizer.

    Attributes:
        pooling: how the tokens of a text become one embedding.
    """

    logit_scale = SCALE

    def __init__(
        self, network: Any, tokenizer: TextTokenizer, *, context: int, pooling: Pooling
    ) -> None:
        super().__init__(network, tokenizer, context=context)
        self.pooling = pooling
        counted = network.config.model_type in COUNTED and network.config.type_vocab_size > 1
        self._second = tokenizer.separator if counted else None
        with_token_linears(network)  # T5s and GPT-2s were measured too, and gain nothing by it

    def tokenize(self, texts: Sequence[str], second: Sequence[str] | None = None) -> Tokens:
        """The ids of texts, or of pairs of texts, that fit; what is too long loses its end."""
        return Tokens.of([self._cut(row) for row in self.tokenizer.encode(texts, second)])

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Embeddings float32 [len(texts), d], of length 1 where the base's files say so."""
        return self.embed(self.tokenize(texts))

    def embed(self, texts: Tokens) -> Tensor:
        """Embeddings of tokenized texts, float32 [n, d]."""
        parts = ((at, pool(*self._states(b), self.pooling)) for at, b in self._batches(texts))
        return together(parts, len(texts)).float()

    def class_logits(self, texts: Tokens, head: Mapping[str, Tensor]) -> Tensor:
        """Logits float32 [n, classes] of a classifier's head, by its checkpoint's names."""
        parts = ((at, self._classified(batch, head)) for at, batch in self._batches(texts))
        return together(parts, len(texts)).float()

    def _classified(self, batch: Tokens, head: Mapping[str, Tensor]) -> Tensor:
        states, _ = self._states(batch)
        first = states[:, 0]

        def layer(name: str, inputs: Tensor) -> Tensor:
            weight, bias = (head[f"{name}.{part}"].to(inputs) for part in ("weight", "bias"))
            return linear(inputs, weight, bias)

        try:
            if "classifier.out_proj.weight" in head:  # RoBERTa, MPNet and their kin
                inner = layer("classifier.dense", first)
                inner = inner.tanh() if self._by_tanh else torch.nn.functional.gelu(inner)
                return layer("classifier.out_proj", inner)
            if "pre_classifier.weight" in head:  # DistilBERT
                return layer("classifier", layer("pre_classifier", first).relu())
            if getattr(self.network, "pooler", None) is None:
                raise WeightsError(
                    "this base has no pooler, which its classifiers read; choose one that has"
                )
            return layer("classifier", self.network.pooler(states))
        except KeyError as error:
            raise WeightsError(f"the classifier's head lacks {error}") from error

    @property
    def _by_tanh(self) -> bool:
        return self.network.config.model_type != "electra"

    def _states(self, batch: Tokens) -> tuple[Tensor, Tensor | None]:
        """The last states [n, t, d] of a batch of rows, and the mask of where tokens are."""
        ids, mask = self._filled(batch)
        inputs: dict[str, Any] = {"input_ids": ids}
        if mask is not None:
            inputs["attention_mask"] = mask.long()
        if self._second is not None:
            inputs["token_type_ids"] = _kinds(ids, self._second)
        states: Tensor = self.network(**inputs).last_hidden_state
        return states, mask

    def _cut(self, row: Sequence[int]) -> list[int]:
        if len(row) <= self.context:
            return list(row)
        return [*row[: self.context - 1], row[-1]]  # its last token ends a text


def _kinds(ids: Tensor, separator: int) -> Tensor:
    """1 from behind the first separator on, where the second text of a pair stands."""
    separators = ids.eq(separator).long()
    return (separators.cumsum(1) - separators).gt(0).long()
