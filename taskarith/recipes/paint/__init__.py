"""PAINT: patching a model by interpolation (arXiv 2208.05592)."""
