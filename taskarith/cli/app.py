"""`taskarith app`: opens the page."""

import argparse
from typing import Any

from taskarith.cli.arguments import add_device, add_suite, whole_number

__all__ = ["add_commands", "app"]


def add_commands(commands: Any) -> None:
    """Add `app` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "app", help="open the page", description="Serve the Explore page and print its address."
    )
    add_suite(parser)
    add_device(parser)
    parser.add_argument("--host", help="address to listen on (default: this machine only)")
    parser.add_argument(
        "--port", type=whole_number(1), metavar="N", help="port to listen on (default: 7860)"
    )
    parser.set_defaults(run=app)


def app(*, suite: str, device: str | None, host: str | None, port: int | None) -> None:
    """Serve the page until it is interrupted."""
    from taskarith.ui.serving.launch import launch

    launch(suite=suite, device=device, host=host, port=port)
