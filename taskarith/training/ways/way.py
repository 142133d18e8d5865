"""What a way of fine-tuning is: which numbers move, and what is asked of the model beside its task.

Each leaves another direction behind. Knows networks and their families; nothing of examples.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from taskarith.errors import SettingError
from taskarith.models.family import ExampleKind, ModelFamily

__all__ = [
    "DirectlyMoved",
    "Knob",
    "Moving",
    "ParametersMoved",
    "Setup",
    "TextLoss",
    "Way",
    "Weights",
    "checked_settings",
    "model_shapes",
]

Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class Knob:
    """A setting of a way: a number within bounds, or one of some `choices`, known by its place."""

    name: str
    about: str
    value: float
    least: float = 0
    most: float = 0
    whole: bool = False
    choices: tuple[str, ...] = ()

    def checked(self, value: object) -> float:
        """`value` as a number within the bounds; SettingError for anything else.

        >>> Knob("rank", "of B·A", 8, 1, 256, whole=True).checked("4")
        4.0
        >>> Knob("initial", "values", 0, choices=("random", "labels")).checked("labels")
        1.0
        """
        if self.choices:
            return float(self._chosen(value))
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            number = float("nan")
        if not self.least <= number <= self.most or (self.whole and number != int(number)):
            kind = "a whole number" if self.whole else "a number"
            raise SettingError(
                f"{self.name} is {value!r:.40}; it takes {kind} from {self.least:g} to "
                f"{self.most:g}"
            )
        return number

    def said(self, value: float) -> str:
        """A value for people: "rank 8", "initial labels"."""
        return f"{self.name} {self.choices[int(value)] if self.choices else f'{value:g}'}"

    def _chosen(self, value: object) -> int:
        for place, name in enumerate(self.choices):
            if value == name or (not isinstance(value, bool) and value == place):
                return place
        raise SettingError(f"{self.name} is {value!r:.40}; it is one of {', '.join(self.choices)}")


class Moving(Protocol):
    """A network made ready: what an optimizer moves, and the weights that come of it.

    Attributes:
        trained: names of the network's parameters that are optimized.
        count: how many numbers those are.
        neutral: parameters that were put beside the base's own, as they are when nothing has moved
            (see `models.adapter_space`).
    """

    trained: list[str]
    count: int
    neutral: Weights

    def weights(self) -> dict[str, Tensor]:
        """The weights as they are now, under the base's names; a copy."""


TextLoss = Callable[[Any, Any, Any, Tensor], Tensor]  # as `heads.text_loss.text_loss`


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way of fine-tuning.

    Attributes:
        name: what command lines and files call it.
        title: a name for people; `about` what it does, in a few words.
        paper: where it was described.
        rate: the learning rate that suits it.
        examples: the kinds of examples it is for.
        knobs: its own settings.
        head: the kind of head it starts from, where that is part of it.
        context: how strongly a picture is to stay near the same prompts (see `car_ft`); mostly 0.
        remakes_heads: whether it moves what heads of words are made by.
        loss: what is lowered on texts in place of the head's own loss.
        tangent: whether the network's first-order expansion learns (see `linearized`).
    """

    name: str
    title: str
    about: str
    paper: str
    rate: float
    examples: tuple[ExampleKind, ...] = ("images", "texts")
    knobs: tuple[Knob, ...] = ()
    head: str | None = None
    context: float = 0.0
    remakes_heads: bool = False
    loss: TextLoss | None = None
    tangent: bool = False

    def start(self, model: Any, family: ModelFamily, *, setup: "Setup") -> Moving:
        """Make the network of `model` ready, in place; SettingError where it cannot be."""
        raise NotImplementedError


@dataclass(frozen=True)
class Setup:
    """What a way is asked for: its settings, the seed of what it draws, and the classes' names."""

    settings: Mapping[str, float]
    seed: int = 0
    classnames: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class DirectlyMoved(Way):
    """A way that moves parameters themselves: `chosen` says which, from a model and its family."""

    chosen: Callable[[Any, ModelFamily], list[str]]

    def start(self, model: Any, family: ModelFamily, *, setup: Setup) -> Moving:
        """Make the network of `model` ready, in place; SettingError where nothing would move."""
        names = self.chosen(model, family)
        if not names:
            raise SettingError(f"{self.title} finds nothing to move in {family.title}")
        return ParametersMoved(model.network, names)


class ParametersMoved:
    """Parameters that move themselves; `neutral` are those that were put beside the base's own."""

    def __init__(self, network: Any, names: list[str], *, neutral: Weights | None = None) -> None:
        own = dict(network.named_parameters())
        self.trained = names
        self.neutral = neutral or {}
        self._moved = {name: own[name] for name in names}
        self.count = sum(parameter.numel() for parameter in self._moved.values())

    def weights(self) -> dict[str, Tensor]:
        """The parameters as they are now; a copy."""
        return {name: p.detach().float().cpu().clone() for name, p in self._moved.items()}


def checked_settings(way: Way, settings: Mapping[str, object]) -> dict[str, float]:
    """Every knob of `way` with its value; SettingError for one it lacks, or out of bounds."""
    known = {knob.name: knob for knob in way.knobs}
    for name in settings:
        if name not in known:
            there = ", ".join(known) or "none"
            raise SettingError(f"{way.title} has no setting {name!r:.40}; it has {there}")
    return {name: knob.checked(settings.get(name, knob.value)) for name, knob in known.items()}


def model_shapes(model: Any) -> dict[str, tuple[int, ...]]:
    """Shapes of all parameters by name."""
    return {name: tuple(p.shape) for name, p in model.network.named_parameters()}
