"""Geometry: the page of how the terms of an edit lie to each other."""
