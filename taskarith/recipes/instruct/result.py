"""Instruction tuning's result: every model at three levels, and its vector beside others."""

from dataclasses import dataclass
from typing import ClassVar

from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.instruct.protocol import CAP, CAPPED, UNSEEN_CATEGORY
from taskarith.recipes.instruct.wording import BARE, DEMONSTRATIONS, INSTRUCTIONS, SHOWN, SHUFFLED
from taskarith.recipes.interval import Interval, in_points
from taskarith.recipes.model_size import OtherSize, fingerprints
from taskarith.recipes.result import Cell, Result, Row, Table
from taskarith.recipes.sample import Sample
from taskarith.worlds.texts import TEXT_FAMILIES

__all__ = ["Beside", "InstructResult", "Model", "Sized", "Step"]


@dataclass(frozen=True)
class Model:
    """One model, on test.

    Attributes:
        kind: how it was taught.
        categories: how many categories it has seen.
        shown: whether demonstrations stood in front of the questions.
        levels: mean accuracy of each level's tasks.
        over_untuned: the change against the untuned model asked alike; None for itself.
        tasks: accuracy by task.
    """

    kind: str
    categories: int
    shown: bool
    levels: dict[str, Interval]
    over_untuned: dict[str, Interval] | None
    tasks: dict[str, Estimate]


@dataclass(frozen=True)
class Step:
    """θ₀ + λ·ι on validation, where ι is the instruction vector; ι was seen with λ = 1."""

    coefficient: float
    levels: dict[str, Interval]


@dataclass(frozen=True)
class Beside:
    """A task of the suite under its own vector τ, τ + λι and τ − λι, on test."""

    task: str
    pretrained: Estimate
    instructed: Estimate
    alone: Estimate
    added: Estimate
    taken: Estimate
    change_added: PairedDifference
    change_taken: PairedDifference


@dataclass(frozen=True)
class Sized:
    """A base of one size, on test: untuned, and taught with shuffled and with right answers.

    Attributes:
        other: the suite that it is the base of; None for the suite that is studied.
        parameters: how many numbers the base has.
    """

    other: OtherSize | None
    parameters: int
    models: tuple[Model, ...]

    def model(self, kind: str) -> Model:
        """The model that was taught so."""
        return next(model for model in self.models if model.kind == kind)


@dataclass(frozen=True)
class InstructResult(Result):
    """Every model at three levels of generalization.

    Attributes:
        levels: the tasks of each level.
        steps: of every model that was taught.
        curve: the instruction vector as a slider.
        best: λ of it, chosen on validation of tasks that were seen.
        sizes: bases of several sizes taught alike, smaller ones first; none where there is one.
    """

    name: ClassVar[str] = "instruct"
    title: ClassVar[str] = "Instruction tuning"
    published: ClassVar[str] = (
        "arXiv 2109.01652 (FLAN, 137 B parameters): mean of four held-out clusters 55.2 % with "
        "instructions, 46.6 % with data set names, 37.3 % without either; held-out accuracy rises "
        "with the number of clusters; below 8 B parameters tuning hurts tasks that were not seen. "
        "arXiv 2212.12017 (OPT-IML): the three levels, capped and proportional sampling"
    )

    held_out: tuple[str, ...]
    levels: dict[str, tuple[str, ...]]
    steps: int
    models: tuple[Model, ...]
    curve: tuple[Step, ...]
    best: float
    beside: tuple[Beside, ...]
    sample: Sample
    sizes: tuple[Sized, ...] = ()

    def of_suites(self) -> dict[str, str]:
        """The other suites that were measured, by name, and their fingerprints."""
        return fingerprints(one.other for one in self.sizes)

    def protocol(self) -> str:
        """How the models were made and asked."""
        told = "; ".join(f"{level}: {', '.join(tasks)}" for level, tasks in self.levels.items())
        return (
            f"Every model starts from the same base and takes {self.steps} steps of 32 on the "
            f"written world's tasks, without the categories {', '.join(self.held_out)}, which "
            "were held out beforehand, and without the last labelled task of each other one. "
            f"Asked at three levels ({told}). All are asked in words, in four phrasings a task, "
            "and answer with the likeliest label (rank classification). No instructions: only the "
            "contents, no words around them; names only: one word for the category before them; "
            "one phrasing instead of four; shuffled answers: instructions whose answers are those "
            "of other examples of the task, which teaches words and no task; capped: a task "
            f"counts at most {CAP} examples towards its share; with demonstrations: {SHOWN} "
            "answered training examples in front of every other lesson and of every question. "
            "λ of the instruction vector has the best lower end of its interval on "
            f"{self._chosen()} of tasks that were seen; levels that were not seen took no part in "
            f"it. Everything is {self.sample.once}; intervals are over texts of these tasks, one "
            "training seed, so they hold for these models and tasks, not for others. The base has "
            "met the web forms of most categories now and then: unseen means by instruction tuning."
            + self._other_sizes()
        )

    def _other_sizes(self) -> str:
        if not self.sizes:
            return ""
        return (
            f" Bases of {len(self.sizes)} sizes of one family are taught alike with shuffled and "
            "with right answers. One recipe of pre-training made them and may suit one better than "
            "another, so what differs is not size alone, and two points would draw any line."
        )

    def _chosen(self) -> str:
        return f"validation ({self.sample.each}, at most 200 a task)"

    def tables(self) -> list[Table]:
        """The models by level; the slider; beside task vectors; by task."""
        return [
            Table("Levels of generalization", [self._row(model) for model in self.models]),
            Table(
                "The instruction vector as a slider (validation)",
                [{"λ": step.coefficient, **step.levels} for step in self.curve],
            ),
            Table(
                "Beside task vectors",
                [
                    {
                        "task": one.task,
                        "pretrained": one.pretrained,
                        "λι": one.instructed,
                        "τ": one.alone,
                        "τ + λι": one.added,
                        "τ − λι": one.taken,
                        "change of adding": one.change_added,
                        "change of taking": one.change_taken,
                    }
                    for one in self.beside
                ],
            ),
            *([Table("By the size of the base", self._by_size())] if self.sizes else []),
            Table(
                "By task",
                [
                    {
                        "task": task,
                        "level": level,
                        "labels": len(TEXT_FAMILIES[task].labels),
                        **{self._called(model): model.tasks[task] for model in self.models},
                    }
                    for level, tasks in self.levels.items()
                    for task in tasks
                ],
            ),
        ]

    def _by_size(self) -> list[Row]:
        rows: list[Row] = []
        for size in self.sizes:
            for model in size.models:
                name = size.other.suite if size.other is not None else "this suite's own"
                rows.append({"base": name, "parameters": size.parameters, **self._row(model)})
        return rows

    def findings(self) -> list[str]:
        """What instructions add on each level, and against rivals of equal budget."""
        most = max(model.categories for model in self.models)
        lines = []
        for kind in (INSTRUCTIONS, BARE, SHUFFLED, CAPPED, DEMONSTRATIONS):
            model = next(m for m in self.models if m.kind == kind and m.categories == most)
            assert model.over_untuned is not None
            told = ", ".join(
                f"{level} {100 * one.value:+.1f} [{100 * one.low:+.1f}, {100 * one.high:+.1f}]"
                for level, one in model.over_untuned.items()
            )
            lines.append(f"{kind} against untuned, in points: {told}")
        counts = {m.categories: m for m in self.models if m.kind == INSTRUCTIONS}
        told = ", ".join(
            f"{count}: {100 * counts[count].levels[UNSEEN_CATEGORY].value:.1f} %"
            for count in sorted(counts)
        )
        lines.append(f"unseen categories by the number of categories that were seen: {told}")
        if len(self.sizes) > 1:
            small, large = self.sizes[0], self.sizes[-1]
            told = "; ".join(
                f"{level} {_gain(small, level)} at {small.parameters:,} parameters and "
                f"{_gain(large, level)} at {large.parameters:,}"
                for level in self.levels
            )
            lines.append(f"instructions against untuned, by the base's size: {told}")
        lines.append(f"λ = {self.best:g} of the instruction vector is best on tasks it has seen")
        return lines

    def _row(self, model: Model) -> Row:
        changes = model.over_untuned or {}
        row: dict[str, Cell] = {"model": self._called(model), "categories seen": model.categories}
        for level in self.levels:
            if level in model.levels:
                row[level] = model.levels[level]
                row[f"change, {level}"] = changes.get(level)
        return row

    def _called(self, model: Model) -> str:
        """A model's name, unlike that of any other."""
        if model.kind == INSTRUCTIONS:
            most = max(one.categories for one in self.models)
            return f"{INSTRUCTIONS}, {model.categories} of {most} categories"
        more = model.shown and model.kind != DEMONSTRATIONS
        return f"{model.kind}, {DEMONSTRATIONS}" if more else model.kind


def _gain(size: Sized, level: str) -> str:
    changes = size.model(INSTRUCTIONS).over_untuned
    assert changes is not None
    return in_points(changes[level])
