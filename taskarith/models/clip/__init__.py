"""CLIP: pictures and texts in one space, in the layouts of open_clip and of transformers."""
