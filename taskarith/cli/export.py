"""`taskarith export` and `taskarith import`: an edit as files of other programs, and back."""

import argparse
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskarith.cli.answer import Answer
from taskarith.cli.arguments import (
    add_device,
    add_json,
    add_method,
    add_setting,
    add_suite,
    read_edit,
    whole_number,
)
from taskarith.errors import ExportError, TaskArithError
from taskarith.export.formats import DTYPES, FORMATS

if TYPE_CHECKING:
    from taskarith.core import Edit, Statistics
    from taskarith.export.accuracies import TaskAccuracy
    from taskarith.suites import Suite

__all__ = ["add_commands", "export", "import_recipe"]

MAX_RECIPE = 1_000_000  # bytes
MEASURED = (
    256  # examples of each task that a card's accuracies are of, unless another number is asked
)


def add_commands(commands: Any) -> None:
    """Add `export` and `import` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "export",
        help="write an edit as a checkpoint, a task vector, a recipe or a script",
        description="Write the edited model as a checkpoint that open_clip or transformers loads "
        "alone, what the edit adds as a task vector, or the edit as a mergekit recipe, as JSON or "
        "as a Python script. The folder appears only when it is whole.",
        epilog="Try: taskarith export --suite mini --set printed-digits=-0.5 --to open_clip "
        "-o forgot-digits",
    )
    add_suite(parser)
    add_setting(parser)
    add_method(parser)
    parser.add_argument("--to", required=True, choices=list(FORMATS), help="in which format")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="DIR", help="new")
    parser.add_argument("--dtype", choices=DTYPES, default="float32", help="of the weights")
    parser.add_argument(
        "--measure",
        type=whole_number(0),
        default=None,
        metavar="N",
        help="measure N validation examples of each task for the card, 0 for none (default: "
        f"{MEASURED} where there is a card and the pictures are here)",
    )
    add_device(parser)
    add_json(parser)
    parser.set_defaults(run=export)

    parser = commands.add_parser(
        "import",
        help="read a mergekit recipe as an edit",
        description="Read a mergekit recipe (linear, task_arithmetic, ties with plain weights) as "
        "an edit of a suite. Its models are recognised by the names of the suite's vectors, or by "
        "the repositories the suite takes them from.",
        epilog="Try: taskarith import merge.yml --suite mini",
    )
    parser.add_argument("file", type=Path, metavar="FILE.yml")
    add_suite(parser)
    add_json(parser)
    parser.set_defaults(run=import_recipe)


def export(
    *,
    suite: str,
    settings: list[str],
    method: str,
    method_settings: list[str],
    seed: int,
    to: str,
    output: Path,
    dtype: str,
    measure: int | None,
    device: str | None,
) -> Answer:
    """Export one edit into a new folder."""
    from taskarith.export.exporting import export_edit, plan_export
    from taskarith.export.folder import check_free
    from taskarith.sources.plan import size_text
    from taskarith.suites import load_suite

    loaded = load_suite(suite)
    edit = read_edit(loaded, settings, method=method, method_settings=method_settings, seed=seed)
    check_free(output)  # refuse before anything is computed
    plan = plan_export(loaded, edit, to=to, dtype=dtype)
    accuracies: tuple[TaskAccuracy, ...] = ()
    statistics = None
    if plan.weights:
        asked = measure if measure is not None else MEASURED * FORMATS[to].published
        accuracies = _measured(loaded, edit, n=asked, device=device, needed=measure is not None)
        statistics = _statistics(loaded, edit, device=device)
    done = export_edit(
        loaded,
        edit,
        output,
        to=to,
        dtype=dtype,
        source=suite,
        accuracies=accuracies,
        statistics=statistics,
        report=_bar(plan.size),
    )
    size = sum(done.files.values())
    data = {
        "folder": str(done.folder),
        "format": to,
        "edit": edit.to_json(),
        "files": dict(done.files),
        "bytes": size,
        "fingerprint": done.provenance.fingerprint or None,
    }
    names = ", ".join(done.files)
    return Answer(data, f"{edit.formula()}\nWrote {done.folder} ({size_text(size)}): {names}")


def import_recipe(*, file: Path, suite: str) -> Answer:
    """Read a mergekit recipe as an edit."""
    from taskarith.export.mergekit_import import edit_from_mergekit
    from taskarith.suites import load_suite

    if file.stat().st_size > MAX_RECIPE:
        raise ExportError(f"{file} is far larger than a recipe; give mergekit's YAML file")
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ExportError(f"{file} is no text in UTF-8; give mergekit's YAML file") from error
    loaded = load_suite(suite)
    found = edit_from_mergekit(text, loaded, what=str(file))
    edit = found.edit
    data = {"edit": edit.to_json(), "formula": edit.formula(), "notes": list(found.notes)}
    return Answer(data, "\n".join([edit.formula(), *found.notes, "", _command(edit, suite)]))


def _command(edit: "Edit", suite: str) -> str:
    """How to measure the edit on the command line: with its layers, and the seed of its nulls."""
    parts = [f"taskarith evaluate --suite {suite}"]
    parts += [f"--set {name}={value:g}" for name, value in edit.coefficients.items()]
    if edit.method != "sum":
        parts += [f"--method {edit.method}"]
    for name, value in edit.settings.items():
        told = f"{value:g}" if isinstance(value, float | int) else json.dumps(value)
        parts += [f"--setting {shlex.quote(f'{name}={told}')}"]
    if edit.seed:
        parts += [f"--seed {edit.seed}"]
    return " ".join(parts)


def _measured(
    suite: "Suite", edit: "Edit", *, n: int, device: str | None, needed: bool
) -> "tuple[TaskAccuracy, ...]":
    """Accuracies for the card; where they are not `needed` and cannot be had, none and a word."""
    from taskarith.evaluation import Evaluator, ResultCache
    from taskarith.export.accuracies import measure_accuracies

    if not n:
        return ()
    try:
        return measure_accuracies(Evaluator(suite, device=device), edit, n=n, cache=ResultCache())
    except TaskArithError as error:
        if needed:
            raise
        print(f"The card will state no accuracies: {error}", file=sys.stderr)
        return ()


def _statistics(suite: "Suite", edit: "Edit", *, device: str | None) -> "Statistics | None":
    """What merges that look at examples ask about them."""
    from taskarith.core import METHODS
    from taskarith.evaluation import Evaluator
    from taskarith.export.accuracies import image_statistics

    if not METHODS[edit.method].needs_data:
        return None
    return image_statistics(Evaluator(suite, device=device), seed=edit.seed)


def _bar(size: int) -> Callable[[int, int], None]:
    """A progress bar on the terminal; nothing where there is no terminal."""
    if not size or not sys.stderr.isatty():
        return lambda done, total: None
    from tqdm import tqdm

    bar = tqdm(desc="export", unit="B", unit_scale=True, file=sys.stderr)

    def report(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return report
