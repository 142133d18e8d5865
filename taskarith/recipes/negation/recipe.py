"""The negation recipe: every λ chosen on validation, then everything measured once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from taskarith.recipes.class_changes import new_confusions
from taskarith.recipes.lab import Lab
from taskarith.recipes.negation.protocol import (
    CONTROL_FLOOR,
    DRAWN_EXAMPLES,
    NEGATION_GRID,
    Negation,
    choice_flatters,
    choose_negation,
    measured_negation,
)
from taskarith.recipes.negation.result import (
    ASCENT,
    FINETUNED,
    NEGATED,
    OPPOSITE,
    PRETRAINED,
    Forgotten,
    NegationResult,
)

__all__ = ["CONFUSIONS", "NULLS", "NegationRecipe"]

NULLS = ("random", "permuted")
CONFUSIONS = 3  # a task, in the table


@dataclass(frozen=True)
class NegationRecipe:
    """Forget each of `tasks` on its own.

    Attributes:
        classnames: of each task.
        ascent, opposite: by task, the vector of a model that gradient ascent made, or that was
            fine-tuned on the opposite.
        floor: the share of its pretrained skill that the control must keep.
        onlookers: tasks that are not forgotten with it, but measured.
        drawn: those of the tasks whose answers are sampled: more of them are taken at the end.
    """

    tasks: tuple[str, ...]
    classnames: Mapping[str, tuple[str, ...]]
    control: str
    unseen_controls: tuple[str, ...] = ()
    ascent: Mapping[str, str] = field(default_factory=dict)
    opposite: Mapping[str, str] = field(default_factory=dict)
    floor: float = CONTROL_FLOOR
    onlookers: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()

    def evaluations(self) -> int:
        """The most evaluations that `run` takes."""
        vectors = 1 + len(NULLS)
        choosing = vectors * 2 * len(NEGATION_GRID)
        models = 2 + vectors
        testing = models * (2 + len(self.unseen_controls)) + 2
        beside = sum((task in self.ascent) + (task in self.opposite) for task in self.tasks)
        whole = (choosing + testing) * len(self.tasks) + beside * (2 + len(self.unseen_controls))
        return whole + (1 + len(self.tasks)) * len(self.onlookers)

    def run(self, lab: Lab) -> NegationResult:
        """Choose every λ on validation, then measure everything once on test."""
        chosen = {
            (task, vector): choose_negation(
                lab, vector=vector, target=task, control=self.control, floor=self.floor
            )
            for task in self.tasks
            for vector in (task, *(f"{null}:{task}" for null in NULLS))
        }
        flattery = {
            task: choice_flatters(lab, vector=task, target=task, chosen=chosen[task, task])
            for task in self.tasks
        }
        return NegationResult(
            control=self.control,
            unseen_controls=self.unseen_controls,
            floor=self.floor,
            sample=lab.sample,
            tasks=tuple(self._forgotten(lab, task, chosen, flattery[task]) for task in self.tasks),
        )

    def _forgotten(
        self,
        lab: Lab,
        task: str,
        chosen: Mapping[tuple[str, str], float],
        flattery: float | None,
    ) -> Forgotten:
        least = DRAWN_EXAMPLES if task in self.drawn else 0

        def measured(vector: str, coefficient: float, selected_on: int) -> Negation:
            return measured_negation(
                lab,
                vector=vector,
                task=task,
                coefficient=coefficient,
                controls=[self.control, *self.unseen_controls],
                selected_on=selected_on,
                least=least,
            )

        models = {PRETRAINED: measured(task, 0.0, 0), FINETUNED: measured(task, 1.0, 0)}
        for model, vectors in ((ASCENT, self.ascent), (OPPOSITE, self.opposite)):
            if task in vectors:
                models[model] = measured(vectors[task], 1.0, 0)
        models[NEGATED] = measured(task, chosen[task, task], len(NEGATION_GRID))
        for null in NULLS:
            vector = f"{null}:{task}"
            models[null] = measured(vector, chosen[task, vector], len(NEGATION_GRID))
        edit = {task: chosen[task, task]}
        before, after = (lab.answer(e, task, split="test", least=least) for e in ({}, edit))
        kept, keeps = (lab.answer(e, self.control, split="test") for e in ({}, edit))
        names = self.classnames[task] if before.counted else ()
        return Forgotten(
            task=task,
            models=models,
            change=after.against(before),
            others={
                other: lab.answer(edit, other, split="test").against(
                    lab.answer({}, other, split="test")
                )
                for other in self.onlookers
                if other != task
            },
            control_change=keeps.against(kept),
            flattery=flattery,
            probe_before=lab.probe({}, task),
            probe_after=lab.probe(edit, task),
            classnames=names,
            confusion_before=before.confusion(len(names)),
            confusion_after=after.confusion(len(names)),
            taken_for=tuple(new_confusions(before, after, names, most=CONFUSIONS)),
        )
