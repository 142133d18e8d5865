"""What the families of text models share: tokens, batches, likelihoods, sampling, files."""
