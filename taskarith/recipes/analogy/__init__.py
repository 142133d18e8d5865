"""Analogy: "A is to B as C is to D" makes a vector for D (arXiv 2212.04089, section 5)."""
