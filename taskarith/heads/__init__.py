"""Heads: what turns a model's output into answers to the examples of a task. Knows no edits."""
