"""Protocols that search and report edits: negation, addition, the report, what a suite ships."""
