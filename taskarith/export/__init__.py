"""What leaves the explorer: an edit as other libraries' checkpoints, as a recipe, on the Hub."""
