"""The preview of a suite: its surrogate, from wherever it comes, and how far off it has been.

A suite ships one, or an earlier run kept one, or it is fitted while nobody waits. Knows when
fitting would cost too much; nothing of who wants a preview.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from taskarith.errors import AssetError, WeightsError
from taskarith.evaluation.evaluator import Evaluator
from taskarith.evaluation.fitting import fit_in_steps, fit_settings, previewed_tasks
from taskarith.evaluation.measure import Piece
from taskarith.evaluation.plan import COARSE_IMAGES, FINE_IMAGES, FIRST_IMAGES, Part
from taskarith.evaluation.preview_score import PreviewScore
from taskarith.evaluation.surrogate import Surrogate, load_surrogate, read_surrogate
from taskarith.suites import Suite
from taskarith.tasks import SplitName, cache_folder

__all__ = ["MOST_VECTORS", "OFF", "Preview", "kept_scores"]

MOST_VECTORS = 12  # 91 passes; each vector more costs as many again as there are
MOST_ROWS = 2**16  # images × passes: a file of about 1 MB at most, and as much for each browser
MOST_LOGITS = 2**26  # numbers held while fitting: 256 MB
LONGEST = 1200.0  # seconds of work that a preview is worth
STEP_SECONDS = 0.05  # who comes while it is fitted waits for no longer than this

OFF = 5.0  # percentage points: where the mean error is larger, the preview is not shown
ENOUGH = 50  # comparisons until the score counts
SAVE_EVERY = 10.0  # seconds between two writings of the score
KEPT = 32  # surrogates, and scores, kept on disk
SPLIT: SplitName = "validation"

_log = logging.getLogger(__name__)


class Preview:
    """The surrogate of a suite and its score. `fit` and `compare` belong to the worker's thread.

    Args:
        folder: where fitted surrogates and scores are kept, in the cache folder if None.

    Attributes:
        surrogate: None as long as there is none.
    """

    def __init__(
        self,
        suite: Suite,
        *,
        folder: Path | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.surrogate: Surrogate | None = None
        self._suite = suite
        self._folder = folder if folder is not None else _folder()
        self._clock = clock
        self._score: PreviewScore | None = None
        self._saved = clock()
        self._none = "the preview comes when nothing else is measured"
        if len(suite.targets) > MOST_VECTORS:
            self._none = f"no preview: {len(suite.targets)} vectors, more than {MOST_VECTORS}"
        try:
            shipped = load_surrogate(suite)
        except AssetError as error:
            _log.warning("a preview is fitted anew: %s", error)
            shipped = None
        if shipped is not None:
            self._take(shipped)

    @property
    def used(self) -> bool:
        """Whether it is worth showing: it is there, and not known to be too far off."""
        return self.surrogate is not None and not self._off

    def says(self) -> str:
        """In plain words whether there is a preview and how good it is, or why there is none."""
        if self.surrogate is None or self._score is None:
            return self._none
        if not self._score.count:
            return ""
        if self._off:
            return (
                f"preview off by {self._score.mean:.1f} points on average here, "
                f"more than {OFF:.0f}: measured nodes only"
            )
        return f"preview off by {self._score.in_words()}"

    def to_json(self) -> dict[str, Any]:
        """How the preview stands, for the page."""
        ready = self.surrogate is not None
        return {"ready": ready, "used": self.used, "says": self.says()}

    def fit(self, evaluator: Evaluator) -> Iterator[None]:
        """Find or make what is missing, one small step at each `next`; then there is no more."""
        if self.surrogate is None:
            with contextlib.suppress(AssetError):
                self._take(read_surrogate(self._file(".safetensors"), suite=self._suite))
        if self.surrogate is not None or len(self._suite.targets) > MOST_VECTORS:
            return
        try:
            fitted = yield from self._fitted(evaluator)
        except Exception:
            self._none = "no preview: fitting it failed"
            raise
        if fitted is not None:
            self._keep(fitted)
            self._take(fitted)

    def compare(self, piece: Piece) -> None:
        """Note how far off the preview was, where just its images were measured."""
        surrogate, score = self.surrogate, self._score
        edit = piece.edit
        if surrogate is None or score is None or piece.cached or piece.split != surrogate.split:
            return
        if not edit.coefficients or not edit.is_sum or not surrogate.covers(edit):
            return
        same = {
            task: reading.estimate.value
            for task, reading in piece.readings.items()
            if task in surrogate.margins and reading.estimate.n == surrogate.images(task)
        }
        if not same:
            return
        preview = surrogate.preview(edit.coefficients)
        for task, measured in same.items():
            score.add(100 * (preview[task] - measured))
        if self._clock() - self._saved >= SAVE_EVERY:
            self.save()

    def save(self) -> None:
        """Keep the score on disk."""
        if self._score is not None and self._score.count:
            self._saved = self._clock()
            path = self._file(".json")
            self._score.save(path)
            _forget_oldest(path.parent, ".json")

    @property
    def _off(self) -> bool:
        score = self._score
        return score is not None and score.count >= ENOUGH and score.mean > OFF

    def _take(self, surrogate: Surrogate) -> None:
        of = surrogate.digest()
        kept = PreviewScore.load(self._file(".json"))
        same = kept is not None and kept.of == of
        self._score = kept if same else PreviewScore(suite=self._suite.name, of=of)
        self.surrogate = surrogate

    def _fitted(self, evaluator: Evaluator) -> Generator[None, None, Surrogate | None]:
        names = previewed_tasks(self._suite, evaluator)
        if not names:
            self._none = "no preview: the answers here have no logits to fit one to"
            return None
        first = Part(names[-1], 0, min(FIRST_IMAGES, evaluator.total(names[-1], SPLIT)))
        started = self._clock()
        evaluator.logits([first], split=SPLIT)
        seconds = (self._clock() - started) / first.stop
        yield
        images = self._images(seconds, names)
        if not images:
            return None
        step_images = int(min(evaluator.step_images, STEP_SECONDS / max(seconds, 1e-6)))
        fitting = fit_in_steps(evaluator, images=images, step_images=max(1, step_images))
        while True:
            try:
                done, total = next(fitting)
            except StopIteration as end:
                fitted: Surrogate = end.value
                return fitted
            self._none = f"preview being fitted, {100 * done // total} % done: measured nodes only"
            yield

    def _images(self, seconds: float, names: Sequence[str]) -> int:
        """How many images a task to fit to, at `seconds` an image; 0 where it costs too much."""
        passes = len(fit_settings(len(self._suite.targets)))
        classes = sum(len(self._suite.tasks[name].classnames) for name in names)
        rows = passes * len(names)
        for images in (FINE_IMAGES, COARSE_IMAGES, FIRST_IMAGES):
            small = images * rows <= MOST_ROWS and images * passes * classes <= MOST_LOGITS
            if small and images * rows * seconds <= LONGEST:
                return images
        minutes = FIRST_IMAGES * rows * seconds / 60
        self._none = (
            f"no preview: fitting it would take {minutes:.0f} minutes here, "
            f"more than {LONGEST / 60:.0f}"
            if minutes * 60 > LONGEST
            else f"no preview: {classes} classes in all are too many for one"
        )
        return 0

    def _keep(self, surrogate: Surrogate) -> None:
        path = self._file(".safetensors")
        with contextlib.suppress(WeightsError):  # it is fitted again next time
            surrogate.save(path)
            _forget_oldest(path.parent, ".safetensors")

    def _file(self, ending: str) -> Path:
        return self._folder / f"{self._suite.fingerprint}{ending}"


def kept_scores(folder: Path | None = None) -> dict[str, PreviewScore]:
    """The previews' scores that were kept on this machine, by the name of the suite."""
    files = _by_age(folder if folder is not None else _folder(), ".json")
    scores = filter(None, map(PreviewScore.load, files))
    return {score.suite: score for score in scores}  # the newest of a name is the last


def _folder() -> Path:
    return cache_folder() / "previews"


def _by_age(folder: Path, ending: str) -> list[Path]:
    """The files of that ending, the oldest first; none where they cannot be listed."""
    with contextlib.suppress(OSError):
        return sorted(folder.glob(f"*{ending}"), key=lambda path: path.stat().st_mtime)
    return []


def _forget_oldest(folder: Path, ending: str) -> None:
    for path in _by_age(folder, ending)[:-KEPT]:
        with contextlib.suppress(OSError):
            path.unlink()
