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
        "their lengths, without a model or data: MetaGPT's, by squared lengths, and NAN's, by "
        "inverse lengths. Nothing is measured; `evaluate` and `recipe addition` do that.",
        epilog="Try: taskarith suggest --tasks letters signs textures",
    )
    add_suite(parser)
    parser.add_argument(
        "--tasks", nargs="+", default=[], metavar="TASK", help="default: the suite's targets"
    )
    add_json(parser)
    parser.set_defaults(run=suggest)


def suggest(*, suite: str, tasks: list[str]) -> Answer:
    """λ by vector and rule, and the lengths they come from."""
    from taskarith.core.suggested import LENGTH_RULES, suggested_coefficients
    from taskarith.suites import load_suite

    loaded = load_suite(suite)
    names = list(dict.fromkeys(tasks)) or list(loaded.targets)
    lengths = {name: loaded.vector(name).norm() for name in names}
    rules = {rule: suggested_coefficients(lengths, rule=rule) for rule in LENGTH_RULES}
    rows = [
        [name, f"{lengths[name]:.4g}", *(f"{rules[rule][name]:.3f}" for rule in rules)]
        for name in names
    ]
    table = columns([["vector", "‖τ‖", *rules], *rows])
    tries = [
        f"  {rule}: taskarith evaluate --suite {suite} "
        + " ".join(f"--set {name}={value:.4f}" for name, value in found.items())
        for rule, found in rules.items()
    ]
    text = "\n".join([table, "", "From lengths alone; nothing was measured. To measure:", *tries])
    return Answer({"suite": loaded.name, "lengths": lengths, "coefficients": rules}, text)
