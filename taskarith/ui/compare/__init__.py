"""Compare: the page of two edits, of planes of edits, and of merge methods side by side."""
