"""The library transformers: the only module that imports it.

Weights come from the caller, never through the library's own loaders, and no code that a repository
may carry is ever run.
"""

from typing import Any

from taskarith.errors import MissingDependencyError
from taskarith.models.torchvision_operators import declare_torchvision_operators

__all__ = ["import_transformers"]


def import_transformers() -> Any:
    """The library; MissingDependencyError where it is not installed or does not import."""
    declare_torchvision_operators()
    try:
        import transformers
        from transformers import CLIPModel, GPT2LMHeadModel, T5ForConditionalGeneration  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError(
            f"this base needs transformers, which did not import ({error}). "
            'Install it with: pip install "transformers>=5"'
        ) from error
    return transformers
