"""Heads as a manifest describes them: kinds, their settings, and the metric each gives.

A new kind of head is a module beside this one and a line in `TEXT_KINDS`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from taskarith.errors import AssetError, unknown_name
from taskarith.heads.generation import Generation, Samples
from taskarith.heads.harness import HarnessRequests
from taskarith.heads.head import TextHead
from taskarith.heads.language_modelling import LanguageModelling
from taskarith.heads.likelihood import LabelLikelihood
from taskarith.heads.scores import WrittenNumber
from taskarith.tasks.metric import ACCURACY, METRICS, Metric
from taskarith.tasks.task import ZERO_SHOT, Task

__all__ = [
    "CHECKPOINT",
    "EMBEDDING_KINDS",
    "EXAMPLE_KINDS",
    "HEAD_KINDS",
    "KEPT_KINDS",
    "REGRESSION",
    "TEXT_KINDS",
    "UNCLASSED",
    "head_vector",
    "metric_of",
    "text_head",
]

# Kinds of class vectors that are made of the task's training examples.
EXAMPLE_KINDS = ("prototypes", "linear-probe")
# All kinds of class vectors: in the suite's files, or made by its model.
EMBEDDING_KINDS = (ZERO_SHOT, "classifier", *EXAMPLE_KINDS)

# Heads that come with the checkpoint of the task's vector: a classifier, and one output, a score.
CHECKPOINT, REGRESSION = KEPT_KINDS = ("checkpoint", "regression")
# Kinds whose examples have no classes.
UNCLASSED = ("language-modelling", "number", REGRESSION, "lm-eval")

MOST_TOKENS = 256  # that a head may let a model write for one example


def _labels(task: Task) -> tuple[str, ...]:
    return tuple(task.templates[0].replace("{}", name) for name in task.classnames)


def _likelihood(task: Task) -> TextHead:
    return LabelLikelihood(_labels(task), normalized=bool(task.head.get("normalized", False)))


def _modelling(task: Task) -> TextHead:
    return LanguageModelling()


def _generation(task: Task) -> TextHead:
    return Generation(task.classnames, most=_count(task, "most", 16))


def _number(task: Task) -> TextHead:
    return WrittenNumber(most=_count(task, "most", 16))


def _harness(task: Task) -> TextHead:
    return HarnessRequests()


def _samples(task: Task) -> TextHead:
    words = task.head.get("words")
    if not isinstance(words, list) or not words or not all(isinstance(w, str) for w in words):
        raise AssetError(f"the head of {task.name!r} needs words, a list that its judge looks for")
    temperature = task.head.get("temperature", 1.0)
    if not isinstance(temperature, int | float) or not 0 <= temperature <= 10:
        raise AssetError(f"the head of {task.name!r} has the temperature {temperature!r:.40}")
    return Samples(
        frozenset(word.lower() for word in words),
        most=_count(task, "most", 20),
        temperature=float(temperature),
        seed=_count(task, "seed", 0, least=0, most=2**31),
    )


# What makes each kind of head that reads its rows off a language model, and its metric.
TEXT_KINDS: Mapping[str, tuple[Callable[[Task], TextHead], str]] = {
    "label-likelihood": (_likelihood, "accuracy"),
    "language-modelling": (_modelling, "perplexity"),
    "generation": (_generation, "exact-match"),
    "samples": (_samples, "rate"),
    "number": (_number, "spearman"),
    "lm-eval": (_harness, "accuracy"),
}

# Every kind of head there is.
HEAD_KINDS = (*EMBEDDING_KINDS, *KEPT_KINDS, *TEXT_KINDS)


def text_head(task: Task) -> TextHead:
    """The head of a task of texts. Raises UnknownNameError, AssetError for impossible settings."""
    kind = str(task.head.get("kind"))
    if kind not in TEXT_KINDS:
        raise unknown_name("kind of head", kind, existing=HEAD_KINDS)
    return TEXT_KINDS[kind][0](task)


def metric_of(kind: str) -> Metric:
    """What the answers of a kind of head are counted by.

    >>> metric_of("regression").title, metric_of("zero-shot").title
    ("Spearman's ρ", 'accuracy')
    """
    if kind == REGRESSION:
        return METRICS["spearman"]
    return METRICS[TEXT_KINDS[kind][1]] if kind in TEXT_KINDS else ACCURACY


def head_vector(task: Task) -> str:
    """The vector in whose checkpoint a task's head is: the task's own unless it names another."""
    return str(task.head.get("vector", task.name))


def _count(task: Task, setting: str, usual: int, *, least: int = 1, most: int = MOST_TOKENS) -> int:
    value: Any = task.head.get(setting, usual)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise AssetError(
            f"the head of {task.name!r} has {setting} {value!r:.40}; "
            f"it takes a whole number from {least} to {most:,}"
        )
    return value
