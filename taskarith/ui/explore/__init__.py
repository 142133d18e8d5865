"""Explore: the page on which an edit is made by hand and measured while one watches."""
