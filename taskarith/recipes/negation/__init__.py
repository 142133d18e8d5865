"""Negation: forget one task and keep the rest (arXiv 2212.04089, section 3)."""
