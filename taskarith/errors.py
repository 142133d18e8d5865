"""Every error a user of `taskarith` can meet; each message says what was asked, found, and to do.

    TaskArithError
    ├── WeightsError             mismatched or damaged tensors, an unreadable weights file
    ├── UnknownNameError         a suite, task, vector, split or method that does not exist
    ├── CoefficientError         λ that is not a finite number or is out of range
    ├── SettingError             a setting of a merge method that is none or does not fit
    ├── AssetError               a missing or damaged file of a suite, or its manifest
    ├── SourceError              a reference to weights or pictures that cannot be had, and why
    │   └── PullCancelled        the one who asked for the download stopped it
    ├── ExportError              an edit that cannot be exported, imported, published or verified
    │   └── ExportCancelled      the one who asked for the export stopped it
    ├── MemoryBudgetError        weights that would take more memory than may be used
    ├── MissingDependencyError   an optional package that is not installed
    ├── RecipeError              a recipe that cannot run with what it was given
    │   └── RecipeCancelled      a recipe that was told to stop
    ├── TeachingError            examples or a way of fine-tuning that make no task vector
    │   └── TeachingCancelled    the one who asked for the training stopped it
    ├── EngineError              workers elsewhere that cannot be had, or do not agree with us
    └── PortInUseError           the page's port is taken

This module knows nothing about where the errors are raised or how they are shown.
"""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "AssetError",
    "CoefficientError",
    "EngineError",
    "ExportCancelled",
    "ExportError",
    "MemoryBudgetError",
    "MissingDependencyError",
    "PortInUseError",
    "PullCancelled",
    "RecipeCancelled",
    "RecipeError",
    "SettingError",
    "SourceError",
    "TaskArithError",
    "TeachingCancelled",
    "TeachingError",
    "UnknownNameError",
    "WeightsError",
    "listed",
    "unknown_name",
]


class TaskArithError(Exception):
    """The root of the tree: catch it to catch everything below."""


class WeightsError(TaskArithError):
    """Tensors that do not fit each other, are damaged, or cannot be read or written."""


class UnknownNameError(TaskArithError):
    """A name (suite, task, vector, split, method) that does not exist."""


class CoefficientError(TaskArithError):
    """A scaling coefficient that is not a finite number or is out of range."""


class SettingError(TaskArithError):
    """A setting of a merge method that is no number, out of range, or does not fit the vectors."""


class AssetError(TaskArithError):
    """A file of a suite that is missing or damaged, or a manifest that does not hold together."""


class SourceError(TaskArithError):
    """Something elsewhere that cannot be had: nothing there, or a Hub, disk or limit in the way.

    Whatever was fetched before the error is kept for the next try and never taken for whole.
    """


class PullCancelled(SourceError):
    """The download was stopped by the one who asked for it."""


class ExportError(TaskArithError):
    """An edit that a format cannot say, or something that cannot be published or verified."""


class ExportCancelled(ExportError):
    """The export was stopped by the one who asked for it; nothing of it is left."""


class MemoryBudgetError(TaskArithError):
    """Weights that would take more memory than there is or than may be used."""


class MissingDependencyError(TaskArithError):
    """An optional package that is needed here and not installed."""


class RecipeError(TaskArithError):
    """A recipe that cannot run with the tasks, vectors or splits it was given."""


class RecipeCancelled(RecipeError):
    """A recipe that was told to stop: it has no result, what it measured stays in the cache."""


class TeachingError(TaskArithError):
    """Examples that cannot be taught, or a training that went wrong; nothing of it is kept."""


class TeachingCancelled(TeachingError):
    """A training that was stopped by the one who asked for it; nothing of it is kept."""


class EngineError(TaskArithError):
    """Workers on other devices or machines: none there, lost, or of other files or versions."""


class PortInUseError(TaskArithError):
    """The port the page was asked to open on is taken."""


def listed(names: Iterable[str], *, most: int = 8) -> str:
    """The first `most` names, each at most 120 characters, and how many more there are.

    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(name[:120] for name in names[:most]) + more


def unknown_name(kind: str, asked: object, *, existing: Iterable[str]) -> UnknownNameError:
    """The error for a name that does not exist: it lists what does, the nearest name first.

    >>> raise unknown_name("task", "leters", existing=["digits", "letters"])
    Traceback (most recent call last):
    taskarith.errors.UnknownNameError: unknown task 'leters'; did you mean 'letters'? \
There are: digits, letters.
    """
    names = list(existing)
    shown = str(asked)[:80]
    close = get_close_matches(shown, names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    there_are = f"There are: {', '.join(names)}." if names else "There are none."
    return UnknownNameError(f"unknown {kind} {shown!r}{hint} {there_are}")
