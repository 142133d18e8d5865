"""`taskarith reproduce`: our numbers beside published ones."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from taskarith.cli.answer import Answer, columns, percent
from taskarith.cli.arguments import add_device, add_engine, add_json, whole_number
from taskarith.errors import unknown_name

if TYPE_CHECKING:
    from taskarith.recipes.reproduce import Comparison

__all__ = ["add_commands", "reproduce"]


def add_commands(commands: Any) -> None:
    """Add `reproduce` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "reproduce",
        help="measure a published table again",
        description="Measure the methods of a suite's published table on whole test sets and set "
        "the numbers side by side. An interrupted run goes on where it stopped. The answer in JSON "
        "names the commits of the weights and the pictures.",
        epilog="Try: taskarith suites pull clip-vit-base-patch32 --yes, then: taskarith reproduce "
        "--suite clip-vit-base-patch32 --n 256",
    )
    parser.add_argument(
        "--suite", default="clip-vit-base-patch32", help="name of a suite, or path of its folder"
    )
    parser.add_argument(
        "--method", action="append", dest="methods", metavar="NAME", help="only these rows"
    )
    parser.add_argument(
        "--n", type=whole_number(1), metavar="N", help="use N examples of each task (default: all)"
    )
    add_device(parser)
    add_engine(parser)
    add_json(parser)
    parser.set_defaults(run=reproduce)


def reproduce(
    *,
    suite: str,
    methods: list[str] | None,
    n: int | None,
    device: str | None,
    engine: str,
    workers: int | None,
) -> Answer:
    """Measure, note every number as it comes, and answer with the table."""
    from taskarith.evaluation import Measurer, ResultCache
    from taskarith.evaluation.engines import opened_evaluator
    from taskarith.recipes.reproduce import origins, read_published, whole_test
    from taskarith.recipes.reproduce import reproduce as measure
    from taskarith.suites import load_suite

    loaded = whole_test(load_suite(suite))
    published = read_published(loaded)
    for method in methods or []:
        if method not in published.accuracies:
            raise unknown_name("method", method, existing=published.accuracies)
    found: list[Comparison] = []
    with opened_evaluator(loaded, device=device, engine=engine, workers=workers) as evaluator:
        measurer = Measurer(evaluator, cache=ResultCache())
        for row in measure(measurer, published, suite=loaded, methods=methods, n=n):
            print(f"{row.method} {row.task} {percent(row.ours.value)}", file=sys.stderr)
            found.append(row)
    data = {
        "suite": loaded.name,
        "source": published.source,
        **origins(loaded),
        "rows": [row.to_json() for row in found],
    }
    table = [["method", "task", "ours", "95 % interval", "n", "published", "difference", ""]]
    for row in found:
        table.append(
            [
                published.titles[row.method],
                row.task,
                percent(row.ours.value),
                f"{percent(row.ours.low)} … {percent(row.ours.high)}",
                f"{row.ours.n} of {row.ours.total}",
                "–" if row.published is None else f"{row.published:.1f} %",
                "–" if row.difference is None else f"{row.difference:+.1f}",
                {None: "", True: "agrees", False: "differs"}[row.agrees],
            ]
        )
    return Answer(data, f"{columns(table)}\n\npublished: {published.source}")
