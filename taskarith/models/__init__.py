"""From weights to models: a module or folder a family, and what the families share.

The names below are loaded on first use, so that words about models cost no library.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskarith.models.clip.open_clip import ClipModel, load_clip
    from taskarith.models.tokenizer import WordTokenizer

__all__ = ["ClipModel", "WordTokenizer", "load_clip"]

_HOMES = {
    "ClipModel": "taskarith.models.clip.open_clip",
    "WordTokenizer": "taskarith.models.tokenizer",
    "load_clip": "taskarith.models.clip.open_clip",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
