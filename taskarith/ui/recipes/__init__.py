"""Recipes: the page on which a protocol of the literature runs and its result is read."""
