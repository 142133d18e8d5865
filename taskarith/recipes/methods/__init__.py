"""Merge methods side by side on the same vectors."""
