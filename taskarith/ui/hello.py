"""What the page knows before anything is measured: names, presets, looks, shipped measurements.

Read straight from the suite's JSON files, without torch, so that the page means something while
the engine is still being imported. The files are validated when the engine opens the suite.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskarith import __version__
from taskarith.errors import AssetError
from taskarith.figures import page_style
from taskarith.places import ASSETS
from taskarith.tasks.metric import ACCURACY, METRICS

if TYPE_CHECKING:
    from taskarith.suites import Suite

__all__ = [
    "CONTROL_FLOOR",
    "MAX_COEFFICIENT",
    "called",
    "describe",
    "describe_opened",
    "described_folder",
    "drawn_families",
    "is_suite_name",
    "shown_source",
    "space_address",
    "written_at",
]

CONTROL_FLOOR = 0.95  # of the pretrained control: the paper's rule for choosing λ in negation
SLIDER_BOUND = 1.5
SETTLE_MS = 250  # without movement: the edit in hand is committed

# These are `core`'s and `suites`', which import torch; a test holds them equal.
MAX_COEFFICIENT = 3.0
NULLS = ("random", "permuted")
SLICES = (32, 128)  # examples a node of a curve: at first, and as it stays
TEXT_DATA = ("written-world", "table", "lm-eval")
METRIC_OF_HEAD = {
    "label-likelihood": "accuracy",
    "language-modelling": "perplexity",
    "generation": "exact-match",
    "samples": "rate",
    "number": "spearman",
    "regression": "spearman",
}
SUITES_FOLDER = ASSETS / "suites"
SUITE_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")

Json = Mapping[str, Any]

# What reading a file that is missing, or not what it should be, may raise.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)


def describe(source: str) -> dict[str, Any]:
    """Everything static about a suite that the browser's part needs, as plain JSON values.

    Args:
        source: name of a suite, its folder, or its manifest, as for `load_suite`.

    Raises:
        AssetError: the files cannot be read, or their tasks are described elsewhere; opening the
            suite says more.
    """
    try:
        folder, manifest = _manifest(source)
        return _description(manifest) | {"shipped": _shipped(folder, manifest)}
    except UNREADABLE as error:
        raise AssetError(f"the suite {source!r} cannot be read: {error!r}") from error


def described_folder(source: str) -> tuple[Path, dict[str, Any]]:
    """A suite's folder, and what `describe` says of it less what was measured.

    Raises:
        AssetError: as `describe`.
    """
    try:
        folder, manifest = _manifest(source)
        return folder, _description(manifest)
    except UNREADABLE as error:
        raise AssetError(f"the suite {source!r} cannot be read: {error!r}") from error


def describe_opened(suite: "Suite") -> dict[str, Any]:
    """The same of a suite that has been opened, wherever its tasks are described."""
    manifest = suite.manifest
    of_tasks = ("name", "title", "role", "classnames", "head", "data")
    fields = {
        **{key: getattr(manifest, key) for key in ("name", "title", "about", "start")},
        "measurements": manifest.measurements,
        "tasks": [
            {key: getattr(t, key) for key in of_tasks} | {"metric": {"title": t.metric.title}}
            for t in suite.tasks.values()
        ],
        "vectors": [{"task": name} for name in suite.vectors],
        "recipes": {
            "tasks": [{key: getattr(t, key) for key in of_tasks} for t in manifest.recipe_tasks],
            "vectors": [{"name": n, "task": t} for n, t in manifest.recipe_subjects.items()],
        },
        "presets": [vars(preset) for preset in manifest.presets],
    }
    return _description(fields) | {"shipped": _shipped(suite.folder, fields)}


def drawn_families(source: str) -> list[str]:
    """The picture families whose pictures the page measures first, as far as they are drawn.

    The control, which has the most pictures, comes first. Empty where the suite cannot be read:
    opening it says why.
    """
    try:
        _, manifest = _manifest(source)
        tasks = [task for task in manifest["tasks"] if task["role"] in ("target", "control")]
        tasks.sort(key=lambda task: task["role"] == "target")
        return [t["data"]["family"] for t in tasks if t["data"]["kind"] == "world"]
    except UNREADABLE:
        return []


def space_address(environment: Mapping[str, str]) -> str | None:
    """Where this app lives when it is a Hugging Face Space, else None.

    >>> space_address({"SPACE_ID": "me/demo", "SPACE_HOST": "me-demo.hf.space"})
    'https://me-demo.hf.space/'
    """
    host, name = environment.get("SPACE_HOST"), environment.get("SPACE_ID")
    if host:
        return f"https://{host}/"
    return f"https://huggingface.co/spaces/{name}" if name else None


def is_suite_name(text: object) -> bool:
    """Whether a text is the name of a suite, not a path: all that a browser may ask for.

    >>> is_suite_name("clip-vit-base-patch32"), is_suite_name("../mini"), is_suite_name(None)
    (True, False, False)
    """
    return isinstance(text, str) and SUITE_NAME.fullmatch(text) is not None


def shown_source(source: str) -> str:
    """`source`, with the folder of a suite that was added in place of its name.

    It is found there wherever suites are looked for afterwards; what cannot be found stays.
    """
    try:
        file = _file(source)
    except UNREADABLE:
        return source
    named = is_suite_name(source) and not file.is_relative_to(SUITES_FOLDER)
    return str(file.parent) if named else source


def written_at(source: str) -> int:
    """When the suite's manifest was written, in nanoseconds; 0 where it cannot be read."""
    try:
        return _file(source).stat().st_mtime_ns
    except UNREADABLE:
        return 0


def _file(source: str) -> Path:
    """Where the manifest is, for a name or a path as `load_suite` takes them."""
    is_path = "/" in source or "\\" in source or source == "."
    path = Path(source) if is_path else SUITES_FOLDER / source
    if not is_path and not path.is_dir():
        path = _added(source)
    return path if path.suffix == ".json" else path / "manifest.json"


def _added(name: str) -> Path:
    """The folder of a suite that was added, as `suites.home` finds it."""
    home = os.environ.get("TASKARITH_SUITES") or "~/.local/share/taskarith/suites"
    folder = Path(home).expanduser() / name
    if folder.is_dir():
        return folder
    return Path(json.loads(folder.with_name(f"{name}.json").read_text(encoding="utf-8"))["folder"])


def _manifest(source: str) -> tuple[Path, Json]:
    """The suite's folder and what its manifest holds, unchecked."""
    file = _file(source)
    manifest = json.loads(file.read_text(encoding="utf-8"))
    if any("use" in task for task in manifest["tasks"]):
        # Tasks that several suites share are written down once.
        shared = json.loads((SUITES_FOLDER / "tasks.json").read_text(encoding="utf-8"))["tasks"]
        by_name = {task["name"]: task for task in shared}
        manifest["tasks"] = [{**by_name.get(t.get("use"), {}), **t} for t in manifest["tasks"]]
    return file.parent, manifest


def _shipped(folder: Path, manifest: Json) -> list[list[Any]]:
    """Every shipped point as [coefficients, {task: estimate}]."""
    if not manifest.get("measurements"):
        return []
    try:
        data = json.loads((folder / manifest["measurements"]).read_text(encoding="utf-8"))
        totals = data["totals"]
        return [
            [
                point["edit"]["coefficients"],
                {
                    task: {"value": value, "low": low, "high": high, "n": n, "total": totals[task]}
                    for task, (value, low, high, n) in point["estimates"].items()
                },
            ]
            for point in data["points"]
            if _is_sum(point["edit"])
        ]
    except UNREADABLE:
        return []  # once the engine is there, it warns with the reason


def _is_sum(edit: Json) -> bool:
    """Whether an edit's coefficients alone say what it is."""
    return edit.get("method", "sum") == "sum" and not edit.get("settings")


def _description(manifest: Json) -> dict[str, Any]:
    recipes = manifest.get("recipes") or {}
    tasks = [*manifest["tasks"], *recipes.get("tasks", [])]
    return {
        "version": __version__,
        "suite": {key: manifest[key] for key in ("name", "title", "about")},
        "tasks": [
            {
                "name": task["name"],
                "title": task["title"],
                "role": task["role"],
                "chance": _chance(task),
                "examples": _examples(task),
                "metric": _metric(task),
            }
            for task in tasks
        ],
        "vectors": [
            *_vectors(tasks, [vector["task"] for vector in manifest["vectors"]]),
            *_recipe_vectors(tasks, recipes.get("vectors", [])),
        ],
        "presets": [_preset(preset) for preset in manifest["presets"]],
        "start": manifest.get("start"),
        "floor": CONTROL_FLOOR,
        "limits": {
            "slider": SLIDER_BOUND,
            "hard": MAX_COEFFICIENT,
            "settle": SETTLE_MS,
            "slices": list(SLICES),
        },
        "style": page_style(),
        "space": space_address(os.environ),
    }


def _metric(task: Json) -> dict[str, Any]:
    """What a task's examples are counted by, as the head says and the task calls it."""
    kind = str((task.get("head") or {}).get("kind"))
    name = METRIC_OF_HEAD.get(kind, ACCURACY.name)
    title = (task.get("metric") or {}).get("title")
    return METRICS[name].to_json() | ({"title": title} if title else {})


def _chance(task: Json) -> float | None:
    """What guessing gives, for answers that are one of the classes."""
    classes = task.get("classnames")
    return 1 / len(classes) if classes and _metric(task)["name"] == ACCURACY.name else None


def called(tasks: Iterable[Json]) -> str:
    """What the examples of several tasks are called together.

    >>> called([{"data": {"kind": "world"}}]), called([{"data": {"kind": "table"}}])
    ('images', 'texts')
    """
    names = {_examples(task) for task in tasks}
    return names.pop() if len(names) == 1 else "examples"


def _examples(task: Json) -> str:
    """What a task's examples are called."""
    has_texts = task["data"].get("kind") in TEXT_DATA or "text" in task["data"]
    return "texts" if has_texts else "images"


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


def _recipe_vectors(tasks: Iterable[Json], vectors: Iterable[Json]) -> list[dict[str, str]]:
    """What only recipes use by themselves, for whoever wants a slider for it."""
    titles = {task["name"]: task["title"] for task in tasks}
    named = [(v["name"], str(v.get("task", v["name"]))) for v in vectors]
    return [
        {"name": name, "title": str(titles.get(name, name)), "kind": "recipe", "task": task}
        for name, task in named
    ]


def _preset(preset: Json) -> dict[str, Any]:
    return {
        "name": preset["name"],
        "title": preset["title"],
        "about": preset["about"],
        "coefficients": dict(preset["coefficients"]),
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
