"""The few-shot recipe: every way of learning from sixteen examples a class, over several draws.

Each way takes as many steps from the same base. What is searched for looks at training and
development examples of its draw; test is asked once.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

import numpy as np

from taskarith.evaluation import Estimate
from taskarith.recipes.few_shot.protocol import (
    SHOTS,
    Few,
    bare_template,
    demonstrated,
    few,
    filled,
    find_template,
    find_words,
    right,
    similar,
)
from taskarith.recipes.few_shot.result import (
    ANY_SHOWN,
    ENSEMBLE,
    FOUND_TEMPLATE,
    FOUND_WORDS,
    IN_CONTEXT,
    LABEL_WORDS,
    NEW_WORDS,
    SIMILAR_SHOWN,
    ZERO_SHOT,
    FewShotResult,
    Found,
    Scored,
)
from taskarith.recipes.instruct.wording import Item, drawn
from taskarith.recipes.lab import Lab
from taskarith.recipes.text_lab import Lesson, Plan, Share
from taskarith.worlds.texts import TEXT_FAMILIES

__all__ = ["DRAWS", "STEPS", "FewShotRecipe"]

DRAWS, STEPS = 5, 30
BATCH, RATE = 16, 3e-4
MOST = 200  # examples of a task that are asked where all are wanted
TEMPLATES = 3  # of an ensemble
TAUGHT = 6 + TEMPLATES - 1  # models of a draw
# Words that say nothing of any class, for a head that has to learn what its rows mean.
SAYING_NOTHING = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


# A template, the word of each class, and from which share of a class demonstrations come (None: no
# demonstrations).
Way = tuple[str, Mapping[str, str], float | None]


@dataclass(frozen=True)
class FewShotRecipe:
    """Learn each of `tasks` from few examples, `draws` times."""

    tasks: tuple[str, ...]
    draws: int = DRAWS
    steps: int = STEPS

    def evaluations(self) -> int:
        """The most evaluations that `run` takes: lessons, questions on test, and searches."""
        asked, searched = 10, 2 + 2 * 40 + 3
        return len(self.tasks) * self.draws * (asked + TAUGHT + searched)

    def learned(self) -> int:
        """How many examples all steps go through."""
        return len(self.tasks) * self.draws * TAUGHT * self.steps * BATCH

    def run(self, lab: Lab) -> FewShotResult:
        """Search and learn for every task and draw, then ask test once each."""
        scores: list[Scored] = []
        found: list[Found] = []
        for task in self.tasks:
            for number in range(self.draws):
                more, what = self._draw(lab, task, number)
                scores += more
                found.append(what)
        return FewShotResult(
            tasks=self.tasks,
            shots=SHOTS,
            draws=self.draws,
            steps=self.steps,
            scores=tuple(scores),
            found=tuple(found),
            sample=lab.sample,
        )

    def _draw(self, lab: Lab, task: str, number: int) -> tuple[list[Scored], Found]:
        given, family = few(task, number), TEXT_FAMILIES[task]
        labels = family.labels
        words = {label: label.lower() for label in labels}
        first = family.phrasings[0]
        found_words = find_words(lab.texts, task, first, given)
        found_template = find_template(lab.texts, task, list(words.values()), given)
        nothing = dict(zip(labels, SAYING_NOTHING, strict=False))
        bare = bare_template(task)
        ways: dict[str, Way] = {
            NEW_WORDS: (bare, nothing, None),
            LABEL_WORDS: (first, words, None),
            FOUND_WORDS: (first, dict(zip(labels, found_words, strict=True)), None),
            FOUND_TEMPLATE: (found_template, words, None),
            ANY_SHOWN: (first, words, 1.0),
            SIMILAR_SHOWN: (first, words, 0.5),
        }
        final = lab.sample.final
        tested = given.unlike(drawn(task, final, min(lab.sample.n or MOST, MOST)))

        def asked(edit: Mapping[str, float], way: Way) -> np.ndarray:
            template, own, close = way
            rng = np.random.default_rng([number, 11])
            questions = [_prompt(item, template, own, given, close, rng) for item in tested]
            return lab.texts.ask(edit, questions, [own[label] for label in labels])

        logits = {
            ZERO_SHOT: asked({}, ways[LABEL_WORDS]),
            IN_CONTEXT: asked({}, ways[SIMILAR_SHOWN]),
        }
        with ExitStack() as keep:
            for name, way in ways.items():
                vector = keep.enter_context(self._taught(lab, given, way, number))
                logits[name] = asked({vector: 1.0}, way)
            together = [logits[LABEL_WORDS]]
            for template in family.phrasings[1:TEMPLATES]:
                other = (template, words, None)
                vector = keep.enter_context(self._taught(lab, given, other, number))
                together.append(asked({vector: 1.0}, other))
        shares = [own - np.logaddexp.reduce(own, axis=1, keepdims=True) for own in together]
        logits[ENSEMBLE] = np.mean(shares, axis=0)
        scores = []
        for name, own in logits.items():
            answers = right(own, tested, labels)
            estimate = Estimate.share(
                correct=int(answers.sum()), n=len(answers), total=len(answers), split=final
            )
            scores.append(Scored(task, number, name, estimate))
        return scores, Found(task, number, found_words, found_template)

    def _taught(self, lab: Lab, given: Few, way: Way, number: int) -> AbstractContextManager[str]:
        template, words, close = way
        rng = np.random.default_rng([number, 13])
        lessons = tuple(
            Lesson(_prompt(item, template, words, given, close, rng), words[item.answer])
            for item in given.train
        )
        plan = Plan(self.steps, rate=RATE, batch=BATCH, seed=number)
        return lab.texts.teach({}, [Share(1.0, lessons)], plan=plan)


def _prompt(
    item: Item,
    template: str,
    words: Mapping[str, str],
    given: Few,
    close: float | None,
    rng: np.random.Generator,
) -> str:
    if close is None:
        return filled(item, template)
    shown: Sequence[Item] = similar(item, given.train, rng, close=close)
    return demonstrated(item, template, shown, words)
