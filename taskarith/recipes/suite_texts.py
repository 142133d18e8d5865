"""The text lab of a real suite: questions and lessons for the models of its family.

What was answered and what was learned is kept by a hash of all that made it; learning that was
stopped goes on from its last checkpoint.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor

from taskarith.core import Edit, TaskVector
from taskarith.errors import RecipeError
from taskarith.evaluation import Evaluator
from taskarith.heads.head import per_token
from taskarith.recipes.lab import Meter
from taskarith.recipes.text_lab import Lesson, Plan, Share, TextLab
from taskarith.recipes.tuning import keep_vector, kept_path, kept_vector
from taskarith.training.loop import Recipe, fit

__all__ = ["suite_text_lab", "writes"]

ANSWERS = 1  # of what is kept; another number where answers would come out otherwise
WARMUP = 25
PADDING = 1.0  # of a batch at most: one backward pass a batch is worth more than little padding

Hold = Callable[[str, TaskVector], AbstractContextManager[str]]


def writes(evaluator: Evaluator) -> bool:
    """Whether the models of this suite answer texts with texts."""
    return hasattr(evaluator.model, "label_logits")


def suite_text_lab(
    evaluator: Evaluator,
    *,
    meter: Meter,
    edit: Callable[[Mapping[str, float]], Edit],
    vector: Callable[[str], TaskVector],
    hold: Hold,
) -> TextLab:
    """The text lab of the evaluator's suite.

    `edit` makes an edit of coefficients, `vector` gives the task vector of a name, and `hold` lets
    edits name a new one while it lasts.
    """

    def ask(
        coefficients: Mapping[str, float], questions: Sequence[str], labels: Sequence[str]
    ) -> np.ndarray:
        meter.check()
        own = edit(coefficients)
        asked = json.dumps([ANSWERS, own.key(), list(questions), list(labels)])
        digest = hashlib.sha256(asked.encode()).hexdigest()
        path = kept_path(evaluator.suite, ["asked", digest, evaluator.device.type])
        kept = kept_vector(path)
        if kept is None:
            evaluator.use(own)
            with torch.inference_mode():
                found = _label_logits(evaluator.model, questions, labels)
            kept = {"logits": found.float().cpu()}
            keep_vector(path, kept)
        meter.count(f"{len(questions)} questions: {own.formula()}")
        return kept["logits"].numpy()

    @contextmanager
    def teach(
        coefficients: Mapping[str, float], shares: Sequence[Share], *, plan: Plan
    ) -> Iterator[str]:
        meter.check()
        if not any(share.weight > 0 and share.lessons for share in shares):
            raise RecipeError("there is nothing to learn: no share has both a weight and lessons")
        start = dict(evaluator.suite.base_state())
        for name, value in edit(coefficients).coefficients.items():
            start = vector(name).apply_to(start, value)
        learned = _taught(evaluator, start, coefficients, shares, plan=plan, check=meter.check)
        meter.count(f"{plan.steps} steps on {sum(len(one.lessons) for one in shares):,} lessons")
        with hold("taught", learned) as name:
            yield name

    return TextLab(ask=ask, teach=teach)


def _label_logits(model: Any, questions: Sequence[str], labels: Sequence[str]) -> Tensor:
    tokens = model.tokenize(questions)
    return model.label_logits(tokens, model.continuations(labels), normalized=False)


def _taught(
    evaluator: Evaluator,
    start: Mapping[str, Tensor],
    coefficients: Mapping[str, float],
    shares: Sequence[Share],
    *,
    plan: Plan,
    check: Callable[[], None],
) -> TaskVector:
    suite = evaluator.suite
    learned = [[one.weight, [[lesson.text, lesson.answer] for lesson in one.lessons]]
               for one in shares]  # fmt: skip
    made_of = ["taught", dict(coefficients), learned, asdict(plan), evaluator.device.type]
    digest = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()
    path = kept_path(suite, ["taught", digest])
    kept = kept_vector(path)
    if kept is None:
        model = suite.model()
        parameters = dict(model.network.named_parameters())
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(start[name])
        model.to(evaluator.device)
        model.padding = PADDING
        shapes = {name: tuple(parameter.shape) for name, parameter in parameters.items()}
        names = suite.weights.family.trained(shapes, "blocks")
        model.network.requires_grad_(False)
        trained = {name: parameters[name].requires_grad_(True) for name in names}
        with torch.inference_mode(False):
            loss = _Loss(model, shares, batch=plan.batch, check=check)
        recipe = Recipe(
            steps=plan.steps, batch=plan.batch, rate=plan.rate, seed=plan.seed,
            warmup=min(WARMUP, plan.steps // 4), weight_decay=0.0,
        )  # fmt: skip
        fit(
            trained.values(), loss, recipe=recipe, folder=path.with_suffix(""), name="taught",
            watch=lambda step, value: None,
        )  # fmt: skip
        finetuned = {name: parameter.detach().cpu() for name, parameter in trained.items()}
        moved = TaskVector.from_states({name: start[name] for name in names}, finetuned)
        kept = {name: tensor.half() for name, tensor in moved.items()}
        keep_vector(path, kept)
        shutil.rmtree(path.with_suffix(""), ignore_errors=True)
    return TaskVector({name: tensor.float() for name, tensor in kept.items()})


class _Loss:
    """The mean −log p of the answers to a batch that is drawn by shares."""

    def __init__(
        self, model: Any, shares: Sequence[Share], *, batch: int, check: Callable[[], None]
    ) -> None:
        self._model, self._batch, self._check = model, batch, check
        drawn = [one for one in shares if one.weight > 0 and one.lessons]
        weights = np.array([one.weight for one in drawn], np.float64)
        self._odds = weights / weights.sum()
        lessons: list[Lesson] = [lesson for one in drawn for lesson in one.lessons]
        self._sizes = np.array([len(one.lessons) for one in drawn])
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._answers = model.continuations([lesson.answer for lesson in lessons])
        self._tokens = model.tokenize([lesson.text for lesson in lessons])

    def __call__(self, rng: np.random.Generator) -> Tensor:
        self._check()
        which = rng.choice(len(self._odds), self._batch, p=self._odds)
        rows = self._starts[which] + rng.integers(self._sizes[which])
        tokens = self._tokens.take(torch.from_numpy(rows))
        answers = [self._answers[row] for row in rows]
        return per_token(self._model.answer_losses(tokens, answers, closed=False))
