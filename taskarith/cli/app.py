"""`taskarith app`: opens the page."""

import argparse
from typing import Any

from taskarith.cli.arguments import add_suite, whole_number

__all__ = ["add_commands", "app"]


def add_commands(commands: Any) -> None:
    """Add `app` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "app",
        help="open the page",
        description="Serve the pages and print their address. A server that is reached on this "
        "machine alone, with no proxy in front, is its owner's; any other one is for visitors, "
        "who get smaller limits, and neither this machine's files nor its Hub token.",
    )
    add_suite(parser)
    parser.add_argument(
        "--device", metavar="DEVICE[,DEVICE…]",
        help="cpu, cuda or mps, or several that share the visitors, as in cuda:0,cuda:1 (default: "
        "all GPUs of this machine, or the fastest device that it has)",
    )  # fmt: skip
    parser.add_argument("--host", help="address to listen on (default: this machine only)")
    parser.add_argument(
        "--port", type=whole_number(1), metavar="N", help="port to listen on (default: 7860)"
    )
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument(
        "--owner", dest="public", action="store_false", default=None,
        help="it is yours alone, also behind a proxy or on another address",
    )  # fmt: skip
    whose.add_argument(
        "--public", dest="public", action="store_true", default=None,
        help="it is for visitors, also on this machine's own address",
    )  # fmt: skip
    parser.add_argument(
        "--allow-host", dest="hosts", action="append", default=[], metavar="NAME",
        help="a name under which you reach it as its owner, beside this machine's own; may be "
        "given several times",
    )  # fmt: skip
    parser.set_defaults(run=app)


def app(
    *,
    suite: str,
    device: str | None,
    host: str | None,
    port: int | None,
    public: bool | None,
    hosts: list[str],
) -> None:
    """Serve the page until it is interrupted."""
    from taskarith.ui.serving.launch import launch

    launch(suite=suite, device=device, host=host, port=port, public=public, hosts=hosts)
