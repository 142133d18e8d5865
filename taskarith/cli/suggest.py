"""`taskarith suggest`: coefficients for adding task vectors, from their lengths alone.

Reads vectors and measures nothing; what the suggestion is worth, `evaluate` says.
"""

import argparse
from typing import Any

from taskarith.cli.answer import Answer, columns
from taskarith.cli.arguments import add_json, add_suite

__all__ = ["add_commands", "suggest"]


def add_commands(commands: Any) -> None:
    """Add `suggest` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "suggest",
        help="suggest λ for adding vectors, from their lengths",
        description="Suggest scaling coefficients for adding task vectors, in closed form from "
        "their lengths, without a model or data: MetaGPT's, by squared lengths. Nothing is "
        "measured; `evaluate` and `recipe addition` do that.",
        epilog="Try: taskarith suggest --tasks letters signs textures",
    )
    add_suite(parser)
    parser.add_argument(
        "--tasks", nargs="+", default=[], metavar="TASK", help="default: the suite's targets"
    )
    add_json(parser)
    parser.set_defaults(run=suggest)


def suggest(*, suite: str, tasks: list[str]) -> Answer:
    """λ by vector, and the lengths they come from."""
    from taskarith.core.suggested import suggested_coefficients
    from taskarith.suites import load_suite

    loaded = load_suite(suite)
    names = list(dict.fromkeys(tasks)) or list(loaded.targets)
    lengths = {name: loaded.vector(name).norm() for name in names}
    found = suggested_coefficients(lengths)
    rows = [[name, f"{lengths[name]:.4g}", f"{found[name]:.3f}"] for name in names]
    table = columns([["vector", "‖τ‖", "λ"], *rows])
    settings = " ".join(f"--set {name}={value:.4f}" for name, value in found.items())
    text = "\n".join(
        [
            table,
            "",
            "From lengths alone, by MetaGPT's rule; nothing was measured. To measure:",
            f"  taskarith evaluate --suite {suite} {settings}",
        ]
    )
    return Answer({"suite": loaded.name, "lengths": lengths, "coefficients": found}, text)
