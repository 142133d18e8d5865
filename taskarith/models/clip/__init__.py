"""CLIP: pictures and texts in one space, in the layouts of open_clip and of transformers."""

from taskarith.models.clip.open_clip import import_open_clip

__all__ = ["import_open_clip"]
