"""Making bases and task vectors: contrastive pre-training and fine-tuning."""
