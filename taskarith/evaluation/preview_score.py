"""The preview's score: how far it was from what was then measured, kept small and on disk.

Knows errors in percentage points; not how they came about. A disk that fails costs memory of the
past, never a result.
"""

import contextlib
import json
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

__all__ = ["PreviewScore"]

BINS = 10  # a percentage point: errors are kept as whole tenths, so a file has 1,001 at most
FORMAT = 1


class PreviewScore:
    """|previewed − measured accuracy| in percentage points, of every comparison so far.

    Args:
        suite: name of the suite.
        of: which surrogate is compared (its digest): another one starts from nothing.

    >>> score = PreviewScore(suite="mini", of="0123")
    >>> for error in (0.0, 1.0, 2.0, 5.0):
    ...     score.add(error)
    >>> score.to_json()
    {'count': 4, 'mean': 2.0, 'p95': 5.0}
    """

    def __init__(self, *, suite: str, of: str) -> None:
        self.suite = suite
        self.of = of
        self._tenths: Counter[int] = Counter()

    def add(self, error: float) -> None:
        """Count one comparison; `error` is in percentage points."""
        self._tenths[round(BINS * min(100.0, abs(error)))] += 1

    @property
    def count(self) -> int:
        """How many comparisons there were."""
        return self._tenths.total()

    @property
    def mean(self) -> float:
        """The mean error; 0 where nothing was compared."""
        counted = list(self._tenths.items())  # at once: another thread may be adding
        total = sum(tenths * times for tenths, times in counted)
        return round(total / BINS / max(1, self.count), 3)

    @property
    def p95(self) -> float:
        """The smallest error that 95 % of the comparisons do not exceed."""
        left = 0.95 * self.count
        for tenths, times in sorted(self._tenths.items()):
            left -= times
            if left <= 0:
                return tenths / BINS
        return 0.0

    def to_json(self) -> dict[str, Any]:
        """The count, the mean and the 95th percentile."""
        return {"count": self.count, "mean": self.mean, "p95": self.p95}

    def in_words(self) -> str:
        """The same for people, after "off by"."""
        return f"{self.mean:.1f} points on average (95 %: {self.p95:.1f}; {self.count} compared)"

    def save(self, path: Path) -> None:
        """Write all comparisons, as counts by size; a disk that fails is left alone."""
        data = {"format": FORMAT, "suite": self.suite, "of": self.of, "tenths": self._tenths}
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(
                "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
            ) as file:
                json.dump(data, file)
            os.replace(file.name, path)

    @classmethod
    def load(cls, path: Path) -> "PreviewScore | None":
        """What `save` wrote; None where there is nothing that can be read."""
        try:
            return cls._from_json(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    @classmethod
    def _from_json(cls, data: Mapping[str, Any]) -> "PreviewScore":
        score = cls(suite=str(data["suite"]), of=str(data["of"]))
        for tenths, times in data["tenths"].items():
            if not (0 <= int(tenths) <= 100 * BINS and int(times) >= 0):
                raise ValueError("no counts of errors")
            score._tenths[int(tenths)] = int(times)
        if data["format"] != FORMAT:
            raise ValueError("another format")
        return score
