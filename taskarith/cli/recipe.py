"""`taskarith recipe`: runs a protocol of the literature on a suite and prints its tables.

Knows the words of each recipe's choices; the protocols are `taskarith.recipes`.
"""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

from taskarith.cli.answer import Answer
from taskarith.cli.arguments import (
    add_device,
    add_engine,
    add_json,
    add_suite,
    number,
    whole_number,
)

__all__ = ["add_commands", "run"]

WAYS = ["alone", "parallel", "joint", "sequential"]
REHEARSAL = "A rehearsal: test stayed closed, and what is said of it was measured on validation."


def add_commands(commands: Any) -> None:
    """Add `recipe`, and under it one command a recipe."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "recipe",
        help="run a protocol: negation, addition, analogy, paint, wise-ft, soup, methods, plane, "
        "sweep, search, transfer, sequence, instruct, few-shot, ways, efficiency, prompts, "
        "retrieval, scaling",
        description="Choose every coefficient on validation, measure once on test, and print the "
        "tables. What was measured is kept: an interrupted recipe goes on where it stopped.",
        epilog="Try: taskarith recipe negation --tasks printed-digits --n 64",
    )
    recipes = parser.add_subparsers(required=True, metavar="NAME")

    one = _add(recipes, "negation", "forget one task and keep the control")
    _add_tasks(one, "tasks to forget, each on its own (default: the targets)")
    one.add_argument(
        "--floor",
        type=number,
        default=0.95,
        metavar="SHARE",
        help="share of its pretrained accuracy that the control must keep (default: 0.95)",
    )

    one = _add(recipes, "addition", "several tasks in one model")
    _add_tasks(one, "tasks to add (default: the targets)")
    one.add_argument(
        "--per-size",
        type=whole_number(1),
        metavar="N",
        help="draw N subsets of each size between pairs and all tasks (default: every subset)",
    )

    one = _add(recipes, "analogy", "A is to B as C is to D, over the suite's quadruples or yours")
    one.add_argument(
        "--quadruple",
        dest="quadruples",
        action="append",
        default=[],
        metavar="A:B::C:D",
        help="four tasks with vectors; give it again for more, on which λ is then chosen "
        "(default: the suite's own)",
    )
    one.add_argument(
        "--examples",
        type=whole_number(1),
        nargs="*",
        default=[8, 64],
        metavar="N",
        help="also fine-tune on N examples of D (default: 8 64; the bare option leaves it out)",
    )

    one = _add(recipes, "paint", "patch tasks by interpolation")
    _add_tasks(one, "patching tasks (default: the suite's)")
    one.add_argument(
        "--ways",
        nargs="*",
        default=WAYS,
        metavar="WAY",
        help="how to patch beside the suite's own vectors (default: alone parallel joint "
        "sequential; all but parallel fine-tune, which takes minutes; the bare option leaves it "
        "out)",
    )

    one = _add(recipes, "wise-ft", "interpolate for robustness under shifts")
    _add_tasks(one, "tasks, each on its own (default: the suite's)")

    one = _add(recipes, "soup", "average several fine-tuned models of one task")
    one.add_argument("--task", metavar="TASK", help="default: the task of the suite's soup")
    one.add_argument(
        "--ingredients",
        nargs="+",
        default=[],
        metavar="VECTOR",
        help="vectors of models of that task (default: those of the suite's soup)",
    )

    one = _add(recipes, "methods", "merge methods side by side on the same vectors")
    _add_tasks(one, "tasks whose vectors are merged (default: the targets)")
    one.add_argument(
        "--methods",
        nargs="+",
        default=[],
        metavar="METHOD",
        help="names, with settings as in ties:density=0.3, or all (default: a dozen quick ones)",
    )
    _add_count(one, "--seeds", 3, "of a method that draws at random")

    one = _add(recipes, "plane", "accuracy over two coefficients at once, on validation")
    for axis in ("x", "y"):
        one.add_argument(f"--{axis}", metavar="VECTOR", help="default: one of the targets")
        one.add_argument(
            f"--{axis}-ends",
            nargs=2,
            type=number,
            default=[-0.5, 1.0],
            metavar=("FROM", "TO"),
            help="of its λ (default: -0.5 1)",
        )
    one.add_argument(
        "--targets", nargs="+", default=[], metavar="TASK", help="default: the tasks of x and y"
    )
    one.add_argument("--forget", action="store_true", help="the lower a target, the better")
    one.add_argument(
        "--steps", type=int, default=8, metavar="N", help="of each side: 4, 8 or 16 (default: 8)"
    )

    one = _add(recipes, "sweep", "every task along one vector's λ, on validation")
    one.add_argument(
        "--vectors",
        nargs="+",
        default=[],
        metavar="VECTOR",
        help="each on its own, also random:NAME and permuted:NAME (default: the first target)",
    )
    one.add_argument(
        "--from", dest="first", type=number, default=-1.0, metavar="λ", help="default: -1"
    )
    one.add_argument("--to", dest="last", type=number, default=1.0, metavar="λ", help="default: 1")
    _add_count(one, "--points", 21, "of each vector", least=2)

    one = _add(recipes, "search", "λ and a method's settings by CMA-ES within a budget")
    _add_tasks(one, "tasks whose vectors are weighed (default: the targets)")
    one.add_argument(
        "--method",
        default="sum",
        metavar="METHOD",
        help="also search the settings of this merge method (default: sum, which has none)",
    )
    one.add_argument(
        "--most", type=number, default=1.5, metavar="λ", help="the largest λ (default: 1.5)"
    )
    _add_count(one, "--budget", 100, "edits that each seeker may measure on validation", least=2)
    one.add_argument(
        "--floor",
        type=number,
        default=0.95,
        metavar="SHARE",
        help="share of its pretrained accuracy that the control must keep (default: 0.95)",
    )
    _add_count(one, "--seeds", 3, "of CMA-ES and of its random rival")

    one = _add(recipes, "transfer", "what vectors do to other tasks, and what predicts it")
    _add_tasks(one, "tasks, three at least (default: the targets)")
    _add_count(
        one,
        "--pairs",
        6,
        "train on N pairs and on all tasks jointly, too; 0 leaves it out",
        least=0,
    )
    _add_count(one, "--examples", 256, "of each task, for gradients and training")

    one = _add(recipes, "sequence", "learn one task after the other; beside it, add them")
    _add_tasks(one, "two to six tasks (default: three of the targets)")
    _add_count(one, "--orders", 3, "in how many orders")
    _add_count(one, "--steps", 40, "of each fine-tuning")
    _add_count(one, "--examples", 256, "of each task to learn from")

    one = _add(recipes, "scaling", "the same edits on several sizes, and the law of their errors")
    _add_tasks(one, "tasks that all sizes share (default: all of them)")
    one.add_argument(
        "--collection",
        metavar="NAME",
        help="a collection, or the path of its file (default: the one that the suite is in; see "
        "taskarith suites collections)",
    )

    one = _add(recipes, "instruct", "teach many tasks in words, and ask about others")
    one.add_argument(
        "--held-out",
        nargs="+",
        default=[],
        metavar="CATEGORY",
        help="categories of tasks that are not taught (default: inference tone)",
    )
    one.add_argument(
        "--tasks",
        nargs="*",
        metavar="TASK",
        help="whose vectors the instruction vector is added to (default: the first four targets)",
    )
    _add_count(one, "--steps", 200, "of every model that is taught")
    _add_sizes(one)

    one = _add(recipes, "few-shot", "learn from sixteen examples a class, by prompts")
    _add_tasks(one, "tasks to learn (default: the first target of each number of labels)")
    _add_count(one, "--draws", 5, "of the sixteen examples; intervals are over them", least=2)
    _add_count(one, "--steps", 30, "of every model that learns")

    one = _add(recipes, "ways", "learn one task by every way of fine-tuning, and use the vectors")
    one.add_argument("--task", metavar="TASK", help="to learn (default: one of the targets)")
    one.add_argument(
        "--other", metavar="TASK", help="whose vector each is added to (default: the next target)"
    )
    one.add_argument(
        "--ways",
        nargs="+",
        default=[],
        metavar="WAY",
        help="ways as in `teach`, with +anchor or +sharp beside, as in full+anchor (default: all "
        "that suit the base)",
    )
    _add_count(one, "--seeds", 3, "of every way; intervals are over them")
    _add_count(one, "--steps", 40, "of every training, of 32 examples each")

    one = _add(
        recipes, "efficiency", "few and many labels, few and many weights, also from an edit"
    )
    one.add_argument("--task", metavar="TASK", help="to learn (default: one of the targets)")
    one.add_argument(
        "--others",
        nargs="+",
        default=[],
        metavar="TASK",
        help="whose vectors are summed to start from (default: all other targets)",
    )
    one.add_argument(
        "--ways",
        nargs="+",
        default=[],
        metavar="WAY",
        help="probe, ia3, lora, lp-ft or full (default: all that the base takes)",
    )
    one.add_argument(
        "--shots",
        type=whole_number(0),
        nargs="+",
        default=[5, 20, 50, 0],
        metavar="N",
        help="examples a class to learn from; 0: all there are (default: 5 20 50 0)",
    )
    _add_count(one, "--seeds", 3, "of every training; intervals are over them")
    _add_count(one, "--steps", 20, "of every training, of at most 32 examples each")
    one.add_argument(
        "--measure",
        metavar="NAME",
        help="accuracy, mean-per-class, map or roc-auc (default: what the task is counted by)",
    )

    one = _add(recipes, "prompts", "soft prompts: length, first values, other domains and tasks")
    one.add_argument("--task", metavar="TASK", help="to learn (default: one of the targets)")
    one.add_argument(
        "--lengths",
        type=whole_number(1),
        nargs="+",
        default=[1, 5, 20],
        metavar="N",
        help="vectors of a prompt (default: 1 5 20)",
    )
    _add_count(one, "--seeds", 3, "of every prompt; intervals are over them")
    _add_count(one, "--steps", 40, "of every training, of 32 texts each")
    _add_sizes(one)

    one = _add(recipes, "retrieval", "read answers off an index of passages; forget some")
    _add_count(one, "--passages", 150, "of the index, 12 to 400")
    _add_count(one, "--steps", 300, "of every reader and closed book")
    _add_count(one, "--distilling", 150, "steps of every retriever that learns from the reader")
    one.add_argument(
        "--readers",
        type=Path,
        metavar="FOLDER",
        help="keep the reader, a retriever and the closed book there, for Recipes: a suite's "
        "folder `retrieval`",
    )


def _add_sizes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sizes",
        nargs="*",
        metavar="SUITE",
        help="suites with larger or smaller bases to compare with (default: those of the suite's "
        "collection; the bare option leaves them out)",
    )


def run(
    name: str,
    *,
    suite: str,
    n: int | None,
    rehearse: bool,
    device: str | None,
    engine: str,
    workers: int | None,
    csv: Path | None,
    choose_on: int | None,
    result_file: Path | None,
    parquet: Path | None,
    **choices: Any,
) -> Answer:
    """Run the recipe called `name`, made with `choices`, and give its tables."""
    from tqdm import tqdm

    from taskarith.evaluation import ResultCache
    from taskarith.evaluation.engines import opened_evaluator
    from taskarith.recipes.catalogue import RECIPES, run_recipe
    from taskarith.recipes.result import as_csv, as_text
    from taskarith.recipes.stored import write_result
    from taskarith.suites import load_suite
    from taskarith.tasks.parquet_files import write_parquet

    loaded = load_suite(suite)
    recipe = RECIPES[name](loaded, **choices)
    if csv is not None:
        csv.parent.mkdir(parents=True, exist_ok=True)  # fails now, not after minutes of measuring
    if parquet is not None:
        parquet.parent.mkdir(parents=True, exist_ok=True)
    if result_file is not None:
        result_file.parent.mkdir(parents=True, exist_ok=True)
    with (
        opened_evaluator(loaded, device=device, engine=engine, workers=workers) as evaluator,
        tqdm(total=recipe.evaluations(), desc="evaluations at most", disable=None) as bar,
    ):

        def progress(done: int, needed: int, what: str) -> None:
            bar.total = needed
            bar.set_postfix_str(what, refresh=False)
            bar.update(done - bar.n)

        _tell_learning(recipe, evaluator, loaded.control)
        result = run_recipe(
            recipe,
            evaluator,
            cache=ResultCache(),
            n=n,
            choose_on=choose_on,
            rehearse=rehearse,
            progress=progress,
        )
    if result_file is not None:
        write_result(result, result_file, suite=loaded)
    if parquet is not None:
        tables = result.tables()
        whole = next((table for table in tables if table.long), tables[0])
        about = {"suite": loaded.name, "fingerprint": loaded.recipe_fingerprint}
        told = {"recipe": result.name, "table": whole.title, "protocol": result.protocol()}
        flat = whole.flat()
        names = list(flat[0]) if flat else []
        columns = {name: [row[name] for row in flat] for name in names}
        write_parquet(parquet, columns, about=about | told)
    if csv is not None:
        partial_file = csv.with_name(f"{csv.name}.partial")  # the file is there whole or not at all
        partial_file.write_text(as_csv(result.tables()[0]), encoding="utf-8")
        partial_file.replace(csv)
    data = {
        "suite": loaded.name,
        "device": str(evaluator.device),
        "rehearsal": rehearse,
        **result.to_json(),
    }
    return Answer(data, f"{REHEARSAL}\n\n{as_text(result)}" if rehearse else as_text(result))


def _tell_learning(recipe: Any, evaluator: Any, control: str) -> None:
    """Say how long fine-tuning will take beside the evaluations, where there is some."""
    from taskarith.recipes.learning_time import learned_examples, learning_seconds

    learned = learned_examples(recipe)
    if not learned:
        return
    told = f"Fine-tuning goes through at most {learned:,} examples, beside the evaluations"
    evaluator.prepare([control], split="validation")
    pace = evaluator.examples_per_second  # None where another machine measures
    long = ""
    if pace is not None:
        minutes = max(1, round(learning_seconds(learned, pace=pace) / 60))
        long = f": about {minutes:,} min here"
    print(f"{told}{long}; what was learned before is kept.", file=sys.stderr)


def _add(recipes: Any, name: str, about: str) -> argparse.ArgumentParser:
    """The command of one recipe, with what all of them understand.

    What else it is given is called as the keywords of its maker in the catalogue.
    """
    parser: argparse.ArgumentParser = recipes.add_parser(name, help=about, description=about)
    add_suite(parser)
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
        help="choose on the first N validation examples only (default: as many as --n)",
    )
    parser.add_argument(
        "--rehearse",
        action="store_true",
        help="leave test closed and answer from validation, which flatters what was chosen there",
    )
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="also write the main table to a file"
    )
    parser.add_argument(
        "--parquet",
        type=Path,
        metavar="FILE",
        help="also write every edit that was measured, where the recipe tells them, or else the "
        "main table, as Parquet",
    )
    parser.add_argument(
        "--result",
        dest="result_file",
        type=Path,
        metavar="FILE",
        help="also write the result as the page reads it from a suite's folder `results`",
    )
    add_device(parser)
    add_engine(parser)
    add_json(parser)
    parser.set_defaults(run=partial(run, name))
    return parser


def _add_count(
    parser: argparse.ArgumentParser, option: str, default: int, about: str, *, least: int = 1
) -> None:
    """A whole number, `least` or more; its help says what it is without being given."""
    parser.add_argument(
        option,
        type=whole_number(least),
        default=default,
        metavar="N",
        help=f"{about} (default: {default})",
    )


def _add_tasks(parser: argparse.ArgumentParser, about: str) -> None:
    parser.add_argument("--tasks", nargs="+", default=[], metavar="TASK", help=about)
