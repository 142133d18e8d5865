"""What a task vector says about itself: its base, its task, and the numbers measured with it.

Strings in, strings out, because the files it travels in hold only text; nothing here is believed
about the tensors themselves. Knows no files and no models.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from taskarith.errors import WeightsError

__all__ = ["Reported", "VectorInfo"]

FORMAT = "task-vector/1"
MAX_TEXT = 4_000  # characters of one entry that came from a file


@dataclass(frozen=True)
class Reported:
    """An accuracy someone measured: correct ÷ n on a split.

    >>> Reported(accuracy=0.9, n=1000, split="test")
    Reported(accuracy=0.9, n=1000, split='test')
    """

    accuracy: float
    n: int
    split: str

    def __post_init__(self) -> None:
        if not (0 <= self.accuracy <= 1 and self.n > 0):
            raise WeightsError(
                f"an accuracy is between 0 and 1 and has n > 0 images, got {self.accuracy} "
                f"with n = {self.n}"
            )


@dataclass(frozen=True)
class VectorInfo:
    """The description that is stored beside the tensors of a task vector.

    Attributes:
        task: what the model was fine-tuned on.
        base, base_commit: the repository of θ₀ and its commit, where it has them.
        base_fingerprint: sha256 of the parameters of θ₀ that the vector covers, as float32.
        source, source_commit: the repository of θ_t and its commit, where it has them.
        source_fingerprint: sha256 of the tensors of θ_t, or of the adapter, as they are stored.
        fingerprint: sha256 of the vector's own tensors, so that a flipped bit is seen.
        dtype, subtraction_dtype: how τ is stored, and in what θ_t − θ₀ was computed.
        excluded: parameters of θ_t that were left out on purpose.
        zero_shot, finetuned: accuracy of θ₀ and of θ_t on the task.
        coefficient: the λ its maker suggests.
        recipe: how θ_t was trained, in a sentence.
        maker: the program and version that wrote the vector.
        licence, datasets: on what terms, and trained on what.

    >>> info = VectorInfo(task="mnist", coefficient=0.3)
    >>> VectorInfo.from_metadata(info.to_metadata()) == info
    True
    """

    task: str | None = None
    base: str | None = None
    base_commit: str | None = None
    base_fingerprint: str | None = None
    source: str | None = None
    source_commit: str | None = None
    source_fingerprint: str | None = None
    fingerprint: str | None = None
    dtype: str | None = None
    subtraction_dtype: str | None = None
    excluded: tuple[str, ...] = ()
    zero_shot: Reported | None = None
    finetuned: Reported | None = None
    coefficient: float | None = None
    recipe: str | None = None
    maker: str | None = None
    licence: str | None = None
    datasets: tuple[str, ...] = ()

    def to_metadata(self) -> dict[str, str]:
        """Text entries for a file's metadata; what is not known is left out."""
        entries = {"format": FORMAT}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None or value == ():
                continue
            if isinstance(value, Reported):
                value = {"accuracy": value.accuracy, "n": value.n, "split": value.split}
            entries[field.name] = value if isinstance(value, str) else json.dumps(value)
        return entries

    @classmethod
    def from_metadata(cls, entries: Mapping[str, str]) -> "VectorInfo":
        """The description in a file's metadata; WeightsError if an entry has another form.

        Of a file that is not in this format, only its task and recipe are taken.
        """
        if entries.get("format") != FORMAT:
            return cls(task=entries.get("task"), recipe=entries.get("recipe"))
        read: dict[str, Any] = {}
        for field in fields(cls):
            text = entries.get(field.name)
            if text is None:
                continue
            try:
                read[field.name] = _READERS.get(field.name, _text)(text)
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                raise WeightsError(
                    f"the description of the vector has an unreadable {field.name!r}: "
                    f"{text[:80]!r}; write it again with `taskarith vector make`"
                ) from error
        return cls(**read)


def _text(text: str) -> str:
    return text[:MAX_TEXT]


def _number(text: str) -> float:
    value = json.loads(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(text)
    return float(value)


def _texts(text: str) -> tuple[str, ...]:
    value = json.loads(text)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(text)
    return tuple(_text(item) for item in value)


def _reported(text: str) -> Reported:
    value = json.loads(text)
    if not isinstance(value["n"], int) or not isinstance(value["split"], str):
        raise ValueError(text)
    return Reported(
        accuracy=_number(json.dumps(value["accuracy"])), n=value["n"], split=value["split"]
    )


_READERS = {
    "excluded": _texts,
    "datasets": _texts,
    "zero_shot": _reported,
    "finetuned": _reported,
    "coefficient": _number,
}
