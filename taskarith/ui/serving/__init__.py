"""Serving: who may ask, whose turn it is, and what is open: all that pages share on a server."""
