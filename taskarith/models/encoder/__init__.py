"""Text encoders: BERT and its kin, from a text to one embedding or to a classifier's answer."""
