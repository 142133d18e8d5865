"""A linear probe: what a straight line through the embeddings can tell about the classes.

Ridge regression of the one-hot labels, in closed form; its penalty is the one whose
leave-one-out answers are best on the images it is fitted to. Knows arrays alone.
"""

import numpy as np
import torch
from torch import Tensor

from taskarith.errors import AssetError
from taskarith.heads.embedding import EmbeddingHead

__all__ = ["LinearProbe", "linear_probe"]

PENALTIES = tuple(10.0**power for power in range(-4, 4))


class LinearProbe:
    """W = (XᵀX + p·I)⁻¹ XᵀY on centred embeddings X [n, d] and one-hot labels Y [n, classes].

    With the singular values s of X, leaving image i out changes its own residual to
    r_i ÷ (1 − h_i), h the diagonal of the hat matrix, which is what the penalty p is chosen by
    (Allen 1974, doi:10.1080/00401706.1974.10489157).

    >>> x = np.array([[0.0], [0.1], [0.9], [1.0]])
    >>> LinearProbe(x, np.array([0, 0, 1, 1]), classes=2).predict(np.array([[0.2], [0.8]]))
    array([0, 1])

    Attributes:
        penalty: the chosen p, times the mean squared singular value.
    """

    def __init__(self, embeddings: np.ndarray, labels: np.ndarray, *, classes: int) -> None:
        x = embeddings.astype(np.float64)
        y = np.eye(classes)[labels.astype(np.int64)]
        self._x_mean, self._y_mean = x.mean(0), y.mean(0)
        left, singular, right = np.linalg.svd(x - self._x_mean, full_matrices=False)
        rotated = left.T @ (y - self._y_mean)
        scale = float((singular**2).mean())
        best = -1.0
        for penalty in PENALTIES:
            shrink = singular**2 / (singular**2 + penalty * scale)
            fitted = left @ (shrink[:, None] * rotated)
            hat = 1 / len(x) + (left**2) @ shrink
            left_out = y - (y - self._y_mean - fitted) / np.maximum(1 - hat, 1e-12)[:, None]
            right_share = float((left_out.argmax(1) == labels).mean())
            if right_share > best:
                best, self.penalty = right_share, penalty
                self._weights = right.T @ (
                    (shrink / np.maximum(singular, 1e-12))[:, None] * rotated
                )

    def predict(self, embeddings: np.ndarray) -> np.ndarray:
        """The class of each embedding, int64 [n]."""
        scores = (embeddings.astype(np.float64) - self._x_mean) @ self._weights + self._y_mean
        return scores.argmax(1)

    def head(self) -> EmbeddingHead:
        """The same answers as a head: weights float32 [classes, d] and biases [classes]."""
        bias = self._y_mean - self._x_mean @ self._weights
        # Row by row, as it is when it has been kept on disk: products then round alike.
        rows = np.ascontiguousarray(self._weights.T, dtype=np.float32)
        return EmbeddingHead(
            torch.from_numpy(rows),
            torch.from_numpy(bias.astype(np.float32)),
        )


def linear_probe(embeddings: Tensor, labels: Tensor, *, classes: int) -> EmbeddingHead:
    """The head of a linear probe fitted to embeddings float32 [n, d] with labels int64 [n].

    Raises AssetError where a class has no example.
    """
    lacking = set(range(classes)) - set(labels.tolist())
    if lacking:
        raise AssetError(f"there is no training example of class {min(lacking)}; add some")
    return LinearProbe(embeddings.numpy(), labels.numpy(), classes=classes).head()
