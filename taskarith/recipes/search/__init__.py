"""Coefficients and settings by CMA-ES within a budget, beside rivals of equal budget."""
