"""What a way of fine-tuning is: which numbers move, and what is asked of the model beside its task.

Each leaves another direction behind. Knows networks and their families; nothing of examples.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from taskarith.errors import SettingError
from taskarith.models.family import ModelFamily

__all__ = ["DirectlyMoved", "Knob", "Moving", "Way", "Weights", "checked_settings", "model_shapes"]

Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class Knob:
    """A setting of a way: a number within bounds."""

    name: str
    about: str
    value: float
    least: float
    most: float
    whole: bool = False

    def checked(self, value: object) -> float:
        """`value` as a number within the bounds; SettingError for anything else.

        >>> Knob("rank", "of B·A", 8, 1, 256, whole=True).checked("4")
        4.0
        """
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


class Moving(Protocol):
    """A network made ready: what an optimizer moves, and the weights that come of it.

    Attributes:
        trained: names of the network's parameters that are optimized.
        count: how many numbers those are.
    """

    trained: list[str]
    count: int

    def weights(self) -> dict[str, Tensor]:
        """The weights as they are now, under the base's names; a copy."""


class Way(Protocol):
    """A way of fine-tuning."""

    @property
    def name(self) -> str:
        """What command lines and files call it."""

    @property
    def title(self) -> str:
        """A name for people."""

    @property
    def about(self) -> str:
        """What it does, in a few words."""

    @property
    def paper(self) -> str:
        """Where it was described."""

    @property
    def rate(self) -> float:
        """The learning rate that suits it."""

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """Its own settings."""

    @property
    def head(self) -> str | None:
        """The kind of head it starts from, where that is part of it."""

    @property
    def context(self) -> float:
        """How strongly a picture is to stay near the same prompts (see `car_ft`); mostly 0."""

    def start(
        self, model: Any, family: ModelFamily, *, settings: Mapping[str, float], seed: int
    ) -> Moving:
        """Make the network of `model` ready, in place; SettingError where it cannot be."""


@dataclass(frozen=True)
class DirectlyMoved:
    """A way that moves parameters themselves: `chosen` says which, from a model and its family."""

    name: str
    title: str
    about: str
    paper: str
    rate: float
    chosen: Callable[[Any, ModelFamily], list[str]]
    knobs: tuple[Knob, ...] = ()
    head: str | None = None
    context: float = 0.0

    def start(
        self, model: Any, family: ModelFamily, *, settings: Mapping[str, float], seed: int
    ) -> Moving:
        """Make the network of `model` ready, in place; SettingError where nothing would move."""
        names = self.chosen(model, family)
        if not names:
            raise SettingError(f"{self.title} finds nothing to move in {family.title}")
        return _Parameters(model.network, names)


class _Parameters:
    """Parameters that move themselves."""

    def __init__(self, network: Any, names: list[str]) -> None:
        own = dict(network.named_parameters())
        self.trained = names
        self._moved = {name: own[name] for name in names}
        self.count = sum(parameter.numel() for parameter in self._moved.values())

    def weights(self) -> dict[str, Tensor]:
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
