"""Scaling: the same edits on several sizes of one family, and the power law of their errors."""
