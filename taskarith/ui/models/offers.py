"""What the page Models offers to do: said in words first, done when whoever asked agrees.

An offer is made for the files that are there now, at their commits; what changes afterwards on the
Hub changes nothing about it. Knows suites and sources, not how the page looks.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from taskarith.errors import AssetError, TaskArithError
from taskarith.sources import OWNER, VISITOR, Limits, Plan, Reference, parse_reference
from taskarith.sources.hub_cache import repo_folder
from taskarith.sources.plan import size_text
from taskarith.suites import Suite, parse_manifest
from taskarith.suites.home import (
    MANIFEST,
    add_folder,
    add_hub_suite,
    check_visitors_data,
    file_references,
    forget_unused,
    made_by_visitor,
    new_folder,
    own_files,
    own_folders,
    plan_hub_suite,
)
from taskarith.suites.label_order import order_notes
from taskarith.suites.making.assembling import assemble, carry_out
from taskarith.suites.making.named_bases import base_reference
from taskarith.suites.making.planning import (
    Asked,
    AskedTask,
    Assembly,
    check_together,
    lacking,
    plan_assembly,
)
from taskarith.suites.manifest import MAX_BYTES
from taskarith.suites.suite import is_installed
from taskarith.ui.models.picked import picked_folder

if TYPE_CHECKING:
    from taskarith.ui.serving.jobs import Desk

__all__ = [
    "Done",
    "InUse",
    "Offer",
    "offer_assembly",
    "offer_manifest",
    "offer_pull",
    "offer_suite",
]

MOST_MADE = 200  # suites of visitors that a public server keeps

InUse = Callable[[str], bool]  # whether the suite of a name is open


def _nothing(name: str) -> bool:
    return False


@dataclass(frozen=True)
class Done:
    """What came of an offer: the suite that is there now, and what was found out about it.

    `vector` is the new slider, where there is one; `gone` says that the suite was removed.
    """

    suite: str
    lines: tuple[str, ...]
    vector: str | None = None
    gone: bool = False


@dataclass(frozen=True, eq=False)
class Offer:
    """Something to be done, in words, and how.

    Attributes:
        lines: what it takes.
        warnings: what to think about before agreeing.
        verb: what the button says.
    """

    title: str
    lines: tuple[str, ...]
    verb: str
    act: "Callable[[Desk], Done]"
    warnings: tuple[str, ...] = ()


def _limits(*, public: bool) -> Limits:
    """What whoever uses the page may have."""
    return VISITOR if public else OWNER


def offer_assembly(asked: Asked, *, public: bool, in_use: InUse = _nothing) -> Offer:
    """A new suite: one with task vectors more, or one on a base of its own."""
    limits = _limits(public=public)
    base = [] if asked.base is None else [base_reference(asked.base)]
    written = [*(vector.reference for vector in asked.vectors), *base]
    with _without_paths([parse_reference(reference) for reference in written]):
        assembly = plan_assembly(
            asked,
            limits=limits,
            local=replace(limits, local=True),
            picked=picked_folder() if public else None,
        )

    def act(desk: "Desk") -> Done:
        with _without_paths([replace(p.reference, revision=p.commit) for p in assembly.plans]):
            found = assemble(assembly, report=_report(desk), cancelled=desk.stopped)
        _keep_bound(asked.name, public=public, in_use=in_use)
        vector = asked.tasks[0].name if asked.tasks else None
        return Done(asked.name, tuple(found), vector=vector)

    total = sum(plan.size for plan in assembly.plans)
    together = (f"together {size_text(total)}",) if len(assembly.plans) > 1 else ()
    called = _told_apart(assembly.plans)
    tasks = [
        (f"target “{task.name}”{_made_of(plan, assembly, called[id(plan)])}", task)
        for task, plan in zip(asked.tasks, assembly.vectors, strict=True)
    ]
    tasks += [(f"measured: “{task.name}”", task) for task in asked.onlookers]
    tasks += [(f"control “{asked.control.name}”", asked.control)] if asked.control else []
    return Offer(
        title=f"New suite {asked.name}: {_start(asked)}",
        lines=(
            *_in_words(assembly.plans),
            *together,
            *(f"{role} ({_pictures(task, assembly)})" for role, task in tasks),
        ),
        verb=f"Fetch {size_text(assembly.to_fetch)} and make it"
        if assembly.to_fetch
        else "Make it",
        act=act,
        warnings=tuple(_doubts(asked, assembly.vectors)),
    )


def offer_pull(suite: Suite, *, public: bool) -> Offer:
    """Everything that a suite lacks on this machine."""
    limits = _limits(public=public)
    plans = tuple(lacking(suite, limits=limits))
    if not plans:
        raise AssetError(f"all that {suite.name} needs is here already; open it in Explore")
    check_together(plans, limits=limits)
    total = sum(plan.to_fetch for plan in plans)

    def act(desk: "Desk") -> Done:
        carry_out(plans, report=_report(desk), cancelled=desk.stopped)
        return Done(suite.name, (f"{len(plans)} sources, {size_text(total)}", *order_notes(suite)))

    return Offer(
        title=f"Fetch what {suite.name} needs",
        lines=(*_in_words(plans), f"together {size_text(total)}"),
        verb=f"Fetch {size_text(total)}",
        act=act,
    )


def offer_suite(place: str, *, public: bool, in_use: InUse = _nothing) -> Offer:
    """A whole suite: of the Hub, or in a folder of this machine."""
    if not place:
        raise AssetError("say where the suite is: hub:owner/name")
    folder = Path(place.removeprefix("file:")).expanduser()
    if not public and folder.is_dir():
        return Offer(
            title=f"Add the suite in {folder}",
            lines=("it stays where it is, and is only noted",),
            verb="Add it",
            act=lambda desk: Done(add_folder(folder, taken=is_installed), ()),
        )
    plan = plan_hub_suite(place, limits=_limits(public=public))

    def act(desk: "Desk") -> Done:
        desk.progress(0, 0, f"fetching the suite {plan.manifest.name}")
        name = add_hub_suite(plan, taken=is_installed)
        _keep_bound(name, public=public, in_use=in_use)
        return Done(name, ())

    return Offer(f"Add the suite {plan.manifest.name}", (plan.describe(),), "Add it", act)


def offer_manifest(file: Path, *, public: bool, in_use: InUse = _nothing) -> Offer:
    """The suite of a manifest that came alone: everything in it is a reference."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise AssetError(f"the file is larger than {size_text(MAX_BYTES)}; it is no manifest")
        text = file.read_text(encoding="utf-8")
        manifest = parse_manifest(json.loads(text), where=file.name)
    except OSError as error:
        raise AssetError("the picked manifest is not there any more; pick it again") from error
    except (ValueError, RecursionError) as error:
        raise AssetError(f"{file.name} is not valid JSON: {error}") from error
    if public:
        check_visitors_data(manifest, where=file.name)
    local = file_references(manifest) if public else []
    named = [*own_files(manifest), *own_folders(manifest), *local]
    if named:
        raise AssetError(
            f"{file.name} names files beside it or on this machine ({named[0][:80]}), which did "
            "not come with it. Put the whole suite into a repository of the Hub and add that"
        )

    def act(desk: "Desk") -> Done:
        with new_folder(manifest.name, taken=is_installed, allowed=lambda _: not public) as folder:
            (folder / MANIFEST).write_text(text, encoding="utf-8")
        _keep_bound(manifest.name, public=public, in_use=in_use)
        return Done(manifest.name, ())

    count = len(manifest.vectors)
    lines = (f"base {manifest.base}", f"{count} task vectors", f"licence: {manifest.licence}")
    return Offer(f"Add the suite {manifest.name}", lines, "Add it", act)


def _keep_bound(made: str, *, public: bool, in_use: InUse) -> None:
    """A public server keeps so many suites that visitors made; who was unused longest goes."""
    if public:
        made_by_visitor(made)
        forget_unused(MOST_MADE, in_use=lambda name: name == made or in_use(name))


def _start(asked: Asked) -> str:
    """What the new suite is beside the one it starts from."""
    if asked.start is None:
        return "a suite on a new base"
    count = len(asked.vectors)
    more = ["one slider more" if count == 1 else f"{count} sliders more"] if count else []
    more += ["a task that is only measured"] if asked.onlookers else []
    more += ["another control"] if asked.control else []
    return " and ".join([asked.start.name, *more])


def _in_words(plans: Sequence[Plan]) -> list[str]:
    """Each plan as a line: where from, how large, what it is, and on what terms."""
    lines, called = [], _told_apart(plans)
    for plan in plans:
        picked = called[id(plan)]
        where = f"picked {picked}{_unused(plan)}" if picked else str(plan.reference)
        if plan.commit:
            where = where.replace(f"@{plan.commit}", f" at {plan.commit[:7]}")
        licence = f", licence {plan.licence}" if plan.licence else ""
        lines.append(f"{where}: {plan.describe()}{licence}")
    return lines


def _made_of(plan: Plan, assembly: Assembly, called: str) -> str:
    """Of several vectors, from where this target's is."""
    if len(assembly.vectors) == 1:
        return ""
    return f" from {called or plan.reference.location}"


def _told_apart(plans: Sequence[Plan]) -> dict[int, str]:
    """What picked files are called, by the `id` of their plan; "" for all that is not picked.

    Those of one name are numbered, in the order in which they were picked.
    """
    names = {id(plan): ", ".join(plan.files) if _is_picked(plan) else "" for plan in plans}
    every = list(names.values())
    of_one_name = {name: itertools.count(1) for name in every if name and every.count(name) > 1}
    return {
        key: f"{name} no. {next(of_one_name[name])}" if name in of_one_name else name
        for key, name in names.items()
    }


def _is_picked(plan: Plan) -> bool:
    place = Path(plan.reference.location).expanduser().resolve()
    return plan.reference.kind == "file" and place.is_relative_to(picked_folder().resolve())


def _unused(plan: Plan) -> str:
    """What was picked and is not used."""
    place = Path(plan.reference.location).expanduser()
    there = sorted(path.name for path in place.iterdir()) if place.is_dir() else []
    unused = [name for name in there if name not in plan.files]
    return f" (not used: {', '.join(unused)})" if unused else ""


def _pictures(task: AskedTask, assembly: Assembly) -> str:
    """Where a task's pictures are, and what was seen of them."""
    return "; ".join([_place_of(task), *assembly.seen.get(task.name, ())])


def _place_of(task: AskedTask) -> str:
    place, _, name = task.pictures.partition(":")
    if place == "task":
        return f"the pictures of {name}"
    if place == "shared":
        return "its pictures come from the Hub when they are looked at"
    if place == "mini":
        return f"the drawn pictures of {name} of mini"
    return task.pictures if place == "hub" else "your pictures"


def _doubts(asked: Asked, vectors: Iterable[Plan]) -> Iterator[str]:
    """A base that a card names and that is not this one: often a mistake, sometimes a mirror.

    Of picked files nobody knows what the Hub calls them.
    """
    own = None if asked.base is None else base_reference(asked.base)
    if asked.start is not None and asked.start.manifest.base.is_elsewhere:
        own = asked.start.weights.reference
    if own is None or own.startswith("file:"):
        return
    for vector in vectors:
        if vector.base is not None and vector.base not in own:
            which = f"{vector.reference.location}: " if len(asked.vectors) > 1 else ""
            yield f"{which}its card says it was made from {vector.base}, but the base here is {own}"


def _report(desk: "Desk") -> Callable[[str, int, int], None]:
    return lambda what, done, total: desk.progress(done, total, what)


@contextmanager
def _without_paths(references: Iterable[Reference]) -> Iterator[None]:
    """Messages name references and picked files, not where this machine keeps them."""
    try:
        yield
    except TaskArithError as error:
        text = str(error)
        for reference in references:
            place, name = _kept(reference)
            if reference.kind == "file":
                inside = f"{place}/" if name == place else "the picked "
                text = text.replace(f"file:{place}", name).replace(f"{place}/", inside)
            else:
                text = text.replace(f"{place}/", f"{name}: ")
            text = text.replace(place, name)
        # Pictures that were picked go by their place in the picked folder.
        kept = re.escape(str(picked_folder()))
        text = re.sub(rf"{kept}/[0-9a-f]{{24}}/", "", text)
        text = re.sub(rf"{kept}/[0-9a-f]{{24}}", "the picked folder", text)
        if text == str(error):
            raise
        raise type(error)(text) from error


def _kept(reference: Reference) -> tuple[str, str]:
    """The folder in which a reference's files lie, and what it is called instead."""
    if reference.kind == "file":
        place = Path(reference.location)
        if not place.resolve().is_relative_to(picked_folder().resolve()):
            return reference.location, reference.location  # as it was written
        names = sorted(path.name for path in place.iterdir()) if place.is_dir() else []
        return reference.location, f"the picked {', '.join(names) or 'files'}"
    folder = repo_folder(reference.location, None) / "snapshots" / str(reference.revision)
    return str(folder), reference.location
