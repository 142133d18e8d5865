"""`taskarith train` and `taskarith report`: the commands that write a suite and its report."""

import argparse
from pathlib import Path
from typing import Any

from taskarith.cli.arguments import add_device

__all__ = ["add_commands", "report", "train"]

WORK = Path("runs/mini")


def add_commands(commands: Any) -> None:
    """Add `train` and `report` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "train",
        help="rebuild a suite",
        description="Pre-train and fine-tune the models of a suite, choose its presets and write "
        "its folder. An interrupted run goes on where it stopped.",
    )
    parser.add_argument("suite", choices=["mini"], help="which suite")
    parser.add_argument(
        "--output",
        type=Path,
        default=WORK / "suite",
        help="folder of the new suite (default: %(default)s); the shipped one is left alone",
    )
    parser.add_argument(
        "--work", type=Path, default=WORK, help="folder of corpus, checkpoints and logs"
    )
    add_device(parser)
    parser.set_defaults(run=train)

    parser = commands.add_parser(
        "report",
        help="measure a suite by the paper's protocol",
        description="Choose every λ on validation, measure once on test, and write the report.",
    )
    parser.add_argument("suite", help="name of a suite, or path of its folder")
    parser.add_argument(
        "--output", type=Path, help="file to write (default: the suite's REPORT.md)"
    )
    add_device(parser)
    parser.set_defaults(run=report)


def train(*, suite: str, output: Path, work: Path, device: str | None) -> None:
    """Build the embedded suite in `output`."""
    from taskarith.evaluation import choose_device
    from taskarith.recipes.prepare import MINI_STORY, prepare_suite
    from taskarith.training.mini import train_mini

    chosen = choose_device(device)
    train_mini(output, work=work, device=chosen)
    prepare_suite(output, story=MINI_STORY, device=chosen)
    print(f"Built {suite} in {output}. Measure it with: taskarith report {output}")


def report(*, suite: str, output: Path | None, device: str | None) -> None:
    """Write the report of a suite."""
    from taskarith.evaluation import choose_device
    from taskarith.recipes.report import write_report
    from taskarith.suites import load_suite

    loaded = load_suite(suite)
    path = output or loaded.path("REPORT.md")
    path.parent.mkdir(parents=True, exist_ok=True)  # fails now, not after minutes of measuring
    write_report(loaded, path, device=choose_device(device))
    print(f"Wrote {path}.")
