"""How many labels and how many weights a task takes, also from an edit (ELEVATER, 2204.08790)."""
