"""Soft prompts: length, first values, other domains, ensembles, and what they do to other tasks."""
