"""`taskarith evaluate`, `sweep` and `analogy`: what an edit does, measured as the page measures it.

Knows which edits to measure and how to show them; the measuring is `taskarith.evaluation`.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskarith.cli.answer import Answer, columns
from taskarith.cli.arguments import (
    add_engine,
    add_json,
    add_measuring,
    add_method,
    add_setting,
    add_suite,
    read_edit,
    typed,
    whole_number,
)
from taskarith.errors import unknown_name
from taskarith.tasks.metric import METRICS

if TYPE_CHECKING:
    from taskarith.evaluation import Estimate
    from taskarith.tasks import SplitName

__all__ = ["add_commands", "analogy", "evaluate", "sweep"]


def add_commands(commands: Any) -> None:
    """Add `evaluate`, `sweep` and `analogy` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "evaluate",
        help="measure one edit",
        description="Measure θ = θ₀ + Σ λ·τ, or another merge of the λ·τ, on every target and the "
        "control.",
        epilog="Try: taskarith evaluate --set printed-digits=-0.5 --set textures=0.3; "
        "taskarith evaluate --set letters=1 --set textures=1 --method ties --setting density=0.2",
    )
    add_suite(parser)
    add_setting(parser)
    add_method(parser)
    add_measuring(parser)
    add_json(parser)
    parser.set_defaults(run=evaluate)

    parser = commands.add_parser(
        "sweep",
        help="measure along one coefficient, or over a grid of any number of them",
        description="Measure an edit at evenly spaced values of one scaling coefficient, or at "
        "every point of a grid from a file. A stopped sweep that writes a file goes on.",
        epilog="Try: taskarith sweep --vary printed-digits --from -1 --to 1 --points 21; "
        "taskarith sweep --grid grid.csv -o grid.parquet",
    )
    add_suite(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--vary", metavar="TASK", help="whose coefficient varies")
    what.add_argument(
        "--grid",
        type=Path,
        metavar="FILE",
        help="a .csv with a column a vector and a point a row, or a .json with a list of points, "
        "or with values by vector for every combination of them",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="also write the rows as Parquet, for pandas or DuckDB; the README has the schema",
    )
    for option, name, usual in (("--from", "first", "-1"), ("--to", "last", "1")):
        parser.add_argument(
            option, type=typed, default=usual, dest=name, metavar="λ", help=f"default: {usual}"
        )
    parser.add_argument(
        "--points", type=whole_number(2), default=21, metavar="N", help="default: 21"
    )
    add_setting(parser)
    add_method(parser)
    add_measuring(parser)
    add_engine(parser)
    add_json(parser)
    parser.set_defaults(run=sweep)

    parser = commands.add_parser(
        "analogy",
        help="measure an analogy",
        description="A is to B as C is to D: measure τ_C + (τ_B − τ_A), an estimate of τ_D.",
        epilog="Try: taskarith analogy --a printed-digits --b chalk-digits --c letters "
        "--d chalk-letters",
    )
    add_suite(parser)
    for name in "abcd":
        parser.add_argument(f"--{name}", required=True, metavar="TASK")
    for option, of in (("--bracket", "(τ_B − τ_A)"), ("--own", "τ_C")):
        parser.add_argument(
            option, type=typed, default="1", metavar="λ", help=f"of {of}; default: 1"
        )
    add_measuring(parser)
    add_json(parser)
    parser.set_defaults(run=analogy)


def evaluate(
    *,
    suite: str,
    settings: list[str],
    method: str,
    method_settings: list[str],
    seed: int,
    split: "SplitName",
    n: int | None,
    device: str | None,
) -> Answer:
    """Measure one edit beside the pretrained model and each task's fine-tuned model."""
    from taskarith.cli.comparison import Comparisons
    from taskarith.evaluation import visible_tasks
    from taskarith.suites import load_suite

    loaded = load_suite(suite)
    edit = read_edit(loaded, settings, method=method, method_settings=method_settings, seed=seed)
    comparisons = Comparisons(loaded, device=device, split=split, n=n)
    tasks = visible_tasks(loaded, edit)
    if split == "test" and loaded.second_control is not None:
        tasks = [*tasks, loaded.second_control]  # as the page does: nothing chosen has seen it
    compared = comparisons.compare(edit, tasks=tasks)
    return Answer(compared.to_json(), compared.text())


def sweep(
    *,
    suite: str,
    vary: str | None,
    grid: Path | None,
    output: Path | None,
    first: str,
    last: str,
    points: int,
    settings: list[str],
    method: str,
    method_settings: list[str],
    seed: int,
    split: "SplitName",
    n: int | None,
    device: str | None,
    engine: str,
    workers: int | None,
) -> Answer:
    """Measure an edit at every point of a grid.

    With `vary` the grid is `points` values of one λ from `first` to `last`.
    """
    from tqdm import tqdm

    from taskarith.core import checked_coefficient
    from taskarith.evaluation import ResultCache, visible_tasks
    from taskarith.evaluation.engines import opened_evaluator
    from taskarith.evaluation.grids import grid_columns, read_grid, sweep_grid
    from taskarith.suites import load_suite
    from taskarith.tasks.parquet_files import write_parquet

    if vary is not None:
        start, stop = checked_coefficient(first, vary), checked_coefficient(last, vary)
        steps = [round(start + (stop - start) * step / (points - 1), 4) for step in range(points)]
        places = [{vary: step} for step in steps]
    else:
        assert grid is not None
        places = read_grid(grid)
    loaded = load_suite(suite)
    edit = read_edit(loaded, settings, method=method, method_settings=method_settings, seed=seed)
    # Every row has the same tasks: an auxiliary that varies is shown at λ = 0 too.
    names = list(places[0])
    somewhere = replace(edit, coefficients={**edit.coefficients, **dict.fromkeys(names, 1.0)})
    loaded.check_edit(somewhere)
    tasks = visible_tasks(loaded, somewhere)
    journal = None
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)  # fails now, not after measuring
        journal = output.with_name(f"{output.name}.journal")
    with (
        opened_evaluator(loaded, device=device, engine=engine, workers=workers) as evaluator,
        tqdm(total=len(places), desc="points", disable=None) as bar,
    ):
        rows = sweep_grid(
            evaluator,
            edit,
            places,
            tasks=tasks,
            split=split,
            n=n,
            cache=ResultCache(),
            journal=journal,
            progress=lambda done: bar.update(done - bar.n),
        )
    if output is not None:
        about = {"suite": loaded.name, "fingerprint": loaded.fingerprint, "edit": edit.to_json()}
        write_parquet(output, grid_columns(rows), about=about)
        assert journal is not None
        journal.unlink(missing_ok=True)
    if vary is not None:
        data = [
            {"lambda": row.coefficients[vary], "task": row.task, **_numbers(row.estimate)}
            for row in rows
        ]
    else:
        data = [
            {"point": row.point, "coefficients": dict(row.coefficients), "task": row.task}
            | _numbers(row.estimate)
            for row in rows
        ]
    heads = ["λ"] if vary is not None else [f"λ({name})" for name in names]
    table = [
        ["task", *heads, "value", "low", "high", "n"],
        *(
            [row.task, *(f"{row.coefficients[name]:+.2f}" for name in names), *_cells(row.estimate)]
            for row in rows
        ),
    ]
    return Answer(data, columns(table))


def analogy(
    *,
    suite: str,
    a: str,
    b: str,
    c: str,
    d: str,
    bracket: str,
    own: str,
    split: "SplitName",
    n: int | None,
    device: str | None,
) -> Answer:
    """Measure own·τ_C + bracket·(τ_B − τ_A) on D, beside C's vector alone and the true one."""
    from taskarith.cli.comparison import Comparisons
    from taskarith.core import Edit, analogy_coefficients, checked_coefficient
    from taskarith.evaluation import visible_tasks
    from taskarith.suites import load_suite

    loaded = load_suite(suite)
    for name in (a, b, c, d):
        if name not in loaded.vectors:
            raise unknown_name("vector", name, existing=loaded.vectors)
    own_factor = checked_coefficient(own, c)
    coefficients = analogy_coefficients(
        a, b, c, bracket=checked_coefficient(bracket, "bracket"), own=own_factor
    )
    edit = Edit(loaded.name, coefficients)
    comparisons = Comparisons(loaded, device=device, split=split, n=n)
    compared = comparisons.compare(edit, tasks=dict.fromkeys([*visible_tasks(loaded, edit), d]))
    on_d = {
        "pretrained": compared.pretrained[d],
        "auxiliary": comparisons.reference({c: own_factor}, tasks=[d])[d],
        "analogy": compared.edited[d],
        "finetuned": compared.finetuned[d],
    }
    beside = [
        [f"on {d}", "value", "low", "high", "n"],
        *([name, *_cells(estimate)] for name, estimate in on_d.items()),
    ]
    return Answer(
        data={
            "analogy": {"a": a, "b": b, "c": c, "d": d},
            "on_d": {name: _numbers(estimate) for name, estimate in on_d.items()},
            **compared.to_json(),
        },
        text=f"{a} is to {b} as {c} is to {d}\n\n{columns(beside)}\n\n{compared.text()}",
    )


def _numbers(estimate: "Estimate") -> dict[str, Any]:
    told = estimate.to_json()
    return {key: told[key] for key in ("value", "low", "high", "n", "total", "metric")}


def _cells(estimate: "Estimate") -> list[str]:
    shown = METRICS[estimate.metric].shown
    return [*map(shown, (estimate.value, estimate.low, estimate.high)), str(estimate.n)]
