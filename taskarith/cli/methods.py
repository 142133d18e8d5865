"""`taskarith methods`: the merge methods, what they cite and cost, and their settings."""

import argparse
from typing import TYPE_CHECKING, Any

from taskarith.cli.answer import Answer
from taskarith.cli.arguments import add_json

if TYPE_CHECKING:
    from taskarith.core import Method

__all__ = ["add_commands", "methods"]


def add_commands(commands: Any) -> None:
    """Add `methods` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "methods",
        help="list the merge methods",
        description="List the merge methods: every vector is scaled by its λ first, then merged.",
        epilog="Try: taskarith evaluate --set letters=1 --set textures=1 --method ties "
        "--setting density=0.2",
    )
    add_json(parser)
    parser.set_defaults(run=methods)


def methods() -> Answer:
    """Every merge method of the registry."""
    from taskarith.core import METHODS

    return Answer(
        data=[_row(method) for method in METHODS.values()],
        text="\n\n".join(_paragraph(method) for method in METHODS.values()),
    )


def _row(method: "Method") -> dict[str, object]:
    return {
        "name": method.name,
        "title": method.title,
        "about": method.about,
        "paper": method.paper,
        "scope": method.scope,
        "normalization": method.normalization,
        "buffers": method.buffers,
        "elsewhere": method.elsewhere,
        "seeded": method.seeded,
        "needs_data": method.needs_data,
        "settings": [
            {
                "name": setting.name,
                "about": setting.bounds.about,
                "default": setting.default,
                "least": setting.bounds.least,
                "most": setting.bounds.most,
                "above_least": setting.bounds.above_least,
                "whole": setting.whole,
            }
            for setting in method.settings
        ],
    }


def _paragraph(method: "Method") -> str:
    asks = ", from unlabelled validation examples" if method.needs_data else ""
    return "\n".join(
        [
            f"{method.name}: {method.about}",
            f"  scope      {method.scope}{asks}",
            f"  size       {method.normalization}",
            f"  memory     K + {method.buffers} models for K vectors",
            f"  paper      {method.paper}",
            *([f"  elsewhere  {method.elsewhere}"] if method.elsewhere else []),
            *(
                f"  --setting  {setting.name}={setting.default:g}   "
                f"{setting.bounds.about}, {setting.bounds}"
                for setting in method.settings
            ),
            *(["  --seed     N   what is drawn"] if method.seeded else []),
        ]
    )
