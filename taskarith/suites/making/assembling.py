"""From what somebody asks for to a suite that is there: fetch, check, write.

The suite is written only when everything in it has been looked at. Knows nothing of pages; what it
takes is looked up by `planning`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from taskarith.errors import PullCancelled, TaskArithError, listed
from taskarith.models.registry import describe
from taskarith.sources import (
    BASE_FILES,
    Difference,
    LazyState,
    Plan,
    doubts,
    find_pulled,
    open_source,
    parse_reference,
    pull,
)
from taskarith.suites.home import new_folder
from taskarith.suites.making.creating import create_suite
from taskarith.suites.making.deriving import derive_suite
from taskarith.suites.making.inspection import naming
from taskarith.suites.making.named_bases import named_base
from taskarith.suites.making.planning import Asked, AskedTask, Assembly, asked_entry
from taskarith.suites.making.wording import check_words
from taskarith.suites.references import pull_ledger
from taskarith.suites.suite import Suite, is_installed, load_suite

__all__ = ["Report", "assemble", "carry_out"]

LISTED = 6

Report = Callable[[str, int, int], None]  # (what is being done, bytes done, bytes in all)


def carry_out(
    plans: tuple[Plan, ...], *, report: Report, cancelled: Callable[[], bool] = lambda: False
) -> None:
    """Fetch what `plans` lack, at the commits they were made for."""
    total, before = sum(plan.size for plan in plans), 0
    for plan in plans:
        name = str(plan.reference)

        def tell(done: int, _: int, name: str = name, before: int = before) -> None:
            report(f"fetching {name}", before + done, total)

        pull(plan, ledger=pull_ledger(), report=tell, cancelled=cancelled)
        before += plan.size


def assemble(
    assembly: Assembly, *, report: Report, cancelled: Callable[[], bool] = lambda: False
) -> list[str]:
    """Fetch, check and write the suite; gives what was found out about it, in words.

    Raises TaskArithError; the suite is then not there, and what was fetched is kept.
    """
    asked = assembly.asked
    carry_out(assembly.plans, report=report, cancelled=cancelled)
    with (
        new_folder(asked.name, taken=is_installed, allowed=assembly.allows) as folder,
        _as_it_was_written(asked, folder),
    ):
        report("writing the suite", 0, 0)
        suite = _written(asked, assembly, folder)
        base = LazyState.of(suite.base_state())
        found: dict[str, list[str]] = {}
        for task, plan in zip(asked.tasks, assembly.vectors, strict=True):
            report(f"comparing {task.name} with the base", 0, 0)
            with naming(str(plan.reference)):
                contents = open_source(find_pulled(plan.reference, ledger=pull_ledger()))
                difference = suite.weights.difference(contents, base=base)
                place = parse_reference(suite.weights.reference or f"file:{suite.folder}")
                found[task.name] = [*_findings(difference), *doubts(difference, place)]
            _stop_if(cancelled)
        for task in asked.tasks:
            found[task.name].append(_looked_at(task, suite, report=report))
            _stop_if(cancelled)
        lines = [f"{name}: {'; '.join(words)}" for name, words in found.items()]
        if len(found) == 1:
            lines = found[asked.tasks[0].name]
        for task in asked.new_tasks[len(asked.tasks) :]:
            kind = "control" if task is asked.control else "onlooker"
            lines.append(f"{kind} {task.name}: {_looked_at(task, suite, report=report)}")
            _stop_if(cancelled)
        report("making the heads", 0, 0)
        for task in asked.new_tasks:
            suite.head(task.name)
            if task.has_own_words:
                words = check_words(suite, task.name, anyway=asked.alike)
                lines += [f"{task.name}: {note}" for note in words]
            _stop_if(cancelled)
    return lines


@contextmanager
def _as_it_was_written(asked: Asked, folder: Path) -> Iterator[None]:
    """Messages name the folders that were asked for, not where the suite is being made."""
    try:
        yield
    except TaskArithError as error:
        text = str(error)
        for task in asked.new_tasks:
            text = text.replace(str(folder / "pictures" / task.name), task.pictures)
        text = text.replace(str(folder.resolve()), asked.name).replace(str(folder), asked.name)
        if text == str(error):
            raise
        raise type(error)(text) from error


def _looked_at(task: AskedTask, suite: Suite, *, report: Report) -> str:
    report(f"reading pictures of {task.name}", 0, 0)
    examples = suite.split(task.name, "validation")
    return f"{len(examples):,} {examples.kind} for validation"


def _written(asked: Asked, assembly: Assembly, folder: Path) -> Suite:
    entries = [asked_entry(task, asked.start, folder=folder) for task in asked.tasks]
    sources = [str(plan.reference) for plan in assembly.vectors]
    control = None
    onlookers = [asked_entry(task, asked.start, folder=folder) for task in asked.onlookers]
    if asked.control is not None:
        control = asked_entry(asked.control, asked.start, folder=folder)
    if asked.start is not None:
        added = list(zip(entries, sources, strict=True))
        derive_suite(
            asked.start,
            folder,
            name=asked.name,
            added=added,
            onlookers=onlookers,
            control=control,
        )
        return load_suite(folder)
    assert control is not None
    base = find_pulled(assembly.before[0].reference, extras=BASE_FILES, ledger=pull_ledger())
    assert asked.base is not None
    reference = str(base.reference)
    named = named_base(asked.base) is not None
    found = None if named else describe(base.paths)
    create_suite(
        folder,
        name=asked.name,
        base=asked.base if named else reference,
        source=reference if named else None,
        kind=None if found is None else found.kind,
        tasks=[*entries, *onlookers],
        vectors=dict(zip([task.name for task in asked.tasks], sources, strict=True)),
        control=control,
    )
    return load_suite(folder)


def _findings(found: Difference) -> list[str]:
    """What the checks found, for whoever has to decide whether to trust it."""
    words = [
        f"{len(found.vector)} tensors, {found.vector.size:,} numbers, all finite",
        f"‖τ‖ is {found.relative:.2%} of ‖θ₀‖",
    ]
    if found.base_compared:
        words.append(f"made from this base (fingerprint {found.info.base_fingerprint})")
    else:
        words.append("not checked whether it was made from this base: no fingerprint to compare")
    if found.dtypes[0] != "float32":
        words.append(f"stored as {found.dtypes[0]}")
    if found.info.excluded:
        words.append(f"left out: {listed(found.info.excluded, most=LISTED)}")
    if found.uncovered:
        words.append(f"not in it, so not edited: {listed(found.uncovered, most=LISTED)}")
    return words


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise PullCancelled("it was stopped; start it again to go on from there")
