"""What the page knows before anything is measured: names, presets, looks, shipped measurements.

Needs no model, so that the page means something while the engine warms up.
"""

import os
import warnings
from collections.abc import Mapping
from typing import Any

from taskarith import __version__
from taskarith.core import MAX_COEFFICIENT, NULLS
from taskarith.errors import AssetError
from taskarith.evaluation import Shipped, load_shipped
from taskarith.figures import page_style
from taskarith.suites import Preset, Suite

__all__ = ["CONTROL_FLOOR", "describe", "read_shipped", "space_address"]

CONTROL_FLOOR = 0.95  # of the pretrained control: the paper's rule for choosing λ in negation
SLIDER_BOUND = 1.5
SETTLE_MS = 250  # without movement: the edit in hand is committed


def describe(suite: Suite, shipped: Shipped | None) -> dict[str, Any]:
    """Everything static about `suite` that the browser's part needs, as plain JSON values."""
    manifest = suite.manifest
    return {
        "version": __version__,
        "suite": {"name": suite.name, "title": suite.title, "about": manifest.about},
        "tasks": [
            {"name": task.name, "title": task.title, "role": task.role, "chance": task.chance}
            for task in suite.tasks.values()
            if task.name != suite.second_control  # seen by no choice, so not by this page
        ],
        "vectors": _vectors(suite),
        "presets": [_preset(preset) for preset in manifest.presets],
        "start": manifest.start,
        "floor": CONTROL_FLOOR,
        "limits": {"slider": SLIDER_BOUND, "hard": MAX_COEFFICIENT, "settle": SETTLE_MS},
        "shipped": _points(shipped),
        "style": page_style(),
        "space": space_address(os.environ),
    }


def read_shipped(suite: Suite) -> Shipped | None:
    """The suite's shipped measurements; a damaged file is a warning, and none are shown."""
    try:
        return load_shipped(suite)
    except AssetError as error:
        warnings.warn(f"the page starts without shipped measurements: {error}", stacklevel=2)
        return None


def space_address(environment: Mapping[str, str]) -> str | None:
    """Where this app lives when it is a Hugging Face Space, else None.

    >>> space_address({"SPACE_ID": "me/demo", "SPACE_HOST": "me-demo.hf.space"})
    'https://me-demo.hf.space/'
    """
    host, name = environment.get("SPACE_HOST"), environment.get("SPACE_ID")
    if host:
        return f"https://{host}/"
    return f"https://huggingface.co/spaces/{name}" if name else None


def _vectors(suite: Suite) -> list[dict[str, str]]:
    """Targets first (their sliders are always there), then what can be added to the bank."""
    ordered = sorted(suite.vectors, key=lambda name: name not in suite.targets)
    own = [
        {
            "name": name,
            "title": suite.tasks[name].title,
            "kind": suite.tasks[name].role,
            "task": name,
        }
        for name in ordered
    ]
    nulls = [
        {
            "name": f"{null}:{name}",
            "title": f"{null}: {suite.tasks[name].title}",
            "kind": "null",
            "task": name,
        }
        for null in NULLS
        for name in ordered
    ]
    return own + nulls


def _preset(preset: Preset) -> dict[str, Any]:
    return {
        "name": preset.name,
        "title": preset.title,
        "about": preset.about,
        "coefficients": dict(preset.coefficients),
        "focus": preset.focus,
        "analogy": _analogy(preset),
    }


def _analogy(preset: Preset) -> dict[str, Any] | None:
    """The analogy a preset shows, with its two coefficients read off the edit."""
    if preset.analogy is None:
        return None
    of = preset.coefficients
    bracket, own = of.get(preset.analogy["b"], 0.0), of.get(preset.analogy["c"], 0.0)
    return {**preset.analogy, "bracket": bracket, "own": own}


def _points(shipped: Shipped | None) -> list[list[Any]]:
    """Every shipped point as [coefficients, {task: [correct, n, total]}]."""
    if shipped is None:
        return []
    return [
        [dict(edit.coefficients), {t: [e.correct, e.n, e.total] for t, e in estimates.items()}]
        for edit, estimates in shipped.points.items()
    ]
