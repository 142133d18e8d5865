"""Fine-tuning from an edit: the direction from there to a model that was trained on from there.

What is made is kept on disk, in half precision as all vectors are, so that a recipe that runs
again need not train again. Knows how to train; what for is the recipe's business.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from taskarith.core import TaskVector
from taskarith.errors import RecipeError, WeightsError
from taskarith.evaluation.order import ORDER_SEED, stratified_order
from taskarith.heads.head import Prompts
from taskarith.models import ClipModel
from taskarith.recipes.lab import AS_USUAL, Course
from taskarith.sources.tensors import read_tensors, write_tensors
from taskarith.suites import Suite
from taskarith.tasks import SplitName, cache_folder
from taskarith.tasks.examples import Texts, as_images
from taskarith.training.finetune import Lesson, finetune, trained_names
from taskarith.training.loop import Recipe
from taskarith.training.text_tasks import TextLesson, finetune_on_texts

__all__ = [
    "MAX_KEPT_BYTES",
    "TEXT_TUNING",
    "TUNING",
    "Tuning",
    "keep_vector",
    "kept_path",
    "kept_vector",
    "trainable_model",
    "tuned_vector",
    "usual_tuning",
]

MAX_KEPT_BYTES = 2**30
FULL_RATE_IMAGES = 64


@dataclass(frozen=True)
class Tuning:
    """How to train: fixed beforehand, and the same for every start that is compared.

    Attributes:
        full: on whole splits, for each task.
        few: on a handful of images; with fewer than 64 the learning rate is so much smaller.
    """

    full: Recipe
    few: Recipe


# On whole splits with the steps of a suite's own vectors. The few-shot rate was tried on validation
# images of one task (chalk letters), from the pretrained model and from an analogy: with 64 images
# 6e-5 was best or close to it for both (2e-5 and 2e-4 up to 3 points worse), with 8 images 1e-5 was
# (6e-5 cost 3 to 5 points: that is learning eight pictures by heart).
TUNING = Tuning(
    full=Recipe(steps=300, batch=128, rate=6e-5, warmup=100, weight_decay=0.0, seed=7),
    few=Recipe(steps=40, batch=32, rate=6e-5, warmup=5, weight_decay=0.0, seed=7),
)
# Of texts: between the rates of the embedded language models' own vectors (3e-4) and of a real
# encoder's (7e-5), in batches of theirs. Not tried beyond that.
TEXT_TUNING = Tuning(
    full=Recipe(steps=200, batch=32, rate=1e-4, warmup=25, weight_decay=0.0, seed=7),
    few=Recipe(steps=40, batch=32, rate=1e-4, warmup=5, weight_decay=0.0, seed=7),
)


def tuned_vector(
    suite: Suite,
    coefficients: Mapping[str, float],
    *,
    vectors: Callable[[str], TaskVector],
    tasks: Sequence[str],
    split: SplitName,
    examples: int | None,
    tuning: Tuning,
    device: torch.device,
    check: Callable[[], None],
    course: Course = AS_USUAL,
) -> TaskVector:
    """ν = θ_tuned − θ_start, where θ_start is the edit `coefficients` of the suite's base.

    Trains on the first `examples` images of each task's stratified order in `split` (None: on
    all, with as many steps for each task as for one alone), without an anchor. `vectors` gives the
    task vector of a name, which stands for what it holds; `check` is called at every step and may
    raise; `course` says what is otherwise this time (its seed draws another stratified order).
    Raises RecipeError for less than one image.
    """
    recipe = _on_course(_recipe(tuning, tasks=len(tasks), examples=examples), course)
    start = dict(suite.base_state())
    for name, value in coefficients.items():
        start = vectors(name).apply_to(start, value)
    made_of: list[object] = [
        dict(coefficients),
        list(tasks),
        split,
        examples,
        asdict(recipe),
        device.type,
    ]
    if course != AS_USUAL:
        made_of.append([course.seed, course.sharpness])
    path = kept_path(suite, made_of)
    kept = kept_vector(path)
    if kept is None:
        train = _train if _takes_pictures(suite) else _train_on_texts
        wanted = _Wanted(tuple(tasks), split, examples, course.seed, course.sharpness)
        made = train(suite, start, wanted, recipe=recipe, device=device, check=check)
        kept = {name: tensor.half() for name, tensor in made.items()}
        keep_vector(path, kept)
    return TaskVector({name: tensor.float() for name, tensor in kept.items()})


def usual_tuning(suite: Suite) -> Tuning:
    """How models of a suite's family are trained where nobody says otherwise."""
    return TUNING if _takes_pictures(suite) else TEXT_TUNING


def _takes_pictures(suite: Suite) -> bool:
    return "images" in suite.weights.family.examples


def trainable_model(suite: Suite) -> ClipModel:
    """A new model with the suite's base weights; RecipeError where it cannot be trained here."""
    model = suite.model()
    if not isinstance(model, ClipModel):
        raise RecipeError(
            f"the base of {suite.name!r} cannot be trained here: recipes fine-tune open_clip "
            "models only; leave out what fine-tunes (few-shot examples, joint and sequential "
            "patching, learned soups)"
        )
    return model


def _recipe(tuning: Tuning, *, tasks: int, examples: int | None) -> Recipe:
    if examples is None:
        return replace(tuning.full, steps=tuning.full.steps * tasks)
    if examples < 1:
        raise RecipeError(f"fine-tuning needs at least one image, asked for {examples}")
    share = min(1.0, examples / FULL_RATE_IMAGES)
    return replace(tuning.few, rate=tuning.few.rate * share)


def _on_course(recipe: Recipe, course: Course) -> Recipe:
    """The recipe with what `course` does otherwise; warming up takes no more than a fifth of it."""
    told: dict[str, Any] = {
        "steps": course.steps,
        "rate": recipe.rate * course.faster,
        "weight_decay": course.weight_decay,
        "seed": course.seed,
    }
    changed = replace(recipe, **{name: value for name, value in told.items() if value is not None})
    if changed == recipe:
        return recipe
    return replace(changed, warmup=min(recipe.warmup, max(1, changed.steps // 5)))


@dataclass(frozen=True)
class _Wanted:
    """What is trained on: the first examples of each task's stratified order; and how."""

    tasks: tuple[str, ...]
    split: SplitName
    examples: int | None
    seed: int | None = None
    sharpness: float = 0.0

    def rows(self, labels: torch.Tensor) -> torch.Tensor:
        """Which ones those are."""
        if self.examples is None:
            return torch.arange(len(labels))
        seed = ORDER_SEED if self.seed is None else self.seed
        return torch.from_numpy(stratified_order(labels.numpy(), seed=seed)[: self.examples])


def _train_on_texts(
    suite: Suite,
    start: Mapping[str, torch.Tensor],
    wanted: _Wanted,
    *,
    recipe: Recipe,
    device: torch.device,
    check: Callable[[], None],
) -> TaskVector:
    model = suite.model()
    parameters = dict(model.network.named_parameters())
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(start[name])
    model.to(device)
    shapes = {name: tuple(parameter.shape) for name, parameter in parameters.items()}
    names = suite.weights.family.trained(shapes, "blocks")
    lessons = [_text_lesson(suite, model, task, wanted) for task in wanted.tasks]
    with TemporaryDirectory() as folder:
        finetuned = finetune_on_texts(
            model,
            lessons,
            names=names,
            recipe=recipe,
            check=check,
            sharpness=wanted.sharpness,
            folder=Path(folder),
            name="tuning",
        )
    pretrained = {name: start[name] for name in names}
    return TaskVector.from_states(pretrained, {name: t.cpu() for name, t in finetuned.items()})


def _text_lesson(suite: Suite, model: Any, task: str, wanted: _Wanted) -> TextLesson:
    loaded = suite.split(task, wanted.split)
    if not isinstance(loaded, Texts):
        raise RecipeError(f"{task!r} has {loaded.kind}, which the base of {suite.name!r} reads not")
    rows = wanted.rows(loaded.labels)
    with torch.inference_mode(False):
        prompts = Prompts.of(model, loaded).take(rows)
    return TextLesson(prompts, loaded.labels[rows], suite.head(task))


def _train(
    suite: Suite,
    start: Mapping[str, torch.Tensor],
    wanted: _Wanted,
    *,
    recipe: Recipe,
    device: torch.device,
    check: Callable[[], None],
) -> TaskVector:
    lessons = [_lesson(suite, task, wanted) for task in wanted.tasks]
    model = trainable_model(suite)
    model.network.load_state_dict(start)
    model.to(device)
    names = trained_names(model, attention_only=False)
    # A folder of its own: a run that was stopped leaves nothing that another could take up.
    with TemporaryDirectory() as folder:
        finetuned = finetune(
            model,
            lessons,
            names=names,
            recipe=recipe,
            check=check,
            sharpness=wanted.sharpness,
            folder=Path(folder),
            name="tuning",
        )
    pretrained = {name: start[name] for name in names}
    return TaskVector.from_states(pretrained, {name: t.cpu() for name, t in finetuned.items()})


def _lesson(suite: Suite, task: str, wanted: _Wanted) -> Lesson:
    loaded = as_images(suite.split(task, wanted.split), of=task)
    images, labels = loaded.pixels, loaded.labels
    if wanted.examples is not None:
        rows = wanted.rows(labels)
        images, labels = images[rows], labels[rows]
    # A copy of the head: what was first read under inference mode has no backward pass.
    return Lesson(images, labels, suite.class_weights(task).clone())


def kept_path(suite: Suite, made_of: Sequence[object]) -> Path:
    """Where a vector is kept that is made of this."""
    digest = hashlib.sha256(suite.recipe_fingerprint.encode())
    digest.update(json.dumps(made_of, sort_keys=True).encode())
    return cache_folder() / "tuned" / f"{digest.hexdigest()[:32]}.safetensors"


def kept_vector(path: Path) -> dict[str, torch.Tensor] | None:
    """What is kept there, if anything."""
    try:
        tensors = read_tensors(path)
    except WeightsError:
        return None
    os.utime(path)
    return tensors


def keep_vector(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Keep the vector, and forget those that were used longest ago where there are too many."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_tensors(path, tensors)
        kept = sorted(path.parent.glob("*.safetensors"), key=lambda file: -file.stat().st_mtime)
        total = 0
        for file in kept:
            total += file.stat().st_size
            if total > MAX_KEPT_BYTES and file != path:
                file.unlink()
    except (OSError, WeightsError):
        return  # a full disk costs the time to train again, nothing else
