"""Examples: what a split of a task holds, pictures or texts, with their labels.

Knows contents and how one of them is shown; nothing of models, heads or where they come from.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from taskarith.errors import AssetError

__all__ = ["ExampleKind", "Examples", "Images", "Requests", "Texts", "as_images"]

ExampleKind = Literal["images", "texts"]


class Examples(Protocol):
    """The examples of one split."""

    @property
    def kind(self) -> ExampleKind:
        """What they are called."""

    @property
    def labels(self) -> Tensor:
        """int64 [n]: an index into the task's classes, 0 where there are none."""

    def __len__(self) -> int: ...

    @property
    def nbytes(self) -> int:
        """About how much memory they take."""

    @property
    def fingerprint(self) -> str:
        """A short hash of every example and label."""

    def shown(self, index: int) -> Mapping[str, Any]:
        """One example for people: its "kind", and its "pixels" or its "text"."""


@dataclass(frozen=True, eq=False)
class Images:
    """Pictures uint8 [n, side, side, 3] and their labels int64 [n]; AssetError if they are not."""

    pixels: Tensor
    labels: Tensor
    kind: ExampleKind = "images"

    def __post_init__(self) -> None:
        pixels, labels = self.pixels, self.labels
        square = pixels.ndim == 4 and pixels.shape[1] == pixels.shape[2] and pixels.shape[3] == 3
        if not square or pixels.dtype != torch.uint8:
            raise AssetError(
                "a split needs images uint8 [n, side, side, 3], "
                f"found {pixels.dtype} {list(pixels.shape)}"
            )
        if labels.dtype != torch.int64 or labels.shape != (len(pixels),) or not len(pixels):
            raise AssetError(
                f"a split needs one int64 label for each of its {len(pixels)} images "
                f"and at least one image, found {labels.dtype} {list(labels.shape)}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def images(self) -> Tensor:
        """`pixels`, as they were called first."""
        return self.pixels

    @property
    def nbytes(self) -> int:
        """Bytes of the pixels."""
        return self.pixels.nbytes

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of every pixel and label."""
        digest = hashlib.blake2b(str(tuple(self.pixels.shape)).encode(), digest_size=8)
        digest.update(self.pixels.contiguous().numpy().data)
        digest.update(self.labels.numpy().data)
        return digest.hexdigest()

    def shown(self, index: int) -> Mapping[str, Any]:
        """The picture at `index`, as uint8 [side, side, 3]."""
        return {"kind": "picture", "pixels": self.pixels[index].numpy()}


@dataclass(frozen=True, eq=False)
class Requests:
    """What is asked about one text: how likely continuations are, each after its own context.

    Attributes:
        pairs: contexts with their continuations.
        greedy: whether the judge looks at which continuations are the likeliest of all there are.
        judge: from log p of each continuation, and whether it is the likeliest, to whether the
            answer is right.
    """

    pairs: tuple[tuple[str, str], ...]
    greedy: bool
    judge: Callable[[Sequence[tuple[float, bool]]], bool]


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts and their labels int64 [n]; AssetError if they are not.

    Attributes:
        texts: what a model is asked, or what it has to predict.
        second: the second text of each, where the task asks about pairs.
        answers: the right answers in words, where the task has them.
        requests: what is asked about each, where that differs from text to text.

    >>> texts = Texts(("the soup was good.", "the soup was cold."), torch.tensor([0, 1]))
    >>> texts.shown(1)
    {'kind': 'text', 'text': 'the soup was cold.'}
    """

    texts: Sequence[str]
    labels: Tensor
    answers: Sequence[str] | None = None
    kind: ExampleKind = "texts"
    second: Sequence[str] | None = None
    requests: Sequence[Requests] | None = None

    def __post_init__(self) -> None:
        labels, count = self.labels, len(self.texts)
        if labels.dtype != torch.int64 or labels.shape != (count,) or not count:
            raise AssetError(
                f"a split needs one int64 label for each of its {count} texts "
                f"and at least one text, found {labels.dtype} {list(labels.shape)}"
            )
        empty = next((i for i, text in enumerate(self.texts) if not text.strip()), None)
        if empty is not None:
            raise AssetError(
                f"text {empty + 1} of {count} is empty; leave it out, or give it words"
            )
        if self.answers is not None and len(self.answers) != count:
            raise AssetError(f"{count} texts have {len(self.answers)} answers; each needs one")
        if self.second is not None and len(self.second) != count:
            raise AssetError(f"{count} texts have {len(self.second)} second texts; each needs one")
        if self.requests is not None and len(self.requests) != count:
            raise AssetError(f"{count} texts have {len(self.requests)} requests; each needs one")

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def nbytes(self) -> int:
        """About as many bytes as they have characters."""
        return sum(len(text) for part in self._parts for text in part)

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of every text, answer and label."""
        digest = hashlib.blake2b(self.labels.numpy().tobytes(), digest_size=8)
        for text in (*self.texts, "\0", *(self.answers or ())):
            digest.update(f"{len(text)}:{text}".encode())
        for text in self.second or ():
            digest.update(f"second {len(text)}:{text}".encode())
        for request in self.requests or ():
            digest.update(f"request {request.pairs!r}".encode())
        return digest.hexdigest()

    def shown(self, index: int) -> Mapping[str, Any]:
        """The text at `index`."""
        text = self.texts[index]
        if self.second is not None:
            text += f"\n{self.second[index]}"
        return {"kind": "text", "text": text}

    @property
    def _parts(self) -> tuple[Sequence[str], ...]:
        return (self.texts, self.answers or (), self.second or ())


def as_images(examples: Examples, *, of: str) -> Images:
    """`examples` as the pictures they are; AssetError where they are something else.

    `of` names the task in the message.
    """
    if not isinstance(examples, Images):
        raise AssetError(f"the task {of!r} has {examples.kind}; this needs pictures")
    return examples
