"""The analogy recipe: all quadruples of a suite, each against its rivals."""

from dataclasses import dataclass, field
from functools import cache, partial

from taskarith.evaluation import Estimate
from taskarith.recipes.analogy.protocol import (
    MISMATCHED,
    RIVALS,
    Pictures,
    Setting,
    choose_without,
    mismatched,
    others,
)
from taskarith.recipes.analogy.result import PRETRAINED, STARTS, TRUE, Analogy, AnalogyResult
from taskarith.recipes.lab import Lab
from taskarith.recipes.score import normalized_accuracy
from taskarith.suites.recipe_book import Quadruple

__all__ = ["FEW", "AnalogyRecipe"]

FEW = (8, 64)  # examples of D to fine-tune on, beside none


@dataclass(frozen=True)
class AnalogyRecipe:
    """Measure every quadruple against its rivals.

    Attributes:
        pictures: by task, where its pictures come from: tasks that share them share labels.
        examples: how many examples of D few-shot fine-tuning gets; () leaves it out.
    """

    quadruples: tuple[Quadruple, ...]
    pictures: Pictures = field(default_factory=dict)
    examples: tuple[int, ...] = FEW

    def evaluations(self) -> int:
        """The most evaluations that `run` takes."""
        count = len(self.quadruples)
        settings = sum(len(grid) for _, grid in RIVALS.values())
        # A few-shot model is one fine-tuning and one evaluation.
        few = 2 * len(STARTS) * len(self.examples)
        return count * (settings + 1) + count * (len(RIVALS) + 2 + few)

    def run(self, lab: Lab) -> AnalogyResult:
        """Choose each quadruple's coefficients on the others, then measure on D's test split."""

        @cache
        def finetuned(task: str) -> float:
            return lab.score({task: 1.0}, [task], split="validation")[task].skill

        @cache
        def quality(rival: str, other: Quadruple, setting: Setting) -> float:
            measured = lab.score(self._edit(rival, other, setting), [other.d], split="validation")[
                other.d
            ]
            return normalized_accuracy(measured.skill, finetuned(other.d))

        def choose(quadruple: Quadruple, rival: str) -> Setting:
            grid = RIVALS[rival][1]
            setting = choose_without(
                partial(quality, rival), basis=self._others(quadruple), settings=grid
            )
            return setting or (1.0,) * len(grid[0])

        chosen = {one: {rival: choose(one, rival) for rival in RIVALS} for one in self.quadruples}
        return AnalogyResult(
            analogies=tuple(self._tested(lab, one, chosen[one]) for one in self.quadruples),
            examples=self.examples,
            sample=lab.sample,
        )

    def _tested(
        self,
        lab: Lab,
        quadruple: Quadruple,
        settings: dict[str, Setting],
    ) -> Analogy:
        d = quadruple.d
        edits: dict[str, dict[str, float]] = {PRETRAINED: {}}
        for rival in RIVALS:
            edits[rival] = self._edit(rival, quadruple, settings[rival])
        edits[TRUE] = {d: 1.0}
        tuned: dict[str, dict[int, Estimate]] = {start: {} for start in STARTS}
        for start in STARTS if self.examples else ():
            for count in self.examples:
                with lab.tune(edits[start], [d], split="validation", examples=count) as vector:
                    measured = lab.score({**edits[start], vector: 1.0}, [d], split="test")
                    tuned[start][count] = measured[d]
        return Analogy(
            quadruple=quadruple,
            settings=settings,
            chosen_on=len(self._others(quadruple)),
            edits=edits,
            on_d={name: lab.score(edit, [d], split="test")[d] for name, edit in edits.items()},
            tuned=tuned,
        )

    def _edit(self, rival: str, quadruple: Quadruple, setting: Setting) -> dict[str, float]:
        if rival == MISMATCHED:
            quadruple = mismatched(quadruple, self.quadruples, pictures=self.pictures)
        return RIVALS[rival][0](quadruple, setting)

    def _others(self, quadruple: Quadruple) -> list[Quadruple]:
        return others(quadruple, self.quadruples, pictures=self.pictures)
