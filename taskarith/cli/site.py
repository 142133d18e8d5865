"""`taskarith site`: writes the page as one file that needs no server."""

import argparse
from pathlib import Path
from typing import Any

from taskarith.cli.answer import Answer
from taskarith.cli.arguments import add_device, add_json
from taskarith.cli.publishing import agree
from taskarith.errors import ExportError

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
    parser.add_argument(
        "--files", dest="apart", action="store_true",
        help="script, style and data as files of their own, for a server (default: one file)",
    )  # fmt: skip
    parser.add_argument(
        "--space", metavar="owner/name",
        help="publish it as a static Space, which is free: what would be sent is shown and a yes "
        "asked for first; log in with hf auth login",
    )  # fmt: skip
    parser.add_argument("--public", action="store_true", help="for everybody (default: private)")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace files of a Space that is there"
    )
    parser.add_argument("--yes", action="store_true", help="send without asking first")
    add_device(parser)
    add_json(parser)
    parser.set_defaults(run=site)


def site(
    *,
    suites: list[str] | None,
    output: Path,
    measured: bool,
    apart: bool,
    device: str | None,
    space: str | None,
    public: bool,
    overwrite: bool,
    yes: bool,
) -> Answer:
    """Write the page, and send it where a Space is named; the answer says where it is."""
    from taskarith.ui.still.document import write_page

    if space is None and (public or overwrite or yes):
        raise ExportError("--public, --overwrite and --yes are about a Space: add --space")
    names = suites or ["mini"]
    if space is None:
        files = write_page(names, output, measure_lessons=measured, device=device, apart=apart)
        data = _written(files)
        use = "open it in a browser, or put it" if not apart else "put the folder"
        return Answer(data, f"{files[0]} ({data['bytes'] / 1e6:.1f} MB): {use} on any web space")
    from taskarith.export.account import Account
    from taskarith.export.publish import publish
    from taskarith.export.space import plan_space

    account = Account()
    account.writer_of(space)  # before what takes minutes
    files = write_page(names, output, measure_lessons=measured, device=device, apart=apart)
    plan = plan_space(files, space, account, suites=names, private=not public)
    agree(plan, yes=yes)
    done = publish(plan, account, overwrite=overwrite)
    seen = "private: only those whom it lets in can see it" if done.private else "public"
    data = _written(files)
    data |= {"url": done.url, "commit": done.commit, "private": done.private}
    return Answer(data, f"Published {done.url} at {done.commit[:12]} ({seen})")


def _written(files: list[Path]) -> dict[str, Any]:
    size = sum(file.stat().st_size for file in files)
    return {"file": str(files[0]), "files": [file.name for file in files], "bytes": size}
