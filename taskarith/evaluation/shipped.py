"""Shipped measurements: estimates made by the suite's builder, for the first screen.

They are real and complete but made elsewhere, so the page labels them "shipped" until it has
measured the same itself. Reading them needs no model.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskarith.core import Edit
from taskarith.errors import AssetError, TaskArithError
from taskarith.evaluation.estimate import Estimate
from taskarith.evaluation.evaluator import Evaluator
from taskarith.evaluation.measure import Measurer
from taskarith.evaluation.plan import Part, Step
from taskarith.evaluation.results import ResultCache
from taskarith.suites import Suite
from taskarith.tasks import SplitName

__all__ = ["SHIPPED_IMAGES", "SHIPPED_NODES", "Shipped", "load_shipped", "make_shipped"]

FORMAT = 2
DECIMALS = 6  # of a shipped value
SHIPPED_NODES = tuple(step / 4 for step in range(-6, 7))  # −1.5…1.5; holds the live curve's nodes
SHIPPED_IMAGES = 256  # of each split: enough for a picture; the page measures the rest itself


@dataclass(frozen=True, eq=False)
class Shipped:
    """Estimates by edit and task.

    Attributes:
        suite: fingerprint of the suite that was measured.
        examples: by task, fingerprint of the examples; where this machine has others, say so.
        points: every measured edit with its estimates.
    """

    suite: str
    split: str
    examples: Mapping[str, str]
    points: Mapping[Edit, Mapping[str, Estimate]]

    def estimates(self, edit: Edit) -> Mapping[str, Estimate]:
        """What is known of `edit`, by task; empty where it was not measured."""
        return self.points.get(edit, {})

    def curve(self, edit: Edit, *, focus: str) -> list[tuple[float, Mapping[str, Estimate]]]:
        """The measured points of `edit` along λ(focus), by rising λ."""
        others = edit.with_coefficient(focus, 0)
        return sorted(
            (
                (point.coefficients.get(focus, 0.0), estimates)
                for point, estimates in self.points.items()
                if point.with_coefficient(focus, 0) == others
            ),
            key=lambda node: node[0],
        )

    def to_json(self) -> dict[str, Any]:
        """The measurements as plain JSON values: [value, low, high, n] per edit and task."""
        of_tasks = {task: e for of in self.points.values() for task, e in of.items()}
        return {
            "format": FORMAT,
            "suite": self.suite,
            "split": self.split,
            "examples": dict(self.examples),
            "totals": {task: e.total for task, e in of_tasks.items()},
            "metrics": {task: e.metric for task, e in of_tasks.items()},
            "points": [
                {
                    "edit": edit.to_json(),
                    "estimates": {
                        task: [*(round(x, DECIMALS) for x in (e.value, e.low, e.high)), e.n]
                        for task, e in estimates.items()
                    },
                }
                for edit, estimates in self.points.items()
            ],
        }

    @classmethod
    def from_json(cls, data: Any) -> "Shipped":
        """The measurements that `to_json` described; raises KeyError, ValueError and the like."""
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']!r} is unknown")
        split, totals, metrics = data["split"], data["totals"], data["metrics"]
        points = {
            Edit.from_json(point["edit"]): {
                task: Estimate(value, low, high, n, totals[task], split, metrics[task])
                for task, (value, low, high, n) in point["estimates"].items()
            }
            for point in data["points"]
        }
        return cls(data["suite"], split, dict(data["examples"]), points)

    def save(self, path: Path) -> None:
        """Write them as JSON, one edit a line."""
        data = self.to_json()
        points = ",\n".join(json.dumps(point, ensure_ascii=False) for point in data.pop("points"))
        head = json.dumps(data, ensure_ascii=False)
        path.write_text(f'{head[:-1]}, "points": [\n{points}\n]}}\n', encoding="utf-8")


def make_shipped(
    evaluator: Evaluator,
    *,
    split: SplitName = "validation",
    images: int = SHIPPED_IMAGES,
    cache: ResultCache | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Shipped:
    """Measure what the first screen may show.

    The pretrained model, every vector alone along λ (with λ = 1, its fine-tuned model), and each
    preset with the curve of its focus; on the first `images` of all tasks but the second control.
    """
    suite = evaluator.suite
    tasks = [name for name in suite.tasks if name != suite.second_control]
    parts = tuple(Part(name, 0, min(images, evaluator.total(name, split))) for name in tasks)
    measurer = Measurer(evaluator, cache=cache)
    edits = list(dict.fromkeys(_edits(suite)))
    points = {}
    for done, edit in enumerate(edits, start=1):
        piece = measurer.run(Step(edit, parts, split, kind="reference"))
        points[edit] = {task: reading.estimate for task, reading in piece.readings.items()}
        if progress is not None:
            progress(done, len(edits))
    drawn = {task: evaluator.key(edits[0], task=task, split=split).examples for task in tasks}
    return Shipped(suite.fingerprint, split, drawn, points)


def load_shipped(suite: Suite) -> Shipped | None:
    """The measurements that come with `suite`, if some do.

    Raises AssetError where the file is damaged or was made with other weights.
    """
    if suite.manifest.measurements is None:
        return None
    path = suite.path(suite.manifest.measurements)
    try:
        shipped = Shipped.from_json(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise AssetError(
            f"could not read {path}: {error.strerror or error}; restore the suite's files"
        ) from error
    except (KeyError, ValueError, TypeError, AttributeError, TaskArithError) as error:
        raise AssetError(f"the measurements {path} are damaged: {error!r}; make them again") from (
            error
        )
    if shipped.suite != suite.fingerprint:
        raise AssetError(
            f"the measurements {path} are of a suite with fingerprint {shipped.suite}, "
            f"but this one has {suite.fingerprint}; make them again"
        )
    return shipped


def _edits(suite: Suite) -> Iterator[Edit]:
    pretrained = Edit(suite.name)
    yield pretrained
    for name in suite.vectors:
        for node in SHIPPED_NODES:
            yield pretrained.with_coefficient(name, node)
    for preset in suite.manifest.presets:
        edit = Edit(suite.name, preset.coefficients)
        yield edit
        for node in SHIPPED_NODES:
            yield edit.with_coefficient(preset.focus, node)
