"""Few-shot fine-tuning by prompts and label words (LM-BFF, arXiv 2012.15723)."""
