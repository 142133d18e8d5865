"""Speed, measured beside a peer or a limit in the same run. `python -m benchmarks NAME --json`.

These are figures to read, not tests: nothing here passes or fails.
"""
