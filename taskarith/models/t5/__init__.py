"""T5 and Flan-T5: from a text to a text."""
