"""A word-level tokenizer for small text towers.

Knows words, not meanings: every vocabulary entry is one token, anything else is `<unknown>`.
Punctuation only separates words, unless the vocabulary has words with it.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Protocol

import torch

__all__ = ["Tokenizer", "WordTokenizer", "separators"]

_PADDING, _START, _UNKNOWN = 0, 1, 2
_RESERVED = 3


class Tokenizer(Protocol):
    """Turns texts into rows of token ids."""

    def __call__(self, texts: Sequence[str]) -> torch.Tensor:
        """Token ids, int64 [len(texts), context_length]."""


def separators(vocabulary: Iterable[str]) -> str:
    """The regular expression of what separates words: all marks that no word has in it.

    >>> re.sub(separators(["don't"]), " ", "I don't. (Really!)").split()
    ['I', "don't", 'Really']
    """
    kept = {mark for word in vocabulary for mark in word if not mark.isalnum() and mark != "_"}
    return rf"[^\w{''.join(map(re.escape, sorted(kept)))}]+"


class WordTokenizer:
    """Turns texts into rows of token ids: start, words, end, padding.

    The end token has the highest id, because open_clip's text tower pools the features at the
    position of the largest id. Texts too long for the context lose their last words.

    >>> tokenizer = WordTokenizer(["red", "mug"], context_length=5)
    >>> tokenizer(["a red mug"]).tolist()
    [[1, 2, 3, 4, 5]]
    >>> tokenizer.words("A red, red cup.")
    ['a', 'red', 'red', 'cup']
    >>> tokenizer.unknown(["a red cup"])
    ['a', 'cup']
    """

    def __init__(self, vocabulary: Sequence[str], *, context_length: int) -> None:
        self.context_length = context_length
        self.size = _RESERVED + len(vocabulary) + 1
        self._end = self.size - 1
        self._separators = re.compile(separators(vocabulary))
        self._ids = {word: _RESERVED + index for index, word in enumerate(vocabulary)}

    def __call__(self, texts: Sequence[str]) -> torch.Tensor:
        """Token ids, int64 [len(texts), context_length]."""
        tokens = torch.full((len(texts), self.context_length), _PADDING, dtype=torch.long)
        for row, text in enumerate(texts):
            words = self.words(text)[: self.context_length - 2]
            ids = [_START, *(self._ids.get(word, _UNKNOWN) for word in words), self._end]
            tokens[row, : len(ids)] = torch.tensor(ids)
        return tokens

    def words(self, text: str) -> list[str]:
        """The words of a text, as they are looked up."""
        return self._separators.sub(" ", text.lower()).split()

    def unknown(self, texts: Iterable[str]) -> list[str]:
        """The words of `texts` that are not in the vocabulary, each once."""
        words = dict.fromkeys(word for text in texts for word in self.words(text))
        return [word for word in words if word not in self._ids]
