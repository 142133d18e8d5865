"""WiSE-FT: more robust models lie between pretrained and fine-tuned (arXiv 2109.01903)."""
