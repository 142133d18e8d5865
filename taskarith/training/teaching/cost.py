"""What a teaching will take, said before it starts: seconds and memory, from one measured step."""

import time
from dataclasses import dataclass

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from taskarith.suites.suite import Suite
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
    """How quick a base is on this machine.

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
        steps = how.steps * batch * (2 if how.sharpness else 1)
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
    """Load the base once and time one step on a few pictures; for bases of pictures."""
    suite.model()  # loads its library
    started = time.monotonic()
    model = suite.model()
    starting = time.monotonic() - started
    transform = suite.picture_transform
    side = transform.side if transform is not None else model.image_size
    names = encoding_parameters(model, suite.weights.family)
    parameters = dict(model.network.named_parameters())
    for name in names:
        parameters[name].requires_grad_(True)
    pictures = model.normalize(torch.zeros(TIMED, side, side, 3, dtype=torch.uint8))
    times = []
    for _ in range(REPEATED):  # the first one warms up, and another program may be in the way
        started = time.monotonic()
        with sdpa_kernel(SDPBackend.MATH):
            model.vision(pictures).sum().backward()
        times.append(time.monotonic() - started)
    return Speed(
        picture=min(times) / TIMED,
        starting=starting,
        parameters=sum(p.numel() for p in parameters.values()),
        encoding=sum(parameters[name].numel() for name in names),
    )
