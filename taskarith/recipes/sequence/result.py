"""A sequence's result: every task after each task that was learned, and what was forgotten."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from taskarith.evaluation import Estimate
from taskarith.recipes.interval import Interval, mean_interval
from taskarith.recipes.result import Result, Row, Table, shown
from taskarith.recipes.sample import Sample, measured_by
from taskarith.recipes.sequence.loss_plane import Plane

__all__ = ["PLAIN", "PRETRAINED", "SHARP", "SHUFFLED", "Added", "Chain", "SequenceResult"]

PRETRAINED, SHUFFLED = "pretrained", "shuffled"
PLAIN, SHARP = "plain", "sharpness-aware"


@dataclass(frozen=True)
class Chain:
    """Tasks learned one after the other, on test.

    Attributes:
        start, way: from which weights, and how each task was learned.
        accuracies: of every task at the start and after each task of `order`.
        curvature: the largest eigenvalue of the first task's loss right after it was learned.
        mending: λ at which the earlier tasks' own vectors were added to the end.
        mended: every task then.
    """

    start: str
    way: str
    order: tuple[str, ...]
    accuracies: tuple[dict[str, Estimate], ...]
    curvature: float
    mending: float
    mended: dict[str, Estimate]

    def at_end(self) -> dict[str, float]:
        """The skill of each task after the whole sequence."""
        return {task: one.skill for task, one in self.accuracies[-1].items()}

    def learned(self) -> dict[str, float]:
        """What each task gained from the start to right after it was learned."""
        first = self.accuracies[0]
        return {
            task: self.accuracies[place + 1][task].skill - first[task].skill
            for place, task in enumerate(self.order)
        }

    def forgotten(self) -> dict[str, float]:
        """What each task but the last lost from right after it was learned to the end."""
        return {
            task: self.accuracies[place + 1][task].skill - self.accuracies[-1][task].skill
            for place, task in enumerate(self.order[:-1])
        }

    def forward(self) -> dict[str, float]:
        """What each task but the first gained before it was learned itself."""
        first = self.accuracies[0]
        return {
            task: self.accuracies[place][task].skill - first[task].skill
            for place, task in enumerate(self.order)
            if place
        }


@dataclass(frozen=True)
class Added:
    """The same tasks learned each from the start and added, start + λ·Σ τ, on test.

    Attributes:
        alone: of each task by its own model.
    """

    start: str
    way: str
    coefficient: float
    alone: dict[str, Estimate]
    together: dict[str, Estimate]


@dataclass(frozen=True)
class SequenceResult(Result):
    """Sequences of the same tasks from two starts, learned in two ways, in several orders.

    Attributes:
        before: every task at each start.
        faster: times the usual learning rate, chosen for each start.
        joint: every task after training on all at once, from each start.
        planes: the loss around the first sequence's path; older results have none.
    """

    name: ClassVar[str] = "sequence"
    title: ClassVar[str] = "One task after the other, or added"
    published: ClassVar[str] = (
        "Mehta et al. (arXiv 2112.09153, JMLR 24:214), sequences of 5 and 15 tasks of pictures and "
        "texts: pretrained models forget less than ones that start at random, their minima are "
        "wider, and sharpness-aware minimization flattens them further and forgets less still"
    )

    tasks: tuple[str, ...]
    before: dict[str, dict[str, Estimate]]
    faster: dict[str, float]
    chains: tuple[Chain, ...]
    added: tuple[Added, ...]
    joint: dict[str, dict[str, Estimate]]
    steps: int
    examples: int
    sample: Sample
    planes: tuple[Plane, ...] = ()

    @property
    def measure(self) -> str:
        """What the tasks are counted by."""
        return measured_by(self.before[PRETRAINED].values())

    def kinds(self) -> list[tuple[str, str]]:
        """Every start and way, in the order of the tables."""
        return list(dict.fromkeys((chain.start, chain.way) for chain in self.chains))

    def of(self, start: str, way: str) -> list[Chain]:
        """The sequences of one start and way, an order each."""
        return [chain for chain in self.chains if (chain.start, chain.way) == (start, way)]

    def by_task(
        self, start: str, way: str, what: Callable[[Chain], dict[str, float]]
    ) -> dict[str, float]:
        """`what` of each task, in the mean over the orders in which it has it."""
        found = [what(chain) for chain in self.of(start, way)]
        return {
            task: fmean(one[task] for one in found if task in one)
            for task in self.tasks
            if any(task in one for one in found)
        }

    def protocol(self) -> str:
        """How it was measured."""
        orders = len(self.of(PRETRAINED, PLAIN))
        rates = " and ".join(f"{value:g} from {start}" for start, value in self.faster.items())
        return (
            f"{len(self.tasks)} tasks ({', '.join(self.tasks)}) are learned one after the other "
            f"in {orders} order{'s' if orders > 1 else ''}, each in {self.steps} steps on the "
            f"first {self.examples} training {self.sample.examples}, from the pretrained weights "
            "and from shuffled ones: every matrix that fine-tuning moves, its numbers in random "
            "order, as large and knowing nothing (embeddings and norms stay pretrained). "
            f"{PLAIN.capitalize()} or {SHARP} (ρ = 0.05, two passes a step). The learning rate, "
            "in times the usual one, is chosen for each start on the first task's validation "
            f"{self.sample.examples} ({self.sample.each}) among 1, 3 and 10: {rates}. Beside it "
            "the same tasks, each learned from the start in as many steps and added with one λ, "
            f"the best of 0 to 1 on validation in the mean {self.measure}{self.sample.by}; the "
            "end of the sequence with the earlier tasks' vectors added, λ chosen likewise; and all "
            f"tasks trained jointly in as many steps together. The numbers are {self.sample.once}. "
            "Forgotten: from right after a task was learned to the end. Forward transfer: from the "
            "start to right before it is learned. Intervals of means are Student's over tasks. "
            "Curvature is the largest eigenvalue of the first task's loss (64 validation "
            f"{self.sample.examples}) right after it was learned, by power iteration."
            f"{self._planes_told()}"
        )

    def tables(self) -> list[Table]:
        """Every start and way; every task after each task; the sums."""
        return [
            Table("Sequences", [self._row(*kind) for kind in self.kinds()]),
            Table("Task after task", [row for chain in self.chains for row in self._steps(chain)]),
            Table("Added and joint", self._others()),
            *(Table("Loss along the path", _along(plane)) for plane in self.planes),
        ]

    def findings(self) -> list[str]:
        """What forgets less, and whether adding does better than learning one by one."""
        lines = [
            self._against(
                "from shuffled weights", (SHUFFLED, PLAIN), (PRETRAINED, PLAIN), PRETRAINED
            ),
            self._against(SHARP, (PRETRAINED, SHARP), (PRETRAINED, PLAIN), PLAIN),
        ]
        for start, way in self.kinds():
            added = self._added(start, way)
            ends = fmean(self.by_task(start, way, Chain.at_end).values())
            lines.append(
                f"{start}, {way}: {100 * ends:.1f} at the end of the sequence, "
                f"{100 * _mean(added.together.values()):.1f} added at λ = {added.coefficient:g}, "
                f"{100 * _mean(self.joint[start].values()):.1f} trained jointly, "
                f"{100 * _mean(self.before[start].values()):.1f} at the start (mean over tasks)"
            )
        return lines

    def _planes_told(self) -> str:
        if not self.planes:
            return ""
        return (
            " The loss is looked at on a plane through the start, the end of the first task and "
            f"the end of the first {PRETRAINED}, {PLAIN} sequence: cross-entropy of its first and "
            f"last task on validation ({self.sample.each}); other end points are shown where they "
            "are nearest to."
        )

    def _against(self, what: str, one: tuple[str, str], other: tuple[str, str], called: str) -> str:
        """How much more (or less) is forgotten one way than the other, over tasks."""
        mine, theirs = (self.by_task(*kind, Chain.forgotten) for kind in (one, other))
        more = mean_interval([mine[task] - theirs[task] for task in mine], units="tasks")
        learned = [fmean(self.by_task(*kind, Chain.learned).values()) for kind in (one, other)]
        curved = [fmean(chain.curvature for chain in self.of(*kind)) for kind in (one, other)]
        return (
            f"{what}: {shown(more)} points more forgotten than {called}, over {more.over} "
            f"({100 * learned[0]:.1f} points learned to forget, against {100 * learned[1]:.1f}; "
            f"curvature {curved[0]:.3g} against {curved[1]:.3g})"
        )

    def _added(self, start: str, way: str) -> Added:
        return next(one for one in self.added if (one.start, one.way) == (start, way))

    def _row(self, start: str, way: str) -> Row:
        def told(what: Callable[[Chain], dict[str, float]]) -> Interval:
            return mean_interval(list(self.by_task(start, way, what).values()), units="tasks")

        chains = self.of(start, way)
        added = self._added(start, way)
        learned = told(Chain.learned)
        forgotten = told(Chain.forgotten)
        share = forgotten.value / learned.value if learned.value > 0 else None
        return {
            "start": start,
            "way": way,
            "at the start": _mean(self.before[start].values(), percent=True),
            "learned": learned,
            "forgotten": forgotten,
            "forgotten ÷ learned": share,
            "forward transfer": told(Chain.forward),
            "at the end": told(Chain.at_end),
            "end, mended by vectors": _over_tasks([chain.mended for chain in chains]),
            "added": _over_tasks([added.together]),
            "λ": added.coefficient,
            "joint": _over_tasks([self.joint[start]]),
            "curvature": float(f"{fmean(chain.curvature for chain in chains):.4g}"),
        }

    def _steps(self, chain: Chain) -> list[Row]:
        mended = f"end + {chain.mending:g} × earlier vectors"
        done = zip(
            ["nothing", *chain.order, mended], [*chain.accuracies, chain.mended], strict=True
        )
        return [
            {
                "start": chain.start,
                "way": chain.way,
                "order": " → ".join(chain.order),
                "after": after,
                **{task: estimates[task] for task in self.tasks},
            }
            for after, estimates in done
        ]

    def _others(self) -> list[Row]:
        rows: list[Row] = []
        for one in self.added:
            rows.append({"start": one.start, "model": f"each alone, {one.way}", **one.alone})
            model = f"added at λ = {one.coefficient:g}, {one.way}"
            rows.append({"start": one.start, "model": model, **one.together})
        rows += [{"start": s, "model": "trained jointly", **own} for s, own in self.joint.items()]
        return [{**row, **{task: row[task] for task in self.tasks}} for row in rows]


def _along(plane: Plane) -> list[Row]:
    """The losses at the end points of a path, and how far each is from the plane."""
    return [
        {
            "after": place.after or f"nothing ({plane.start}, {plane.way})",
            **{f"loss of {task}": f"{loss:.3f}" for task, loss in place.losses.items()},
            "x": f"{place.x:.3g}",
            "y": f"{place.y:.3g}",
            "off the plane": f"{place.off:.2g}",
        }
        for place in plane.path
    ]


def _mean(estimates: Iterable[Estimate], *, percent: bool = False) -> float:
    value = fmean(one.skill for one in estimates)
    return 100 * value if percent else value


def _over_tasks(found: Sequence[dict[str, Estimate]]) -> Interval:
    """The mean over tasks of the mean over several measurements of each."""
    return mean_interval(
        [fmean(one[task].skill for one in found) for task in found[0]], units="tasks"
    )
