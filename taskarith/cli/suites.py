"""`taskarith suites`: what there is to edit."""

import argparse
from typing import TYPE_CHECKING, Any

from taskarith.cli.answer import Answer
from taskarith.cli.arguments import add_json

if TYPE_CHECKING:
    from taskarith.suites import Suite

__all__ = ["add_commands", "suites"]


def add_commands(commands: Any) -> None:
    """Add `suites` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "suites",
        help="list the suites",
        description="List the suites with their tasks and task vectors.",
    )
    add_json(parser)
    parser.set_defaults(run=suites)


def suites() -> Answer:
    """Every suite that comes with the project."""
    from taskarith.suites import list_suites

    found = list_suites()
    return Answer(
        data=[_row(suite) for suite in found],
        text="\n\n".join(_paragraph(suite) for suite in found) or "There are no suites.",
    )


def _row(suite: "Suite") -> dict[str, object]:
    return {
        "name": suite.name,
        "base": _base(suite),
        "targets": list(suite.targets),
        "control": suite.control,
        "tasks": list(suite.tasks),
        "vectors": list(suite.vectors),
    }


def _paragraph(suite: "Suite") -> str:
    return "\n".join(
        [
            f"{suite.name}: {suite.title}",
            f"  base     {_base(suite)}",
            f"  targets  {', '.join(suite.targets)}",
            f"  control  {suite.control}",
            f"  vectors  {', '.join(suite.vectors)}",
        ]
    )


def _base(suite: "Suite") -> str:
    return f"{suite.manifest.base.kind} {suite.manifest.base.weights}"
