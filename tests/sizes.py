"""A collection of three tiny suites, which differ in what they are said to have seen."""

import json
import shutil
from pathlib import Path

__all__ = ["SUITES", "add_sizes", "collection_file", "described"]

SUITES = {"tiny-a": 100, "tiny-b": 200, "tiny-c": 400}


def described(**changes: object) -> dict[str, object]:
    """The collection as its file has it."""
    return {
        "format": 1,
        "name": "tiny-sizes",
        "title": "tiny, three times",
        "about": "Means nothing.",
        "tasks": ["apples", "birds"],
        "controls": ["gardens"],
        "members": [{"suite": suite, "seen": seen} for suite, seen in SUITES.items()],
        **changes,
    }


def collection_file(folder: Path, **changes: object) -> Path:
    """The collection in a file of `folder`."""
    path = folder / "tiny-sizes.json"
    path.write_text(json.dumps(described(**changes)), encoding="utf-8")
    return path


def add_sizes(tiny: Path, home: Path) -> None:
    """Copies of the suite in `tiny` under the names of the members, in `home`."""
    for name in SUITES:
        shutil.copytree(tiny, home / name)
        manifest = json.loads((tiny / "manifest.json").read_text(encoding="utf-8"))
        (home / name / "manifest.json").write_text(json.dumps(manifest | {"name": name}))
