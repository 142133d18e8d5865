"""The pages that need no server: what was measured before, written into files."""
