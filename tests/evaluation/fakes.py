"""A predictor without a model, which can be held between two steps."""

import threading
from collections.abc import Callable, Sequence

import numpy as np

from taskarith.core import Edit
from taskarith.evaluation.plan import Part, Step
from taskarith.evaluation.results import ResultKey
from taskarith.evaluation.worker import Failure, Finished, Message
from taskarith.tasks import SplitName
from taskarith.tasks.metric import ACCURACY, Metric

TOTAL = 100
PATIENCE = 20.0  # seconds until a test that hangs fails


class FakePredictor:
    """Answers 0 to everything; true labels are 0, 1, 0, 1, … It writes down what it computed.

    `on_predict` is called, with the edit, before each answer: tests make it wait or raise.
    """

    def __init__(self, on_predict: Callable[[Edit], None] = lambda edit: None) -> None:
        self.on_predict = on_predict
        self.computed: list[tuple[Edit, tuple[Part, ...]]] = []
        self.threads: set[int] = set()
        self._edit = Edit("fake")

    def use(self, edit: Edit) -> Callable[[], float]:
        self._edit = edit
        return lambda: 0.001

    def predict_parts(self, parts: Sequence[Part], *, split: SplitName) -> list[np.ndarray]:
        self.threads.add(threading.get_ident())
        self.computed.append((self._edit, tuple(parts)))
        self.on_predict(self._edit)
        return [np.zeros(part.stop - part.start, dtype=np.int32) for part in parts]

    def labels(self, task: str, split: SplitName) -> np.ndarray:
        return (np.arange(TOTAL) % 2).astype(np.int32)

    def metric(self, task: str) -> Metric:
        return ACCURACY

    def key(self, edit: Edit, *, task: str, split: SplitName) -> ResultKey:
        return ResultKey("fake", edit.key(), task, split, "images", "fake")


class Gate:
    """Holds whoever calls `wait` until the test opens it, and tells the test that one waits."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._opened = threading.Event()

    def wait(self) -> None:
        self._reached.set()
        assert self._opened.wait(PATIENCE)

    def until_reached(self) -> None:
        assert self._reached.wait(PATIENCE)

    def open(self) -> None:
        self._opened.set()


class Receiver:
    """Collects the messages of one request until its last."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._ended = threading.Event()

    def __call__(self, message: Message) -> None:
        self.messages.append(message)
        if isinstance(message, Finished | Failure):
            self._ended.set()

    def last(self) -> Message:
        assert self._ended.wait(PATIENCE), self.messages
        return self.messages[-1]


def edit(name: str, value: float = 1.0) -> Edit:
    return Edit("fake", {name: value})


def steps(name: str, count: int, *, size: int = 10) -> list[Step]:
    """`count` steps that walk through one task under an edit of that name."""
    return [
        Step(edit(name), (Part("task", index * size, (index + 1) * size),))
        for index in range(count)
    ]
