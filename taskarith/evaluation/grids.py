"""Grids of any number of coefficients: read from a file, measured point by point, resumable.

A grid is rows of λ by vector, or values by vector of which every combination is a point. What was
measured of it stands in a journal beside its result, so that a stopped sweep goes on.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import islice, product
from math import prod
from pathlib import Path
from typing import Any

from taskarith.core import Edit, checked_coefficient
from taskarith.errors import CoefficientError
from taskarith.evaluation.estimate import Estimate
from taskarith.evaluation.measure import Measurer, Predictor
from taskarith.evaluation.results import ResultCache
from taskarith.tasks import SplitName

__all__ = ["MAX_POINTS", "GridRow", "grid_columns", "read_grid", "sweep_grid"]

MAX_POINTS = 100_000  # at a second each, more than a day
MAX_BYTES = 64 * 2**20

Grid = list[dict[str, float]]


@dataclass(frozen=True)
class GridRow:
    """One task at one point of a grid; `point` counts from 0, as in the file."""

    point: int
    coefficients: Mapping[str, float]
    task: str
    estimate: Estimate


def read_grid(path: Path) -> Grid:
    """The points of a grid file, each with λ by vector name.

    A `.csv` file has vector names in its first line and a point in each other one. A `.json` file
    is a list of objects (points), or one object of lists: every combination of their values, the
    last name varying fastest. All points have the same names. Raises CoefficientError for what is
    no grid, for a λ out of range, and for more than a hundred thousand points.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CoefficientError(
                f"{path.name} has {path.stat().st_size / 1e6:,.0f} MB; a grid of at most "
                f"{MAX_POINTS:,} points takes less: split it into several files"
            )
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CoefficientError(f"{path.name} is no text in UTF-8; save it so") from error
    except OSError as error:
        raise CoefficientError(
            f"could not read the grid {path.name}: {error.strerror or error}"
        ) from error
    if path.suffix.lower() == ".json":
        points = _from_json(text, path.name)
    elif path.suffix.lower() == ".csv":
        points = _from_csv(text, path.name)
    else:
        raise CoefficientError(f"a grid is a .csv or a .json file, got {path.name}")
    if not points:
        raise CoefficientError(f"{path.name} has no points; write at least one")
    _check_count(len(points), path.name)
    names = list(points[0])
    if not names:
        raise CoefficientError(f"the points of {path.name} name no vectors")
    found = []
    for place, point in enumerate(points, start=1):
        if list(point) != names and set(point) != set(names):
            raise CoefficientError(
                f"point {place} of {path.name} names {', '.join(map(str, point))[:80]}, the first "
                f"one {', '.join(names)[:80]}; give all points the same vectors"
            )
        found.append({name: checked_coefficient(point[name], str(name)) for name in names})
    return found


def sweep_grid(
    evaluator: Predictor,
    edit: Edit,
    grid: Grid,
    *,
    tasks: Sequence[str],
    split: SplitName = "validation",
    n: int | None = None,
    cache: ResultCache | None = None,
    journal: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[GridRow]:
    """Measure `edit` with the coefficients of every point of `grid`.

    With `journal`, each point is noted there when it is done; a journal of the same weights, tasks,
    grid and examples is taken up, any other one is begun anew. `progress` gets the points done.
    """
    made_of = _made_of(evaluator, edit, grid, tasks=tasks, split=split, n=n)
    done = _read_journal(journal, made_of) if journal is not None else {}
    measurer, rows = Measurer(evaluator, cache=cache), []
    left = (point for place, point in enumerate(grid) if place not in done)
    edits = (replace(edit, coefficients={**edit.coefficients, **point}) for point in left)
    steps = (measurer.step(varied, tasks=tasks, split=split, n=n) for varied in edits)
    pieces = measurer.run_all(steps)
    with _Journal(journal, made_of, done) as kept:
        for place, point in enumerate(grid):
            estimates = done.get(place)
            if estimates is None:
                readings = next(pieces).readings
                estimates = {task: one.estimate for task, one in readings.items()}
                kept.note(place, estimates)
            rows += [GridRow(place, point, task, one) for task, one in estimates.items()]
            if progress is not None:
                progress(place + 1)
    return rows


def grid_columns(rows: Sequence[GridRow]) -> dict[str, list[Any]]:
    """The rows as columns, the documented schema of a sweep's Parquet file.

    `point` (int64), a column `λ NAME` (double) for each coefficient, `task` (string), `split`
    (string), `metric` (string), `value`, `low`, `high` (double; the estimate and its 95 %
    interval), `n`, `total` (int64).
    """
    names = list(rows[0].coefficients) if rows else []
    return {
        "point": [row.point for row in rows],
        **{f"λ {name}": [float(row.coefficients[name]) for row in rows] for name in names},
        "task": [row.task for row in rows],
        "split": [row.estimate.split for row in rows],
        "metric": [row.estimate.metric for row in rows],
        "value": [float(row.estimate.value) for row in rows],
        "low": [float(row.estimate.low) for row in rows],
        "high": [float(row.estimate.high) for row in rows],
        "n": [row.estimate.n for row in rows],
        "total": [row.estimate.total for row in rows],
    }


def _from_json(text: str, name: str) -> Sequence[Mapping[str, Any]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CoefficientError(f"{name} is no JSON: {error!s:.120}") from error
    if isinstance(data, Mapping) and all(isinstance(one, list) for one in data.values()):
        _check_count(prod(map(len, data.values())), name, of=[*map(len, data.values())])
        return [dict(zip(data, values, strict=True)) for values in product(*data.values())]
    if isinstance(data, list) and all(isinstance(point, Mapping) for point in data):
        return data
    raise CoefficientError(
        f'{name} holds a list of points like [{{"letters": 0.5, "signs": 0.2}}], or values by '
        'vector like {"letters": [0, 0.5, 1], "signs": [0, 1]}'
    )


def _from_csv(text: str, name: str) -> Sequence[Mapping[str, Any]]:
    lines = csv.reader(io.StringIO(text))
    try:
        header = [one.strip() for one in next(lines, [])]
        cells = list(islice((line for line in lines if line), MAX_POINTS + 1))
    except csv.Error as error:
        raise CoefficientError(f"{name} is no CSV: {error}") from error
    if len(set(header)) < len(header) or not all(header):
        raise CoefficientError(f"the first line of {name} names each vector once")
    for place, line in enumerate(cells, start=2):
        if len(line) != len(header):
            raise CoefficientError(
                f"row {place} of {name} has {len(line)} values for {len(header)} vectors"
            )
    return [dict(zip(header, line, strict=True)) for line in cells]


def _check_count(count: int, name: str, *, of: Sequence[int] = ()) -> None:
    if count > MAX_POINTS:
        product_of = f" ({' × '.join(map(str, of))})" if of else " or more"
        raise CoefficientError(
            f"the grid {name} has {count:,} points{product_of} and at most {MAX_POINTS:,} are "
            "measured; take fewer values, or let `recipe search` look for good ones"
        )


def _made_of(
    evaluator: Predictor,
    edit: Edit,
    grid: Grid,
    *,
    tasks: Sequence[str],
    split: SplitName,
    n: int | None,
) -> str:
    """What a journal is about: weights, examples, code, the fixed edit, the grid."""
    keys = [evaluator.key(edit, task=task, split=split) for task in tasks]
    digest = blake2b(digest_size=16)
    for key in keys:
        digest.update(key.digest())
    digest.update(json.dumps([grid, list(tasks), split, n]).encode())
    return digest.hexdigest()


def _read_journal(path: Path, made_of: str) -> dict[int, dict[str, Estimate]]:
    """What a journal of the same sweep holds; a line that was cut off is not there."""
    done: dict[int, dict[str, Estimate]] = {}
    for place, line in enumerate(_lines(path)):
        try:
            data = json.loads(line)
            if place == 0:
                if data != {"sweep": made_of}:
                    return {}
                continue
            done[int(data["point"])] = {
                task: Estimate.from_json(one) for task, one in data["estimates"].items()
            }
        except (ValueError, KeyError, TypeError, AttributeError):
            break
    return done


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from file
    except (OSError, UnicodeDecodeError):
        return


class _Journal:
    """Where points are noted when they are done; nowhere without a path."""

    def __init__(
        self, path: Path | None, made_of: str, done: Mapping[int, Mapping[str, Estimate]]
    ) -> None:
        self._file = None
        if path is None:
            return
        partial = path.with_name(f"{path.name}.new")  # a stop while it is written loses nothing
        with partial.open("w", encoding="utf-8") as self._file:
            self._write({"sweep": made_of})
            for place, estimates in done.items():
                self.note(place, estimates)
        partial.replace(path)
        self._file = path.open("a", encoding="utf-8")

    def __enter__(self) -> "_Journal":
        return self

    def __exit__(self, *raised: object) -> None:
        if self._file is not None:
            self._file.close()

    def note(self, place: int, estimates: Mapping[str, Estimate]) -> None:
        """Keep what a point came to."""
        told = {task: one.to_json() for task, one in estimates.items()}
        self._write({"point": place, "estimates": told})

    def _write(self, data: Mapping[str, object]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(data, ensure_ascii=False) + "\n")
            self._file.flush()
