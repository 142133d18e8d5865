"""The library transformers: the only module that imports it.

Weights come from the caller, never through the library's own loaders, and no code that a repository
may carry is ever run.
"""

import threading
from typing import Any

from taskarith.errors import MissingDependencyError
from taskarith.models.torchvision_operators import declare_torchvision_operators

__all__ = ["import_transformers"]

# The library imports its parts when they are named, in circles: two threads that begin at once may
# each find what the other has half imported.
_IMPORTING = threading.Lock()


def import_transformers() -> Any:
    """The library; MissingDependencyError where it is not installed or does not import."""
    try:
        with _IMPORTING:
            declare_torchvision_operators()
            import transformers
            from transformers import (  # noqa: F401
                CLIPModel,
                GPT2LMHeadModel,
                T5ForConditionalGeneration,
            )
    except ImportError as error:
        raise MissingDependencyError(
            f"this base needs transformers, which did not import ({error}). "
            'Install it with: pip install "transformers>=5"'
        ) from error
    return transformers
