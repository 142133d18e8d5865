"""What the page knows before anything is measured: names, presets, looks, shipped measurements.

Read straight from the suite's JSON files, without torch, so that the page means something while
the engine is still being imported. The files are validated when the engine opens the suite.
"""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from taskarith import __version__
from taskarith.errors import AssetError
from taskarith.figures import page_style

__all__ = ["CONTROL_FLOOR", "describe", "space_address"]

CONTROL_FLOOR = 0.95  # of the pretrained control: the paper's rule for choosing λ in negation
SLIDER_BOUND = 1.5
SETTLE_MS = 250  # without movement: the edit in hand is committed

# These three are `core`'s and `suites`', which import torch; a test holds them equal.
MAX_COEFFICIENT = 3.0
NULLS = ("random", "permuted")
SUITES_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "suites"

Json = Mapping[str, Any]


def describe(source: str) -> dict[str, Any]:
    """Everything static about a suite that the browser's part needs, as plain JSON values.

    Args:
        source: name of a suite, its folder, or its manifest, as for `load_suite`.

    Raises:
        AssetError: the files cannot be read; opening the suite says more.
    """
    try:
        file = _manifest_file(source)
        manifest = json.loads(file.read_text(encoding="utf-8"))
        return _description(manifest, _measurements(file.parent, manifest))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise AssetError(f"the suite {source!r} cannot be read: {error!r}") from error


def space_address(environment: Mapping[str, str]) -> str | None:
    """Where this app lives when it is a Hugging Face Space, else None.

    >>> space_address({"SPACE_ID": "me/demo", "SPACE_HOST": "me-demo.hf.space"})
    'https://me-demo.hf.space/'
    """
    host, name = environment.get("SPACE_HOST"), environment.get("SPACE_ID")
    if host:
        return f"https://{host}/"
    return f"https://huggingface.co/spaces/{name}" if name else None


def _manifest_file(source: str) -> Path:
    is_path = "/" in source or "\\" in source or source == "."
    path = Path(source) if is_path else SUITES_FOLDER / source
    return path if path.suffix == ".json" else path / "manifest.json"


def _measurements(folder: Path, manifest: Json) -> Json | None:
    """The shipped measurements; None where there are none or they cannot be read."""
    if not manifest["measurements"]:
        return None
    try:
        data: Json = json.loads((folder / manifest["measurements"]).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # the engine, once it is there, warns with the reason
    return data


def _description(manifest: Json, measurements: Json | None) -> dict[str, Any]:
    tasks = [task for task in manifest["tasks"] if task["role"] != "second-control"]
    return {
        "version": __version__,
        "suite": {key: manifest[key] for key in ("name", "title", "about")},
        "tasks": [
            {
                "name": task["name"],
                "title": task["title"],
                "role": task["role"],
                "chance": 1 / len(task["classnames"]),
            }
            for task in tasks  # the second control is seen by no choice, so not by this page
        ],
        "vectors": _vectors(tasks, [vector["task"] for vector in manifest["vectors"]]),
        "presets": [_preset(preset) for preset in manifest["presets"]],
        "start": manifest["start"],
        "floor": CONTROL_FLOOR,
        "limits": {"slider": SLIDER_BOUND, "hard": MAX_COEFFICIENT, "settle": SETTLE_MS},
        "shipped": _points(measurements),
        "style": page_style(),
        "space": space_address(os.environ),
    }


def _vectors(tasks: Iterable[Json], names: list[str]) -> list[dict[str, str]]:
    """Targets first (their sliders are always there), then what can be added to the bank."""
    known = {task["name"]: task for task in tasks}
    ordered = sorted(names, key=lambda name: known[name]["role"] != "target")
    own = [
        {"name": n, "title": known[n]["title"], "kind": known[n]["role"], "task": n}
        for n in ordered
    ]
    nulls = [
        {"name": f"{null}:{n}", "title": f"{null}: {known[n]['title']}", "kind": "null", "task": n}
        for null in NULLS
        for n in ordered
    ]
    return own + nulls


def _preset(preset: Json) -> dict[str, Any]:
    return {
        "name": preset["name"],
        "title": preset["title"],
        "about": preset["about"],
        "coefficients": preset["coefficients"],
        "focus": preset["focus"],
        "analogy": _analogy(preset),
    }


def _analogy(preset: Json) -> dict[str, Any] | None:
    """The analogy a preset shows, with its two coefficients read off the edit."""
    analogy = preset.get("analogy")
    if analogy is None:
        return None
    of = preset["coefficients"]
    return {**analogy, "bracket": of.get(analogy["b"], 0.0), "own": of.get(analogy["c"], 0.0)}


def _points(measurements: Json | None) -> list[list[Any]]:
    """Every shipped point as [coefficients, {task: [correct, n, total]}]."""
    if measurements is None:
        return []
    totals = measurements["totals"]
    return [
        [
            point["edit"]["coefficients"],
            {task: [correct, n, totals[task]] for task, (correct, n) in point["counts"].items()},
        ]
        for point in measurements["points"]
    ]
