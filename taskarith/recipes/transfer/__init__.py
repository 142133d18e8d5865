"""Transfer between tasks, and what predicts it (arXiv 2111.10952, 2001.06782)."""
