"""Instruction tuning: many tasks put in words, and what that does to others (arXiv 2109.01652)."""
