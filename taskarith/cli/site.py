"""`taskarith site`: writes the page as one file that needs no server."""

import argparse
from pathlib import Path
from typing import Any

from taskarith.cli.answer import Answer
from taskarith.cli.arguments import add_device, add_json

__all__ = ["add_commands", "site"]


def add_commands(commands: Any) -> None:
    """Add `site` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "site",
        help="write the page as one file that needs no server",
        description="Write Explore and its lessons as one HTML file: it opens from a disk, in a "
        "slide or on any web space, and shows what was measured before and what the surrogate "
        "previews. Nothing is measured while it is looked at.",
    )
    parser.add_argument(
        "--suite", dest="suites", action="append", metavar="SUITE",
        help="a suite's name or folder; may be given several times (default: mini)",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", required=True, type=Path, metavar="FOLDER", help="where index.html goes"
    )
    parser.add_argument(
        "--as-shipped", dest="measured", action="store_false",
        help="measure nothing now: lessons show what ships and what is previewed",
    )  # fmt: skip
    add_device(parser)
    add_json(parser)
    parser.set_defaults(run=site)


def site(*, suites: list[str] | None, output: Path, measured: bool, device: str | None) -> Answer:
    """Write the file; the answer says where it is and how large."""
    from taskarith.ui.one_file import write_page

    file = write_page(suites or ["mini"], output, measure_lessons=measured, device=device)
    size = file.stat().st_size
    return Answer(
        data={"file": str(file), "bytes": size},
        text=f"{file} ({size / 1e6:.1f} MB): open it in a browser, or put it on any web space",
    )
