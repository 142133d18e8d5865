"""Tasks: classes and prompts, pictures and splits. Knows no edits.

What needs torch is loaded on first use: looking for pictures that are kept must not wait for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from taskarith.tasks.cache_folder import cache_folder

if TYPE_CHECKING:
    from taskarith.tasks.examples import Examples, Images, Texts
    from taskarith.tasks.splits import load_split
    from taskarith.tasks.task import ROLES, SPLITS, Role, SplitName, Task

__all__ = [
    "ROLES",
    "SPLITS",
    "Examples",
    "Images",
    "Role",
    "SplitName",
    "Task",
    "Texts",
    "cache_folder",
    "load_split",
]

_HOMES = {"Examples": "examples", "Images": "examples", "Texts": "examples", "load_split": "splits"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'task')}"), name)
