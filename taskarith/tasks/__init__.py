"""Tasks: classes and prompts, pictures and splits, zero-shot heads. Knows no edits."""

from taskarith.tasks.cache_folder import cache_folder
from taskarith.tasks.heads import TextEncoder, build_head
from taskarith.tasks.splits import load_split
from taskarith.tasks.task import ROLES, SPLITS, Role, Split, SplitName, Task

__all__ = [
    "ROLES",
    "SPLITS",
    "Role",
    "Split",
    "SplitName",
    "Task",
    "TextEncoder",
    "build_head",
    "cache_folder",
    "load_split",
]
