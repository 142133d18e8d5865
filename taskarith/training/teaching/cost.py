"""What a teaching will take, said before it starts: seconds and memory, from one measured step."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from taskarith.heads.head import Prompts
from taskarith.heads.text_loss import text_loss
from taskarith.suites.suite import Suite
from taskarith.tasks.examples import Texts
from taskarith.training.teaching.anchoring import BATCH as ANCHOR_BATCH
from taskarith.training.teaching.how import How
from taskarith.training.teaching.suggesting import COEFFICIENTS
from taskarith.training.teaching.teach import SEEN as SEEN_AT_LAST
from taskarith.training.teaching.watching import LOOKS, SEEN
from taskarith.training.ways.full import encoding_parameters

__all__ = ["Speed", "measured_speed"]

TIMED, REPEATED = 16, 4  # pictures of a step, and steps
PROCESS = 8.0  # seconds that a process takes to begin, on two cores
# Of a step that learns, the share that only looking takes.
LOOKING = 0.3
FLOAT = 4  # bytes


@dataclass(frozen=True)
class Speed:
    """How quick a base is on this machine. A picture stands for any example.

    Attributes:
        picture: seconds that a picture of a step takes.
        starting: seconds to load the model.
        parameters: of the whole model, and `encoding` those that examples go through.
    """

    picture: float
    starting: float
    parameters: int
    encoding: int

    def seconds(self, how: How, *, learned: int, validated: int) -> float:
        """About how long a teaching on so many examples takes."""
        batch = min(how.batch, learned) + (ANCHOR_BATCH if how.anchor else 0)
        steps = how.steps * batch * (2 if how.sharpness else 1) * (3 if how.found.tangent else 1)
        looks = (LOOKS + 1) * (SEEN + min(SEEN, validated))
        last = (len(COEFFICIENTS) + 1) * (SEEN_AT_LAST + min(SEEN_AT_LAST, validated))
        loads = len(COEFFICIENTS) + 3
        learning = self.picture * (steps + LOOKING * (looks + last))
        return PROCESS + learning + loads * self.starting

    def memory(self, how: How) -> int:
        """About how many bytes weights, gradients and the optimizer's two moments take."""
        moved = self.encoding if how.found.knobs == () else self.encoding // 4
        return FLOAT * (2 * self.parameters + 3 * moved)


def measured_speed(suite: Suite) -> Speed:
    """Load the base once and time steps on a few examples."""
    suite.model()  # loads its library
    started = time.monotonic()
    model = suite.model()
    starting = time.monotonic() - started
    names = encoding_parameters(model, suite.weights.family)
    parameters = dict(model.network.named_parameters())
    for name in names:
        parameters[name].requires_grad_(True)
    step = _step(suite, model)
    times = []
    for _ in range(REPEATED):  # the first one warms up, and another program may be in the way
        started = time.monotonic()
        with sdpa_kernel(SDPBackend.MATH):
            step().backward()
        times.append(time.monotonic() - started)
    return Speed(
        picture=min(times) / TIMED,
        starting=starting,
        parameters=sum(p.numel() for p in parameters.values()),
        encoding=sum(parameters[name].numel() for name in names),
    )


def _step(suite: Suite, model: Any) -> Callable[[], Tensor]:
    """A step on a few pictures, or on a few texts of the control."""
    transform = suite.picture_transform
    if transform is not None:
        side = transform.side
        pictures = model.normalize(torch.zeros(TIMED, side, side, 3, dtype=torch.uint8))
        return lambda: model.vision(pictures).sum()
    texts = suite.split(suite.control, "validation")
    assert isinstance(texts, Texts)
    rows = torch.arange(min(TIMED, len(texts)))
    prompts, head = Prompts.of(model, texts).take(rows), suite.head(suite.control)
    return lambda: text_loss(head, model, prompts, texts.labels[rows])
