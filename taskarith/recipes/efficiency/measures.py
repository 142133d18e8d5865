"""What a task is counted by: accuracy, its mean per class, mean average precision, ROC AUC.

Knows answers, scores and labels. Every measure is in 0…1, and more is better.
"""

from collections.abc import Callable, Mapping

import numpy as np

from taskarith.errors import RecipeError

__all__ = ["MEASURES", "Counted", "mean_average_precision", "mean_per_class", "roc_auc"]

RECALLS = np.linspace(0, 1, 11)


def mean_per_class(rows: np.ndarray, labels: np.ndarray) -> float:
    """The mean over classes of the share of each that is answered rightly; answers int [n].

    >>> mean_per_class(np.array([0, 0, 0, 0]), np.array([0, 0, 0, 1]))
    0.5
    """
    return float(np.mean([(rows[labels == one] == one).mean() for one in np.unique(labels)]))


def mean_average_precision(logits: np.ndarray, labels: np.ndarray) -> float:
    """The mean over classes of 11-point average precision, each class against the rest.

    AP = mean over recalls r in 0, 0.1 … 1 of the best precision at recall r or more, as in VOC 2007
    (Everingham et al. 2010, doi:10.1007/s11263-009-0275-4). Logits float [n, classes], ordered
    within a class's column; examples of equal score count as in the order given.

    >>> mean_average_precision(np.eye(2), np.array([0, 1]))
    1.0
    """
    return float(np.mean([_precision(logits[:, one], labels == one) for one in np.unique(labels)]))


def roc_auc(logits: np.ndarray, labels: np.ndarray) -> float:
    """How often an example of a class scores above one of another; ties count half.

    The mean over classes, each against the rest by its probability; of two classes both are the
    same number. Logits float [n, classes]. Raises RecipeError where there is one class alone.

    >>> roc_auc(np.array([[2.0, 0.0], [0.0, 1.0], [1.0, 0.0]]), np.array([0, 1, 0]))
    1.0
    """
    there = np.unique(labels)
    if len(there) < 2:
        raise RecipeError("ROC AUC compares two classes at least; measure more examples")
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    return float(np.mean([_above(shares[:, one], labels == one) for one in there]))


def _precision(scores: np.ndarray, positive: np.ndarray) -> float:
    found = positive[np.argsort(-scores, kind="stable")].cumsum()
    precision, recall = found / np.arange(1, len(found) + 1), found / positive.sum()
    return float(np.mean([precision[recall >= r - 1e-12].max() for r in RECALLS]))


def _above(scores: np.ndarray, positive: np.ndarray) -> float:
    ours, others = scores[positive][:, None], scores[~positive][None]
    return float(((ours > others) + 0.5 * (ours == others)).mean())


# Of answers, labels and logits; None for those that need no logits.
Counted = Callable[[np.ndarray, np.ndarray], float]
MEASURES: Mapping[str, tuple[Counted, bool]] = {
    "accuracy": (lambda rows, labels: float((rows == labels).mean()), False),
    "mean-per-class": (mean_per_class, False),
    "map": (mean_average_precision, True),
    "roc-auc": (roc_auc, True),
}
