"""Model soups: averages of several fine-tuned models of one task (arXiv 2203.05482)."""
