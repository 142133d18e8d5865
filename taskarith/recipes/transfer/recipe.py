"""The transfer recipe: what vectors do to other tasks, what joint training gives, what tells it.

Nothing is chosen: every vector is taken whole (λ = 1), and test is asked once. How an edit is
measured, a gradient taken and a model trained stays behind the lab.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from taskarith.errors import RecipeError
from taskarith.evaluation import PairedDifference
from taskarith.recipes.lab import Answers, Course, Lab
from taskarith.recipes.transfer.protocol import predictors
from taskarith.recipes.transfer.result import Crossing, Joint, TransferResult

__all__ = ["EXAMPLES", "LEAST", "PAIRS", "TransferRecipe", "drawn_pairs"]

LEAST = 3  # tasks: with two there is nothing to rank
PAIRS = 6
EXAMPLES = 256  # of each task, for gradients and for joint training
STEPS = 60  # of joint training, and of training on one task of a pair alone
FASTER = 3.0  # times the usual learning rate, for so few steps
SEED = 11


@dataclass(frozen=True)
class TransferRecipe:
    """Measure transfer between `tasks`, each of which has a vector of its name.

    Attributes:
        pairs: those that are trained on jointly; (): none.
        mixture: whether all tasks are trained on together, too.
        examples: of each task, for gradients (validation) and for training (train).
    """

    tasks: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = ()
    mixture: bool = False
    examples: int = EXAMPLES

    def __post_init__(self) -> None:
        if len(self.tasks) < LEAST:
            raise RecipeError(
                f"transfer is ranked over pairs of at least {LEAST} tasks, got "
                f"{', '.join(self.tasks) or 'none'}; name more tasks that have a vector"
            )
        if self.examples < 1:
            raise RecipeError(f"gradients need at least 1 example, asked for {self.examples}")

    def evaluations(self) -> int:
        """The most evaluations that `run` takes; a gradient and a fine-tuning count as one."""
        count, trained = len(self.tasks), len(self._trained())
        joint = 3 * len(self.pairs) + (1 + count if self.mixture else 0)
        return count + 2 * count * count + count + 2 * trained + joint

    def run(self, lab: Lab) -> TransferResult:
        """Take gradients on validation, train on train, then measure everything once on test."""
        vectors = {task: lab.direction(task) for task in self.tasks}
        gradients = {
            task: lab.gradient({}, task, split="validation", examples=self.examples)
            for task in self.tasks
        }
        told = {
            name: tuple(tuple(row) for row in matrix.tolist())
            for name, matrix in predictors(vectors, gradients).items()
        }
        before = {task: lab.answer({}, task, split="test") for task in self.tasks}
        crossings = tuple(
            self._crossing(lab, taught, asked, before[asked])
            for taught in self.tasks
            for asked in self.tasks
        )
        alone = {task: self._trained_on(lab, (task,), (task,))[task] for task in self._trained()}
        joint = tuple(
            Joint(pair, task, alone[task].estimate, told.estimate, told.against(alone[task]))
            for pair in self.pairs
            for task, told in self._trained_on(lab, pair, pair).items()
        )
        return TransferResult(
            tasks=self.tasks,
            pretrained={task: answers.estimate for task, answers in before.items()},
            crossings=crossings,
            predicted=told,
            joint=joint,
            mixture=self._mixture(lab, alone),
            examples=self.examples,
            steps=STEPS,
            sample=lab.sample,
        )

    def _crossing(self, lab: Lab, taught: str, asked: str, before: Answers) -> Crossing:
        def changed(edit: Mapping[str, float]) -> PairedDifference:
            return lab.answer(edit, asked, split="test").against(before)

        return Crossing(taught, asked, changed({taught: 1.0}), changed({f"random:{taught}": 1.0}))

    def _mixture(self, lab: Lab, alone: Mapping[str, Answers]) -> tuple[Joint, ...]:
        if not self.mixture:
            return ()
        together = self._trained_on(lab, self.tasks, tuple(alone))
        return tuple(
            Joint(self.tasks, task, alone[task].estimate, told.estimate, told.against(alone[task]))
            for task, told in together.items()
        )

    def _trained_on(
        self, lab: Lab, tasks: tuple[str, ...], asked: tuple[str, ...]
    ) -> dict[str, Answers]:
        course = Course(steps=STEPS, faster=FASTER)
        with lab.tune({}, tasks, split="train", examples=self.examples, course=course) as vector:
            return {task: lab.answer({vector: 1.0}, task, split="test") for task in asked}

    def _trained(self) -> tuple[str, ...]:
        """The tasks that are trained on alone, to compare with."""
        if self.mixture:
            return self.tasks
        return tuple(dict.fromkeys(task for pair in self.pairs for task in pair))


def drawn_pairs(tasks: tuple[str, ...], *, count: int) -> tuple[tuple[str, str], ...]:
    """`count` pairs of different tasks at most, drawn so that each task comes about as often.

    >>> pairs = drawn_pairs(("a", "b", "c", "d"), count=2)
    >>> sorted(task for pair in pairs for task in pair)
    ['a', 'b', 'c', 'd']
    """
    every = [(one, two) for i, one in enumerate(tasks) for two in tasks[i + 1 :]]
    order = np.random.default_rng(SEED).permutation(len(every))
    left = [every[index] for index in order]
    often = dict.fromkeys(tasks, 0)
    drawn: list[tuple[str, str]] = []
    while left and len(drawn) < count:
        pair = min(left, key=lambda pair: often[pair[0]] + often[pair[1]])
        left.remove(pair)
        drawn.append(pair)
        for task in pair:
            often[task] += 1
    return tuple(drawn)
