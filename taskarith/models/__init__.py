"""Adapters from weights to models that encode images and texts."""

from taskarith.models.clip.open_clip import ClipModel, load_clip
from taskarith.models.tokenizer import WordTokenizer

__all__ = ["ClipModel", "WordTokenizer", "load_clip"]
