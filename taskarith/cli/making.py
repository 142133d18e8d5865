"""`taskarith train` and `taskarith report`: the commands that write a suite and its report."""

import argparse
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from taskarith.cli.arguments import add_device, add_engine, whole_number
from taskarith.errors import AssetError, RecipeError

__all__ = ["add_commands", "report", "train"]

RUNS = Path("runs")


def add_commands(commands: Any) -> None:
    """Add `train` and `report` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "train",
        help="rebuild a suite",
        description="Pre-train and fine-tune the models of a suite, choose its presets and write "
        "its folder. An interrupted run goes on where it stopped.",
    )
    parser.add_argument(
        "suite", choices=["mini", "mini-lm", "mini-t5", "minilm", "real"], help="which suite"
    )
    parser.add_argument(
        "--output",
        type=Path,
        help="folder of the new suite (default: in the work folder); the shipped one is left alone",
    )
    parser.add_argument(
        "--data",
        type=Path,
        help="for real and minilm: a folder of task folders with Hub-style parquet files",
    )
    parser.add_argument(
        "--base", type=Path, help="for minilm: the folder of the pretrained encoder"
    )
    parser.add_argument(
        "--recipes",
        action="store_true",
        help="for mini: also train what recipes need (analogies, soups, baselines)",
    )
    parser.add_argument(
        "--size",
        choices=["quarter", "half", "whole", "double"],
        help="build mini in this further size, on a tenth of the examples, for the recipe scaling; "
        "or mini-t5 in a quarter, for instruct and prompts",
    )
    parser.add_argument(
        "--work",
        type=Path,
        help="folder of corpus, checkpoints and logs (default: runs/ and the name of the base)",
    )
    add_device(parser)
    parser.set_defaults(run=train)

    parser = commands.add_parser(
        "report",
        help="measure a suite by every recipe it has",
        description="Choose every λ on validation, measure once on test, and write the report.",
        epilog="Try: taskarith report mini --recipes negation --n 64 --output look.md",
    )
    parser.add_argument("suite", help="name of a suite, or path of its folder")
    parser.add_argument(
        "--output", type=Path, help="file to write (default: the suite's REPORT.md)"
    )
    parser.add_argument(
        "--recipes",
        nargs="*",
        metavar="NAME",
        help="with a section for these recipes alone (default: all that choose on validation and "
        "measure on test, which takes many minutes)",
    )
    parser.add_argument(
        "--add",
        nargs="+",
        default=[],
        metavar="NAME",
        help="measure these recipes alone, and put their sections and results into the report that "
        "is there; the rest of it stays",
    )
    parser.add_argument(
        "--n",
        type=whole_number(1),
        metavar="N",
        help="use the first N examples of each split only, for a quick look (default: all)",
    )
    parser.add_argument(
        "--choose-on",
        type=whole_number(1),
        metavar="N",
        help="choose on the first N examples of validation (default: as --n)",
    )
    parser.add_argument(
        "--per-size",
        type=whole_number(1),
        metavar="N",
        help="addition: draw N subsets of each size between pairs and all tasks (default: every "
        "subset)",
    )
    parser.add_argument(
        "--examples",
        type=whole_number(1),
        nargs="*",
        default=[8, 64],
        metavar="N",
        help="analogy: also fine-tune on N examples of D (default: 8 64; the bare option leaves it "
        "out)",
    )
    parser.add_argument(
        "--rehearse", action="store_true", help="leave test closed and answer from validation"
    )
    add_device(parser)
    add_engine(parser)
    parser.set_defaults(run=report)


def train(
    *,
    suite: str,
    output: Path | None,
    data: Path | None,
    base: Path | None,
    recipes: bool,
    size: str | None,
    work: Path | None,
    device: str | None,
) -> None:
    """Build an embedded suite, or one of real pictures on the base of `mini`, in `output`."""
    from taskarith.evaluation import choose_device
    from taskarith.suites import load_suite

    if size is not None:
        _train_size(suite, size, output=output, work=work, device=device, recipes=recipes)
        return
    work = work or RUNS / ("mini" if suite == "real" else suite)
    folder, chosen = output or work / f"suite-{suite}", choose_device(device)
    if suite == "minilm":
        from taskarith.training.minilm import make_minilm

        if data is None or base is None:
            raise AssetError("`train minilm` needs --data FOLDER and --base FOLDER of the encoder")
        make_minilm(base, data=data, output=folder, work=work)
    elif suite == "real":
        from taskarith.training.mini import web_anchor
        from taskarith.training.real import train_real

        if data is None:
            raise AssetError("`train real` needs --data FOLDER with the pictures to train on")
        mini = load_suite("mini")
        anchor = web_anchor(mini.model(), work=work)
        train_real(folder, base=mini, anchor=anchor, data=data, work=work, device=chosen)
    elif suite == "mini-lm":
        from taskarith.training.mini_lm import train_mini_lm

        train_mini_lm(folder, work=work)
    elif suite == "mini-t5":
        from taskarith.training.mini_t5 import train_mini_t5

        train_mini_t5(folder, work=work)
    else:
        from taskarith.recipes.prepare import MINI_STORY, prepare_suite
        from taskarith.training.mini import train_mini
        from taskarith.training.recipe_vectors import train_recipes

        train_mini(folder, work=work, device=chosen)
        if recipes:
            train_recipes(load_suite(folder), work=work, device=chosen)
        prepare_suite(folder, story=MINI_STORY, device=chosen)
    print(f"Built {suite} in {folder}. Measure it with: taskarith report {folder}")


def _train_size(
    suite: str,
    size: str,
    *,
    output: Path | None,
    work: Path | None,
    device: str | None,
    recipes: bool,
) -> None:
    from taskarith.evaluation import choose_device
    from taskarith.training import mini_sizes, mini_t5

    sizes: Mapping[str, Collection[str]] = {"mini": mini_sizes.SIZES, "mini-t5": mini_t5.SIZES}
    if size not in sizes.get(suite, ()) or recipes:
        known = "; ".join(f"{name} in {', '.join(own)}" for name, own in sizes.items())
        raise AssetError(
            f"`train {suite} --size {size}` is not known; further sizes are: {known}, without "
            "--recipes"
        )
    work = work or RUNS / f"{suite}-sizes"
    folder = output or work / f"suite-{suite}-{size}"
    if suite == "mini":
        mini_sizes.train_size(size, folder, work=work, device=choose_device(device))
    else:
        mini_t5.train_mini_t5(folder, work=work / size, size=size)


def report(
    *,
    suite: str,
    output: Path | None,
    recipes: list[str] | None,
    add: list[str],
    n: int | None,
    choose_on: int | None,
    per_size: int | None,
    examples: list[int],
    rehearse: bool,
    device: str | None,
    engine: str,
    workers: int | None,
) -> None:
    """Write the report of a suite; a shorter one does not take the place of the suite's own."""
    from taskarith.evaluation.engines import opened_evaluator
    from taskarith.recipes.report import add_to_report, write_report
    from taskarith.recipes.report_recipes import Extent
    from taskarith.suites import load_suite

    loaded = load_suite(suite)
    extent = Extent(n, choose_on, per_size, tuple(examples), rehearse)
    if add:
        if recipes is not None:
            raise RecipeError("--recipes writes a report, --add adds to one; say one of them")
        path = output or loaded.path("REPORT.md")
        with opened_evaluator(loaded, device=device, engine=engine, workers=workers) as evaluator:
            add_to_report(evaluator, path, recipes=add, extent=extent)
        print(f"Added {', '.join(add)} to {path}.")
        return
    if output is None and (recipes is not None or extent != Extent()):
        raise RecipeError(
            f"a report of some recipes, subsets or examples would replace the whole one of "
            f"{loaded.name!r}; say where to write it with --output FILE, or add to it with --add"
        )
    path = output or loaded.path("REPORT.md")
    path.parent.mkdir(parents=True, exist_ok=True)  # fails now, not after minutes of measuring
    with opened_evaluator(loaded, device=device, engine=engine, workers=workers) as evaluator:
        write_report(evaluator, path, recipes=recipes, extent=extent)
    print(f"Wrote {path}.")
