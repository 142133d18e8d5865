"""The sequence recipe: fine-tune on one task after the other, and beside it add the same tasks.

Learning rates and coefficients are chosen on validation; test is asked once, at the end.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from taskarith.core import TaskVector
from taskarith.errors import RecipeError
from taskarith.evaluation import Estimate
from taskarith.recipes.lab import Course, Lab
from taskarith.recipes.sequence.loss_plane import SIDE, loss_plane
from taskarith.recipes.sequence.protocol import (
    FASTER,
    GRID,
    ROUNDS,
    choose_coefficient,
    choose_faster,
    drawn_orders,
    largest_curvature,
    plus,
)
from taskarith.recipes.sequence.result import (
    PLAIN,
    PRETRAINED,
    SHARP,
    SHUFFLED,
    Added,
    Chain,
    SequenceResult,
)
from taskarith.recipes.tuning import TUNING

__all__ = ["EXAMPLES", "MOST_TASKS", "ORDERS", "RADIUS", "STEPS", "SequenceRecipe"]

MOST_TASKS = 6
ORDERS, STEPS, EXAMPLES = 3, 40, 256
RADIUS = 0.05  # ρ of sharpness-aware minimization, as its paper has it
CURVED_ON = 64  # examples for the curvature
SEED = 3

Edit = dict[str, float]


@dataclass(frozen=True)
class SequenceRecipe:
    """Learn `tasks` one after the other in several orders.

    Attributes:
        orders: how many.
        steps, examples: of each fine-tuning, which takes the first training examples.
    """

    tasks: tuple[str, ...]
    orders: int = ORDERS
    steps: int = STEPS
    examples: int = EXAMPLES

    def __post_init__(self) -> None:
        if not 2 <= len(self.tasks) <= MOST_TASKS:
            raise RecipeError(
                f"a sequence is of 2 to {MOST_TASKS} tasks, got "
                f"{', '.join(self.tasks) or 'none'}; name as many that have right answers"
            )
        if min(self.orders, self.steps, self.examples) < 1:
            raise RecipeError(
                "a sequence needs at least 1 order, 1 step and 1 example a task, got "
                f"{self.orders}, {self.steps} and {self.examples}"
            )

    def evaluations(self) -> int:
        """The most evaluations that `run` takes; a gradient and a fine-tuning count as one."""
        count = len(self.tasks)
        orders = len(drawn_orders(self.tasks, count=self.orders))
        chain = count + (count + 1) * count + (1 + 2 * ROUNDS) + (len(GRID) + 1) * count
        added = 2 * count + count + (len(GRID) + 1) * count
        plane = 2 * (SIDE**2 + count + 2)
        starts = 2 * 2 * len(FASTER) + 2 * (1 + count) + 2 * count
        return 2 * 2 * (orders * chain + added) + starts + plane

    def learned(self) -> int:
        """How many examples all steps go through, as usual batches are; sharpness-aware ones twice.

        A joint training takes as many steps as a sequence.
        """
        count = len(self.tasks)
        orders = len(drawn_orders(self.tasks, count=self.orders))
        plain_and_sharp = (1 + 2) * (count + orders * count)
        trainings = 2 * (plain_and_sharp + len(FASTER) + count)
        return trainings * self.steps * TUNING.few.batch

    def run(self, lab: Lab) -> SequenceResult:
        """Choose on validation as it goes, then measure everything once on test."""
        orders = drawn_orders(self.tasks, count=self.orders)
        with ExitStack() as keep:
            shuffled = keep.enter_context(lab.hold(lab.shuffled(SEED)))
            starts: dict[str, Edit] = {PRETRAINED: {}, SHUFFLED: {shuffled: 1.0}}
            faster = {
                name: choose_faster(
                    lab, start, self.tasks[0], examples=self.examples, steps=self.steps
                )
                for name, start in starts.items()
            }
            trainings = [
                _Training(name, start, way, self._course(faster[name], way))
                for name, start in starts.items()
                for way in (PLAIN, SHARP)
            ]
            added = [self._add(lab, keep, one) for one in trainings]
            learned = [
                self._learn(lab, keep, one, order, alone)
                for one, (alone, _) in zip(trainings, added, strict=True)
                for order in orders
            ]
            first = learned[0]  # from the pretrained weights, plain
            plane = loss_plane(
                lab,
                first.edits,
                order=first.order,
                start=first.training.name,
                way=first.training.way,
            )
            joint = {
                name: self._train_jointly(lab, keep, start, faster[name])
                for name, start in starts.items()
            }
            return SequenceResult(
                tasks=self.tasks,
                before={name: self._ask(lab, start) for name, start in starts.items()},
                faster=faster,
                chains=tuple(self._measured(lab, one) for one in learned),
                added=tuple(
                    self._summed(lab, one, alone, value)
                    for one, (alone, value) in zip(trainings, added, strict=True)
                ),
                joint={name: self._ask(lab, edit) for name, edit in joint.items()},
                steps=self.steps,
                examples=self.examples,
                sample=lab.sample,
                planes=(plane,),
            )

    # ---- on validation ------------------------------------------------------------------------

    def _add(
        self, lab: Lab, keep: ExitStack, training: "_Training"
    ) -> tuple[dict[str, str], float]:
        """A vector of each task alone, and the λ at which their sum is best."""
        alone = {
            task: self._tune(lab, keep, training.start, (task,), training.course)
            for task in self.tasks
        }
        value = choose_coefficient(lab, training.start, list(alone.values()), self.tasks)
        return alone, value

    def _learn(
        self,
        lab: Lab,
        keep: ExitStack,
        training: "_Training",
        order: tuple[str, ...],
        alone: Mapping[str, str],
    ) -> "_Learned":
        edits: list[Edit] = [dict(training.start)]
        for task in order:
            vector = self._tune(lab, keep, edits[-1], (task,), training.course)
            edits.append({**edits[-1], vector: 1.0})

        def slope(edit: Mapping[str, float]) -> TaskVector:
            return lab.gradient(edit, order[0], split="validation", examples=CURVED_ON)

        curvature = largest_curvature(lab, slope, edits[1])
        earlier = [alone[task] for task in order[:-1]]
        value = choose_coefficient(lab, edits[-1], earlier, self.tasks)
        mended = plus(edits[-1], dict.fromkeys(earlier, value))
        return _Learned(training, order, tuple(edits), curvature, value, mended)

    def _tune(
        self, lab: Lab, keep: ExitStack, start: Edit, tasks: tuple[str, ...], course: Course
    ) -> str:
        return keep.enter_context(
            lab.tune(start, tasks, split="train", examples=self.examples, course=course)
        )

    def _course(self, faster: float, way: str) -> Course:
        return Course(steps=self.steps, faster=faster, sharpness=RADIUS if way == SHARP else 0.0)

    def _train_jointly(self, lab: Lab, keep: ExitStack, start: Edit, faster: float) -> Edit:
        """All tasks at once, in as many steps as a sequence takes."""
        course = Course(steps=self.steps * len(self.tasks), faster=faster)
        return {**start, self._tune(lab, keep, start, self.tasks, course): 1.0}

    # ---- on test ------------------------------------------------------------------------------

    def _ask(self, lab: Lab, edit: Edit) -> dict[str, Estimate]:
        return dict(lab.score(edit, self.tasks, split="test"))

    def _measured(self, lab: Lab, learned: "_Learned") -> Chain:
        return Chain(
            start=learned.training.name,
            way=learned.training.way,
            order=learned.order,
            accuracies=tuple(self._ask(lab, edit) for edit in learned.edits),
            curvature=learned.curvature,
            mending=learned.mending,
            mended=self._ask(lab, learned.mended),
        )

    def _summed(
        self, lab: Lab, training: "_Training", alone: Mapping[str, str], value: float
    ) -> Added:
        start = training.start
        own = {
            task: lab.score({**start, vector: 1.0}, [task], split="test")[task]
            for task, vector in alone.items()
        }
        together = self._ask(lab, plus(start, dict.fromkeys(alone.values(), value)))
        return Added(training.name, training.way, value, own, together)


@dataclass(frozen=True)
class _Training:
    """From where, and how."""

    name: str
    start: Edit
    way: str
    course: Course


@dataclass(frozen=True)
class _Learned:
    """A sequence as it was learned: the edit after each task, the start first."""

    training: _Training
    order: tuple[str, ...]
    edits: tuple[Edit, ...]
    curvature: float
    mending: float
    mended: Edit
