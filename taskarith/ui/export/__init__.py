"""Export: the page on which an edit is taken away or published."""
