"""Answers by a reader over an index of passages (Atlas, arXiv 2208.03299)."""
