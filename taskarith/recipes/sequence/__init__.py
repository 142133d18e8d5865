"""One task after the other: what is forgotten, beside the same tasks added (arXiv 2112.09153)."""
