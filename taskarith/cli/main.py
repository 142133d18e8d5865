"""Puts the commands together, runs one, prints its answer, and translates every error.

The one place where the library's errors become words in a terminal: bad input exits with 2, as
argparse itself does. Commands are imported light; what they compute with is loaded when they run.
"""

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from taskarith import __version__
from taskarith.cli import (
    app,
    export,
    generate,
    making,
    measuring,
    methods,
    publishing,
    recipe,
    reproduce,
    site,
    suggest,
    suites,
    teach,
    vector,
)
from taskarith.cli.answer import Answer
from taskarith.errors import TaskArithError

__all__ = ["build_parser", "main"]

UTF8 = ("utf-8", "utf8")
BAD_INPUT = 2
INTERRUPTED = 130  # as shells report a program that Ctrl-C ended
CLOSED = 141  # and one whose reader went away, as `head` does


class _Parser(argparse.ArgumentParser):
    def _print_message(self, message: str, file: Any = None) -> None:
        """As argparse does it, but a reader that went away is told to `main`."""
        if message:
            (file or sys.stderr).write(message)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; every command leaves its function in `run`."""
    parser = _Parser(
        prog="taskarith",
        description="Edit a pretrained model by arithmetic on its weights.",
        epilog="Try: taskarith evaluate --suite mini --set printed-digits=-0.5 --n 64",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    groups = (
        suites,
        methods,
        measuring,
        suggest,
        generate,
        recipe,
        export,
        vector,
        publishing,
        reproduce,
        making,
        teach,
        site,
        app,
    )
    for group in groups:
        group.add_commands(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line (default: the program's own) and return its exit code.

    Raises:
        SystemExit: argparse printed its help, the version, or what it could not understand.
    """
    _replace_what_cannot_be_written()
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # What is still in the buffer would be written at the end, into the same closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    except (TaskArithError, OSError) as error:  # an OSError names the file it is about
        print(f"taskarith: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("taskarith: interrupted", file=sys.stderr)
        return INTERRUPTED


def _run(arguments: Sequence[str] | None) -> int:
    options = vars(build_parser().parse_args(arguments))
    as_json = options.pop("as_json", False)
    answer: Answer | None = options.pop("run")(**options)
    if answer is None:
        return 0
    print(json.dumps(answer.data, indent=2, allow_nan=False) if as_json else answer.text)
    return answer.code


def _replace_what_cannot_be_written() -> None:
    """Where a terminal or a pipe is not UTF-8, a λ becomes a question mark and no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() not in UTF8:
            stream.reconfigure(errors="replace")
