"""Addition: several tasks in one model (arXiv 2212.04089, section 4)."""
