"""Explore in a notebook's cell, over the kernel's own evaluator."""
