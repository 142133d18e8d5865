"""Runs the command line: `python -m taskarith`."""

from taskarith.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
