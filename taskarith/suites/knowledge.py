"""What a suite tells about classes: a second sentence each, for prompts that carry knowledge.

`knowledge.json` beside the manifest holds {"tasks": {TASK: {CLASS: SENTENCE}}}; most suites have
none. Knows files; nothing of prompts.
"""

import json

from taskarith.errors import AssetError
from taskarith.suites.suite import Suite

__all__ = ["KNOWLEDGE", "class_knowledge"]

KNOWLEDGE = "knowledge.json"
MOST_BYTES = 2**20
LONGEST = 400  # characters of a sentence


def class_knowledge(suite: Suite, task: str) -> tuple[str, ...]:
    """A sentence about each class of `task`, in the order of its classes; () where none is told.

    Raises AssetError for a file that cannot be read, or lacks a class.
    """
    path = suite.path(KNOWLEDGE)
    if not path.is_file():
        return ()
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES:,} bytes")
        told = json.loads(path.read_text(encoding="utf-8"))["tasks"].get(task)
        if told is None:
            return ()
        found = tuple(told[name] for name in suite.task(task).classnames)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise AssetError(
            f"{KNOWLEDGE} of {suite.name!r} tells no sentence for each class of {task!r} "
            f"({type(error).__name__}: {str(error)[:80]}); add those that lack, or remove the task"
        ) from error
    if not all(isinstance(one, str) and 0 < len(one) <= LONGEST for one in found):
        raise AssetError(
            f"{KNOWLEDGE} of {suite.name!r}: a sentence is a text of 1 to {LONGEST} characters"
        )
    return found
