"""A plane of edits: two coefficients at once, and its Pareto front."""
