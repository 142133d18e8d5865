"""Embedded worlds: what draws the pictures and writes the texts of shipped suites; no models."""
