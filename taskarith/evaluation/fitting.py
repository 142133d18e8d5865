"""Fitting the surrogate to measured logits, and measuring how far off it then is.

Needs the live model; what comes out of it, `surrogate`, does not.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from statistics import fmean

import numpy as np
import torch
from torch import Tensor

from taskarith.core import Edit
from taskarith.evaluation.evaluator import Evaluator
from taskarith.evaluation.measure import Measurer
from taskarith.evaluation.plan import FINE_IMAGES, Part, Step, point_steps
from taskarith.evaluation.results import ResultCache
from taskarith.evaluation.surrogate import Surrogate, quadratic_terms
from taskarith.suites import Suite
from taskarith.tasks import SplitName

__all__ = [
    "CANDIDATES",
    "FIT_STEP",
    "SurrogateError",
    "fit_in_steps",
    "fit_settings",
    "fit_surrogate",
    "previewed_tasks",
    "surrogate_error",
]

FIT_STEP = 0.4  # h: how far the fitted settings are from θ₀
CANDIDATES = 8

Progress = Callable[[int, int], None]


def fit_settings(count: int, *, step: float = FIT_STEP) -> np.ndarray:
    """The settings [1 + 2K + K(K−1)/2, K] to measure for K = `count` vectors.

    θ₀, ±h on each axis, +h on each pair of axes: as many as a quadratic has terms.

    >>> fit_settings(2, step=1.0).tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, -0.0], [-0.0, -1.0], [1.0, 1.0]]
    """
    axes = np.eye(count)
    pairs = [axes[k] + axes[j] for k, j in combinations(range(count), 2)]
    return step * np.stack([np.zeros(count), *axes, *-axes, *pairs])


def previewed_tasks(suite: Suite, evaluator: Evaluator) -> list[str]:
    """Targets, onlookers and the control, as far as their heads have logits for a surrogate."""
    shown = (*suite.targets, *suite.onlookers, suite.control)
    return [name for name in shown if evaluator.has_logits(name)]


def fit_surrogate(
    evaluator: Evaluator,
    *,
    tasks: Sequence[str] | None = None,
    split: SplitName = "validation",
    images: int = FINE_IMAGES,
    candidates: int = CANDIDATES,
    step: float = FIT_STEP,
    progress: Progress | None = None,
) -> Surrogate:
    """Fit a surrogate of the suite's target vectors by 1 + 2K + K(K−1)/2 passes over the images.

    Least squares in float64, per image and class. Of each image's classes it keeps the true one
    and the `candidates` − 1 that come nearest to winning in any pass.

    Args:
        tasks: `previewed_tasks` if None.
        progress: called after each pass with the passes done and to do.
    """
    fitting = fit_in_steps(
        evaluator, tasks=tasks, split=split, images=images, candidates=candidates, step=step
    )
    before = 0
    while True:
        try:
            done, total = next(fitting)
        except StopIteration as end:
            fitted: Surrogate = end.value
            return fitted
        if progress is not None and done > before:
            progress(done, total)
        before = done


def fit_in_steps(
    evaluator: Evaluator,
    *,
    tasks: Sequence[str] | None = None,
    split: SplitName = "validation",
    images: int = FINE_IMAGES,
    candidates: int = CANDIDATES,
    step: float = FIT_STEP,
    step_images: int | None = None,
) -> Generator[tuple[int, int], None, Surrogate]:
    """`fit_surrogate`, a little at a time: other edits may be put in use between two steps.

    After each step of about `step_images` images (the evaluator's own if None) it gives the passes
    done and to do; what it returns in the end is the surrogate.
    """
    suite = evaluator.suite
    names = list(tasks) if tasks is not None else previewed_tasks(suite, evaluator)
    settings = fit_settings(len(suite.targets), step=step)
    passes: list[dict[str, np.ndarray]] = []
    for setting in settings:
        edit = Edit(suite.name, dict(zip(suite.targets, setting.tolist(), strict=True)))
        found: dict[str, list[np.ndarray]] = {name: [] for name in names}
        steps = point_steps(
            edit,
            tasks=names,
            total=lambda task: evaluator.total(task, split),
            split=split,
            stop=images,
            step_images=step_images or evaluator.step_images,
        )
        for number, part_of_it in enumerate(steps):
            if number:
                yield len(passes), len(settings)
            evaluator.use(edit)
            answers = evaluator.logits(part_of_it.parts, split=split)
            for part, logits in zip(part_of_it.parts, answers, strict=True):
                found[part.task].append(logits)
        passes.append({name: np.concatenate(pieces) for name, pieces in found.items()})
        yield len(passes), len(settings)
    # In units of h all terms are of order one. Then back to λ: a square is divided by h twice.
    inverse = np.linalg.pinv(quadratic_terms(settings / step))
    inverse /= quadratic_terms(np.full((1, len(suite.targets)), step)).T
    margins = {}
    for name in names:
        logits = np.stack([answers.pop(name) for answers in passes]).astype(np.float64)
        labels = evaluator.labels(name, split)[: logits.shape[1]]
        margins[name] = _margins(logits, labels, inverse=inverse, candidates=candidates)
        yield len(settings), len(settings)
    return Surrogate(suite.fingerprint, split, suite.targets, margins)


def _margins(
    logits: np.ndarray, labels: np.ndarray, *, inverse: np.ndarray, candidates: int
) -> Tensor:
    """Quadratics float16 [images, rivals, terms] from logits [passes, images, classes]."""
    rows = np.arange(len(labels))
    nearness = (logits - logits.max(axis=2, keepdims=True)).max(axis=0)
    nearness[rows, labels] = -np.inf  # the true class is no rival
    rivals = min(candidates, logits.shape[2]) - 1
    chosen = np.argsort(-nearness, axis=1, kind="stable")[:, :rivals]
    true = logits[:, rows, labels][:, :, None]
    margins = np.take_along_axis(logits, chosen[None], axis=2) - true
    fitted = np.einsum("tp,pir->irt", inverse, margins)
    limit = float(np.finfo(np.float16).max)
    return torch.from_numpy(fitted.clip(-limit, limit)).half()


@dataclass(frozen=True)
class SurrogateError:
    """|previewed − measured accuracy| in percentage points, over tasks and random settings.

    Attributes:
        mean, p95: the surrogate's error: average and 95th percentile.
        nothing: the average error of previewing no change at all.
        settings: how many random settings were tried.
    """

    mean: float
    p95: float
    nothing: float
    settings: int

    def to_json(self) -> dict[str, float | int]:
        """The numbers as plain JSON values."""
        return asdict(self)


def surrogate_error(
    surrogate: Surrogate,
    evaluator: Evaluator,
    *,
    settings: int = 20,
    sliders: int = 6,
    low: float = -0.6,
    high: float = 0.8,
    seed: int = 0,
    cache: ResultCache | None = None,
) -> SurrogateError:
    """Compare the surrogate with measurements on its own images at seeded random settings.

    Each setting moves between one and `sliders` of the vectors, each by a uniform draw from
    `low`…`high`.
    """
    rng = np.random.default_rng(seed)
    split: SplitName = "test" if surrogate.split == "test" else "validation"
    measurer = Measurer(evaluator, cache=cache)
    parts = tuple(Part(task, 0, surrogate.images(task)) for task in surrogate.margins)

    def measured(coefficients: Mapping[str, float]) -> dict[str, float]:
        edit = Edit(evaluator.suite.name, coefficients)
        readings = measurer.run(Step(edit, parts, split, kind="reference")).readings
        return {task: reading.estimate.value for task, reading in readings.items()}

    pretrained = measured({})
    errors, nothing = [], []
    for _ in range(settings):
        moved = rng.integers(1, min(sliders, len(surrogate.vectors)), endpoint=True)
        names = rng.choice(surrogate.vectors, size=moved, replace=False).tolist()
        coefficients = dict(zip(names, rng.uniform(low, high, moved).round(4), strict=True))
        preview, truth = surrogate.accuracy(coefficients), measured(coefficients)
        errors += [100 * abs(preview[task] - truth[task]) for task in truth]
        nothing += [100 * abs(pretrained[task] - truth[task]) for task in truth]
    return SurrogateError(
        mean=fmean(errors),
        p95=float(np.percentile(errors, 95)),
        nothing=fmean(nothing),
        settings=settings,
    )
