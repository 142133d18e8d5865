"""The text lab of a real suite: questions and lessons for the models of its family.

What was answered and what was learned is kept by a hash of all that made it; learning that was
stopped goes on from its last checkpoint.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from taskarith.core import Edit, TaskVector
from taskarith.errors import RecipeError
from taskarith.evaluation import Evaluator
from taskarith.recipes.lab import Meter
from taskarith.recipes.text_lab import Distillation, Match, Plan, Question, Share, TextLab
from taskarith.recipes.text_losses import DistillationLoss, LessonLoss, label_logits
from taskarith.recipes.tuning import keep_vector, kept_path, kept_vector
from taskarith.suites import Suite
from taskarith.training.loop import Recipe, fit

__all__ = ["suite_text_lab", "writes"]

ANSWERS = 1  # of what is kept; another number where answers would come out otherwise
WARMUP = 25
PADDING = 1.0  # of a batch at most: one backward pass a batch is worth more than little padding

Hold = Callable[[str, TaskVector], AbstractContextManager[str]]
Loss = Callable[[np.random.Generator], Tensor]


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
        coefficients: Mapping[str, float], questions: Sequence[Question], labels: Sequence[str]
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
                found = label_logits(evaluator.model, questions, labels)
            kept = {"logits": found.float().cpu()}
            keep_vector(path, kept)
        meter.count(f"{len(questions)} questions: {own.formula()}")
        return kept["logits"].numpy()

    def embed(coefficients: Mapping[str, float], texts: Sequence[str]) -> np.ndarray:
        meter.check()
        if not hasattr(evaluator.model, "embed"):
            raise RecipeError(
                "this model has no encoder whose embeddings could be compared; choose a suite of "
                "a text-to-text model, as mini-t5"
            )
        own = edit(coefficients)
        evaluator.use(own)
        with torch.inference_mode():
            found = evaluator.model.embed(evaluator.model.tokenize(texts))
        meter.count(f"{len(texts)} embeddings: {own.formula()}")
        return found.cpu().numpy()

    @contextmanager
    def learned(
        coefficients: Mapping[str, float],
        lessons: list[object],
        loss_of: Callable[[Any], Loss],
        *,
        plan: Plan,
        kind: str,
    ) -> Iterator[str]:
        start = dict(evaluator.suite.base_state())
        for name, value in edit(coefficients).coefficients.items():
            start = vector(name).apply_to(start, value)
        made_of = [kind, dict(coefficients), lessons, asdict(plan), evaluator.device.type]
        path = _path(evaluator.suite, made_of)
        found = _learned(evaluator, start, path, loss_of, plan=plan)
        meter.count(f"{plan.steps} steps from {edit(coefficients).formula()}")
        with hold(kind, found) as name:
            yield name

    def teach(
        coefficients: Mapping[str, float], shares: Sequence[Share], *, plan: Plan
    ) -> AbstractContextManager[str]:
        meter.check()
        if not any(share.weight > 0 and share.lessons for share in shares):
            raise RecipeError("there is nothing to learn: no share has both a weight and lessons")

        def loss_of(model: Any) -> Loss:
            return LessonLoss(model, shares, batch=plan.batch, check=meter.check)

        return learned(coefficients, _lessons(shares), loss_of, plan=plan, kind="taught")

    def distil(
        coefficients: Mapping[str, float],
        matches: Sequence[Match],
        *,
        loss: Distillation,
        plan: Plan,
    ) -> AbstractContextManager[str]:
        meter.check()
        if len({len(one.passages) for one in matches}) != 1:
            raise RecipeError(
                "there is nothing to distil: questions are needed, each with as many passages"
            )

        def loss_of(model: Any) -> Loss:
            return DistillationLoss(model, matches, loss=loss, batch=plan.batch, check=meter.check)

        lessons: list[object] = [loss, *map(astuple, matches)]
        return learned(coefficients, lessons, loss_of, plan=plan, kind="distilled")

    return TextLab(ask=ask, teach=teach, embed=embed, distil=distil)


def _lessons(shares: Sequence[Share]) -> list[object]:
    return [[one.weight, [[lesson.text, lesson.answer] for lesson in one.lessons]]
            for one in shares]  # fmt: skip


def _path(suite: Suite, made_of: Sequence[object]) -> Path:
    digest = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()
    return kept_path(suite, ["taught", digest])


def _learned(
    evaluator: Evaluator,
    start: Mapping[str, Tensor],
    path: Path,
    loss_of: Callable[[Any], Loss],
    *,
    plan: Plan,
) -> TaskVector:
    suite = evaluator.suite
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
            loss = loss_of(model)
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
