"""Tasks that many suites share: their classes, their words and their pictures, written down once.

A manifest takes one with `{"use": NAME, "role": ROLE}`. Words decide zero-shot accuracy, so each
task carries the fingerprint of its own and is refused when they were changed.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from taskarith.errors import AssetError, unknown_name
from taskarith.places import ASSETS

__all__ = ["TASKS_FILE", "library_task", "library_tasks", "words_fingerprint"]

TASKS_FILE = ASSETS / "suites" / "tasks.json"


def words_fingerprint(classnames: Sequence[str], templates: Sequence[str]) -> str:
    """A short hash of class names and prompt templates, in their order.

    >>> words_fingerprint(["cat", "dog"], ["a {}"]) != words_fingerprint(["dog", "cat"], ["a {}"])
    True
    """
    text = json.dumps([list(classnames), list(templates)], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def library_tasks() -> Mapping[str, Mapping[str, Any]]:
    """Every shared task by name, as a manifest writes tasks; AssetError if the file is damaged."""
    try:
        tasks = json.loads(TASKS_FILE.read_text(encoding="utf-8"))["tasks"]
        by_name = {task["name"]: task for task in tasks}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AssetError(f"{TASKS_FILE} cannot be read: {error!r:.200}; restore it") from error
    for name, task in by_name.items():
        if words_fingerprint(task["classnames"], task["templates"]) != task["words"]:
            raise AssetError(
                f"{TASKS_FILE}: the words of {name!r} were changed; numbers would not compare. "
                "Write another task into your manifest instead"
            )
    return by_name


def library_task(name: object) -> Mapping[str, Any]:
    """The shared task called `name`, or UnknownNameError."""
    tasks = library_tasks()
    if not isinstance(name, str) or name not in tasks:
        raise unknown_name("shared task", name, existing=tasks)
    return {key: value for key, value in tasks[name].items() if key != "words"}
