"""Every way of fine-tuning on one task: what each is worth, and what its vector is good for."""
