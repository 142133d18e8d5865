"""An index of passages, and what finds some for a question: exact search, and BM25.

Knows texts and embeddings; nothing of models. Whatever is found comes best first, and of passages
that are equally good the one that stands first in the index.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from taskarith.errors import RecipeError
from taskarith.worlds.texts import split_words

__all__ = ["LONGEST", "MOST_PASSAGES", "Index", "best", "nearest"]

MOST_PASSAGES = 1_000
LONGEST = 200  # characters of a passage


@dataclass(frozen=True)
class Index:
    """Passages in an order; a change makes a new index.

    Raises RecipeError for an index without passages, with too many, or with one that is too long.
    """

    passages: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.passages:
            raise RecipeError(
                "the index has no passages, so nothing can be found; add one at least"
            )
        if len(self.passages) > MOST_PASSAGES:
            raise RecipeError(
                f"the index has {len(self.passages):,} passages; at most {MOST_PASSAGES:,} are "
                "searched exactly here: take some out"
            )
        for number, passage in enumerate(self.passages, 1):
            if len(passage) > LONGEST:
                raise RecipeError(
                    f"passage {number} has {len(passage):,} characters; at most {LONGEST} are "
                    "read: shorten it, or make two of it"
                )

    @classmethod
    def of_lines(cls, text: str) -> "Index":
        """A passage a line; empty lines are none.

        >>> Index.of_lines(" Anna found the hat. ").passages
        ('Anna found the hat.',)
        """
        return cls(tuple(line for line in map(str.strip, text.splitlines()) if line))

    def __len__(self) -> int:
        return len(self.passages)

    def take(self, places: Iterable[int]) -> tuple[str, ...]:
        """The passages at `places`, in that order."""
        return tuple(self.passages[place] for place in places)

    def bm25(self, questions: Sequence[str], *, k: int) -> np.ndarray:
        """The places of the k passages with the highest BM25 for each question, int64 [n, k].

        Robertson's function over words and marks as Lucene writes it, k₁ = 1.5 and b = 0.75, by
        the library bm25s (arXiv 2407.03618). Fewer than k where there are fewer passages.

        >>> Index(("Ben left.", "Anna found the hat.")).bm25(["Who found the hat?"], k=1).tolist()
        [[1]]
        """
        return best(self.bm25_scores(questions), k)

    def bm25_scores(self, questions: Sequence[str]) -> np.ndarray:
        """BM25 of every passage for each question, float32 [n, passages]; 0 without a common word.

        >>> found = Index(("Ben left.", "Anna found the hat.")).bm25_scores(["Left?"])
        >>> found.shape, float(found[0, 0]) > 0, float(found[0, 1])
        ((1, 2), True, 0.0)
        """
        library = self._bm25
        known = (library.get_tokens_ids(split_words(one)) for one in questions)
        scores = [library.get_scores_from_ids(ids) for ids in known]
        return np.array(scores).reshape(len(questions), len(self))

    @cached_property
    def _bm25(self) -> Any:
        from bm25s import BM25

        library = BM25(method="lucene", k1=1.5, b=0.75, backend="numpy")
        words = [split_words(passage) for passage in self.passages]
        library.index(words, create_empty_token=False, show_progress=False)
        return library


def nearest(questions: np.ndarray, passages: np.ndarray, *, k: int) -> np.ndarray:
    """The places of the k passages with the highest q·d for each question, int64 [n, k]; exact.

    Args:
        questions: embeddings, float [n, d].
        passages: embeddings, float [m, d].

    >>> kept = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    >>> nearest(np.array([[1.0, 0.0]]), kept, k=2).tolist()
    [[1, 2]]
    """
    return best(questions @ passages.T, k)


def best(scores: np.ndarray, k: int) -> np.ndarray:
    """The places of the k highest scores of each row, int64 [n, k]; of equal ones the first.

    >>> best(np.array([[0.1, 0.9, 0.9]]), 2).tolist()
    [[1, 2]]
    """
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]
