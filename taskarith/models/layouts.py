"""Whose names tensors may have: libraries, and where each looks for weights. Words alone."""

from dataclasses import dataclass

__all__ = ["LAYOUTS", "Layout"]


@dataclass(frozen=True)
class Layout:
    """How a library names, cuts and turns a family's tensors, and where it looks for them.

    Attributes:
        library: the library, as people and the Hub call it.
        weights_file: the file it reads them from.
    """

    library: str
    weights_file: str


# Of the families that come with the project; others add theirs.
LAYOUTS: dict[str, Layout] = {
    "open_clip": Layout("open_clip", "open_clip_model.safetensors"),
    "transformers": Layout("transformers", "model.safetensors"),
}
