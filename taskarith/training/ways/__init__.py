"""Ways of fine-tuning, one a module: what moves and what is asked of it. See `registry`."""
