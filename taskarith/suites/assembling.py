"""From what somebody asks for to a suite that is there: plan, fetch, check, write.

The new suite is a suite that is there with one task vector more, or a new one on a base of its
own. It is written only when everything in it has been looked at. Knows nothing of pages.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from taskarith.errors import AssetError, PullCancelled, SourceError
from taskarith.sources import (
    BASE_FILES,
    OWNER,
    Difference,
    Limits,
    Plan,
    Reference,
    find_pulled,
    make_plan,
    open_source,
    pull,
)
from taskarith.sources.hub_cache import hub_cache
from taskarith.sources.plan import check_disk
from taskarith.suites.creating import TEMPLATES, create_suite, task_entry
from taskarith.suites.deriving import derive_suite, same_task, take_folder
from taskarith.suites.home import new_folder
from taskarith.suites.manifest import NAME
from taskarith.suites.remote import pull_ledger, vector_from
from taskarith.suites.suite import Suite, is_installed, load_suite

__all__ = [
    "Asked",
    "AskedTask",
    "Assembly",
    "Report",
    "assemble",
    "carry_out",
    "lacking",
    "plan_assembly",
]

LISTED = 6

Report = Callable[[str, int, int], None]  # (what is being done, bytes done, bytes in all)


@dataclass(frozen=True)
class AskedTask:
    """A task in the words of whoever asks for it.

    Attributes:
        pictures: "task:NAME" for those of a task of the suite it starts from, or as `task_entry`
            takes them: "shared", "hub:OWNER/DATASET[@SPLIT]", or the path of a folder.
        classnames: empty where the pictures say them.
        columns: names of a dataset's "image" and "label" columns where they are others.
    """

    name: str
    pictures: str
    classnames: tuple[str, ...] = ()
    templates: tuple[str, ...] = TEMPLATES
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A new suite in the words of whoever asks for it.

    Attributes:
        name: what the new suite is to be called.
        start: the suite it starts from; None for a new base.
        base: reference of the new base, where there is no suite to start from.
        vector: reference of the task vector, or of what it is made of.
        control: what must not be harmed; only with a new base.
    """

    name: str
    vector: str
    task: AskedTask
    start: Suite | None = None
    base: str | None = None
    control: AskedTask | None = None


@dataclass(frozen=True)
class Assembly:
    """What an asked-for suite takes, before anything is fetched."""

    asked: Asked
    plans: tuple[Plan, ...]

    @property
    def to_fetch(self) -> int:
        """Bytes that are not on this machine yet."""
        return sum(plan.to_fetch for plan in self.plans)


def plan_assembly(asked: Asked, *, limits: Limits = OWNER, local: Limits = OWNER) -> Assembly:
    """Look up everything that `asked` takes, without fetching any of it.

    `limits` hold for references that were written, `local` for `file:` ones, which a page makes of
    files that were handed to it. Raises TaskArithError for whatever can be seen to be wrong now.
    """
    if not NAME.fullmatch(asked.name):
        raise AssetError(
            f"{asked.name[:80]!r} is no name of a suite: lower-case letters, digits, '.' and '-'"
        )
    if is_installed(asked.name):
        raise AssetError(f"there is a suite {asked.name!r} already; choose another name")
    plans = []
    if asked.start is not None:
        _check_new(asked.task.name, asked.start)
        plans += lacking(asked.start, limits=limits)
    elif asked.base is not None:
        given = local if asked.base.startswith("file:") else limits
        plans.append(_pinned(make_plan(asked.base, limits=given, extras=BASE_FILES)))
        if plans[0].kind not in ("checkpoint", "pickle"):
            raise SourceError(f"{asked.base} is a {plans[0].kind}; a base is a model's weights")
    given = local if asked.vector.startswith("file:") else limits
    plans.append(_pinned(make_plan(asked.vector, limits=given)))
    for task in filter(None, (asked.task, asked.control)):
        if not task.pictures.startswith("task:") and not _is_folder(task):
            _entry(task, asked.start, folder=Path())
    needed = sum(plan.to_fetch for plan in plans)
    check_disk("all of it", needed, folder=hub_cache())
    return Assembly(asked, tuple(plans))


def lacking(suite: Suite, *, limits: Limits = OWNER) -> list[Plan]:
    """Plans for those of a suite's references that are not on this machine."""
    plans = []
    for index, reference in enumerate(suite.references()):
        extras = BASE_FILES if index == 0 and suite.manifest.base.is_elsewhere else ()
        try:
            find_pulled(reference, extras=extras)
        except SourceError:
            plans.append(make_plan(reference, limits=limits, extras=extras))
    return plans


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
    with new_folder(asked.name, taken=is_installed) as folder:
        report("writing the suite", 0, 0)
        suite = _written(asked, assembly, folder)
        report("comparing the vector with the base", 0, 0)
        found = _difference(assembly.plans[-1].reference, suite)
        report(f"reading pictures of {asked.task.name}", 0, 0)
        count = len(suite.split(asked.task.name, "validation").labels)
        if asked.control is not None:
            report(f"reading pictures of {asked.control.name}", 0, 0)
            suite.split(asked.control.name, "validation")
        report("making the zero-shot head", 0, 0)
        suite.head(asked.task.name)
        _stop_if(cancelled)
    return [*_findings(found), f"{count:,} pictures for validation"]


def _written(asked: Asked, assembly: Assembly, folder: Path) -> Suite:
    source = str(assembly.plans[-1].reference)
    if asked.start is not None:
        task = _entry(asked.task, asked.start, folder=folder)
        derive_suite(asked.start, folder, name=asked.name, task=task, source=source)
        return load_suite(folder)
    assert asked.control is not None
    base = find_pulled(assembly.plans[0].reference, extras=BASE_FILES, ledger=pull_ledger())
    kind, size = _described(base.paths)
    create_suite(
        folder,
        name=asked.name,
        base=str(base.reference),
        kind=kind,
        image_size=size,
        tasks=[_entry(asked.task, None, folder=folder)],
        vectors={asked.task.name: source},
        control=_entry(asked.control, None, folder=folder),
    )
    return load_suite(folder)


def _entry(task: AskedTask, start: Suite | None, *, folder: Path) -> dict[str, Any]:
    """The manifest's entry of a task; pictures of a folder are put into the suite's."""
    if task.pictures.startswith("task:"):
        if start is None:
            raise AssetError("there is no suite whose tasks could be used again")
        return same_task(start, task.pictures.removeprefix("task:"), name=task.name)
    pictures = task.pictures
    if _is_folder(task):
        pictures = f"pictures/{task.name}"
        take_folder(Path(task.pictures).expanduser(), folder / pictures)
    return task_entry(
        task.name,
        pictures,
        folder=folder,
        classnames=task.classnames or None,
        templates=task.templates or TEMPLATES,
        columns=task.columns,
    )


def _is_folder(task: AskedTask) -> bool:
    return not task.pictures.startswith(("task:", "hub:")) and task.pictures != "shared"


def _pinned(plan: Plan) -> Plan:
    """The plan under a reference that names its commit: what the suite holds does not change."""
    if plan.commit is None:
        return plan
    return replace(plan, reference=replace(plan.reference, revision=plan.commit))


def _check_new(name: str, start: Suite) -> None:
    if name in start.tasks or name in start.recipe_tasks:
        raise AssetError(
            f"the suite {start.name!r} has a task {name!r} already; give this one another name"
        )


def _difference(reference: Reference, suite: Suite) -> Difference:
    contents = open_source(find_pulled(reference, ledger=pull_ledger()))
    return vector_from(contents, suite.base_state())


def _findings(found: Difference) -> list[str]:
    """What the checks found, for whoever has to decide whether to trust it."""
    words = [
        f"{len(found.vector)} tensors, {found.vector.size:,} numbers, all finite",
        f"‖τ‖ is {found.relative:.2%} of ‖θ₀‖",
    ]
    if found.info.base_fingerprint is not None:
        words.append(f"made from this base (fingerprint {found.info.base_fingerprint})")
    if found.info.excluded:
        words.append(f"left out: {_listed(found.info.excluded)}")
    if found.uncovered:
        words.append(f"not in it, so not edited: {_listed(found.uncovered)}")
    return words


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def _described(files: Mapping[str, Path]) -> tuple[str, int]:
    """Which library builds the base, and the side of its pictures, as its own files say."""
    try:
        if "open_clip_config.json" in files:
            config = json.loads(files["open_clip_config.json"].read_text(encoding="utf-8"))
            return "open_clip", int(config["model_cfg"]["vision_cfg"]["image_size"])
        config = json.loads(files["config.json"].read_text(encoding="utf-8"))
        return "transformers", int(config["vision_config"]["image_size"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise AssetError(
            "the base does not say what it is: it needs a config.json of a CLIP (transformers), or "
            f"an open_clip_config.json ({error!r:.100})"
        ) from error


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise PullCancelled("it was stopped; start it again to go on from there")
