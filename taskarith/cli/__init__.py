"""The command line: translates words into calls of the library; computes nothing itself."""

from taskarith.cli.main import main

__all__ = ["main"]
