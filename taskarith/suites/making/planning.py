"""What a new suite takes, looked up before anything is fetched.

The new suite is a suite that is there with task vectors more or another control, or a new one on a
base of its own.
Knows references, limits and manifests' entries; carries nothing out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from taskarith.errors import AssetError, SourceError
from taskarith.models.registry import DESCRIPTION_FILES, describe
from taskarith.sources import (
    BASE_FILES,
    OWNER,
    Limits,
    Plan,
    find_pulled,
    make_plan,
    parse_reference,
)
from taskarith.sources.hub_cache import hub_cache
from taskarith.sources.plan import check_disk, size_text
from taskarith.sources.pull import NotPulledError
from taskarith.suites.json_reader import NAME
from taskarith.suites.making.creating import TEMPLATES, WORDS, head_entry, task_entry
from taskarith.suites.making.deriving import same_task, take_folder
from taskarith.suites.making.inspection import (
    check_entry,
    look_at_pictures,
    look_at_vector,
    naming,
    weights_on,
)
from taskarith.suites.making.named_bases import base_reference, named_base
from taskarith.suites.suite import Suite, is_installed
from taskarith.suites.weights import Weights

__all__ = [
    "Asked",
    "AskedTask",
    "AskedVector",
    "Assembly",
    "asked_entry",
    "check_together",
    "lacking",
    "plan_assembly",
]


@dataclass(frozen=True)
class AskedTask:
    """A task in the words of whoever asks for it.

    Attributes:
        pictures: "task:NAME" for those of a task of the suite it starts from, or as `task_entry`
            takes them: "shared", "shared:NAME", "mini:NAME", "hub:OWNER/DATASET[@SPLIT]", or the
            path of a folder.
        classnames: empty where the pictures say them.
        columns: names of a dataset's "image" and "label" columns where they are others.
        head: what classes are told apart by, one of `creating.HEADS`.
        seed: by which a folder without validation lends it training pictures.
    """

    name: str
    pictures: str
    classnames: tuple[str, ...] = ()
    templates: tuple[str, ...] = TEMPLATES
    columns: Mapping[str, str] = field(default_factory=dict)
    head: str = WORDS
    seed: int | None = None

    @property
    def has_own_words(self) -> bool:
        """Whether its words are those of whoever asks, not of a task that is there."""
        of_others = self.pictures.startswith(("task:", "shared:", "mini:"))
        return not of_others and self.pictures != "shared"


@dataclass(frozen=True)
class AskedVector:
    """A new slider: the reference of a task vector, or of what it is made of, and its task."""

    reference: str
    task: AskedTask


@dataclass(frozen=True)
class Asked:
    """A new suite in the words of whoever asks for it.

    Attributes:
        name: what the new suite is to be called.
        vectors: its new sliders, at least one unless only the control is another or onlookers come.
        start: the suite it starts from; None for a new base.
        base: the new base, where there is no suite to start from: its reference, or
            the name its library has for it.
        onlookers: tasks that are measured without a vector.
        control: what must not be harmed; None: as in the suite it starts from.
        alike: whether it is made although words tell some classes not apart.
    """

    name: str
    vectors: tuple[AskedVector, ...]
    start: Suite | None = None
    base: str | None = None
    onlookers: tuple[AskedTask, ...] = ()
    control: AskedTask | None = None
    alike: bool = False

    @property
    def tasks(self) -> tuple[AskedTask, ...]:
        """Those of the new sliders."""
        return tuple(vector.task for vector in self.vectors)

    @property
    def new_tasks(self) -> tuple[AskedTask, ...]:
        """Those of the new sliders, the onlookers and the control."""
        control = () if self.control is None else (self.control,)
        return (*self.tasks, *self.onlookers, *control)


@dataclass(frozen=True)
class Assembly:
    """What an asked-for suite takes, before anything is fetched.

    Attributes:
        before: the base, or what the suite it starts from lacks.
        vectors: one for each of the asked-for vectors, in their order.
        picked: the folder outside which it takes no files of this machine; None: from anywhere.
        seen: what was seen of the pictures that are here, in words by task.
    """

    asked: Asked
    before: tuple[Plan, ...]
    vectors: tuple[Plan, ...]
    picked: Path | None = None
    seen: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def plans(self) -> tuple[Plan, ...]:
        """Everything, in the order in which it is fetched."""
        return self.before + self.vectors

    @property
    def to_fetch(self) -> int:
        """Bytes that are not on this machine yet."""
        return sum(plan.to_fetch for plan in self.plans)

    def allows(self, reference: str) -> bool:
        """Whether the new suite may take the files of a `file:` reference.

        What the suite it starts from takes already, it takes too.
        """
        start = self.asked.start
        if self.picked is None or (start is not None and reference in start.references()):
            return True
        path = Path(parse_reference(reference).location).expanduser().resolve()
        return path.is_relative_to(self.picked.resolve())


def plan_assembly(
    asked: Asked, *, limits: Limits = OWNER, local: Limits = OWNER, picked: Path | None = None
) -> Assembly:
    """Look up everything that `asked` takes, without fetching any of it.

    `limits` hold for references that were written and for everything together, `local` for `file:`
    ones, which a page makes of files that were handed to it. With `picked`, those must lie in that
    folder. Raises TaskArithError for whatever can be seen to be wrong now.
    """
    if not NAME.fullmatch(asked.name):
        raise AssetError(
            f"{asked.name[:80]!r} is no name of a suite: lower-case letters, digits, '.' and '-'"
        )
    if is_installed(asked.name):
        raise AssetError(f"there is a suite {asked.name!r} already; choose another name")
    _check_tasks(asked)
    before: list[Plan] = []
    if asked.start is not None:
        before = lacking(asked.start, limits=limits)
    elif asked.base is not None:
        before = [_plan_base(asked.base, limits=limits, local=local)]
    vectors = []
    for reference in (str(parse_reference(vector.reference)) for vector in asked.vectors):
        with naming(reference):
            vectors.append(_pinned(make_plan(reference, limits=_of(reference, limits, local))))
    _check_once_each(vectors)
    assembly = Assembly(asked, tuple(before), tuple(vectors), picked)
    _check_picked(assembly)
    check_together(assembly.plans, limits=limits)
    seen = {}
    for task in asked.new_tasks:
        if _is_folder(task):
            place = Path(task.pictures).expanduser().resolve()
            seen[task.name] = look_at_pictures(place, seed=task.seed)
            check_entry(_entry(task, str(place), folder=place.parent))
        else:
            check_entry(asked_entry(task, asked.start, folder=Path()))
    weights = _weights(asked, before)
    if weights is not None:
        for plan in vectors:
            look_at_vector(plan.reference, weights)
    return replace(assembly, seen=seen)


def _weights(asked: Asked, before: Sequence[Plan]) -> Weights | None:
    """Those that the vectors are held against; None where they are not on this machine yet."""
    if asked.start is not None:
        return asked.start.weights
    [base] = before
    if asked.base is None or base.to_fetch:
        return None
    found = find_pulled(base.reference, extras=BASE_FILES)
    named, reference = named_base(asked.base), str(base.reference)
    if named is not None:
        return weights_on(named.entry(reference))
    return weights_on({"kind": describe(found.paths).kind, "source": reference})


def check_together(plans: Sequence[Plan], *, limits: Limits) -> None:
    """SourceError where `plans` are more than may be taken at once, or than the disk has room for.

    Of the Hub counts what is still to be fetched, of this machine's files all that they are.
    """
    size = sum(plan.size if plan.commit is None else plan.to_fetch for plan in plans)
    if size > limits.together:
        raise SourceError(
            f"the {len(plans)} sources are {size_text(size)} together; at most "
            f"{size_text(limits.together)} are taken at once. Take them in several steps, or fetch "
            "them with the command line on the server's own machine"
        )
    check_disk("all of it", sum(plan.to_fetch for plan in plans), folder=hub_cache())


def lacking(suite: Suite, *, limits: Limits = OWNER) -> list[Plan]:
    """Plans for those of a suite's references that are not on this machine."""
    plans = []
    for reference in suite.references():
        extras = suite.beside(reference)
        try:
            find_pulled(reference, extras=extras)
        except NotPulledError:
            plans.append(make_plan(reference, limits=limits, extras=extras))
    return plans


def asked_entry(task: AskedTask, start: Suite | None, *, folder: Path) -> dict[str, Any]:
    """The manifest's entry of a task; pictures of a folder are put into the suite's."""
    if task.pictures.startswith("task:"):
        if start is None:
            raise AssetError("there is no suite whose tasks could be used again")
        of = task.pictures.removeprefix("task:")
        return same_task(start, of, name=task.name, head=head_entry(task.head))
    pictures = task.pictures
    if _is_folder(task):
        pictures = f"pictures/{task.name}"
        take_folder(Path(task.pictures).expanduser(), folder / pictures)
    return _entry(task, pictures, folder=folder)


def _entry(task: AskedTask, pictures: str, *, folder: Path) -> dict[str, Any]:
    return task_entry(
        task.name,
        pictures,
        folder=folder,
        classnames=task.classnames or None,
        templates=task.templates or TEMPLATES,
        columns=task.columns,
        head=task.head,
        seed=task.seed,
    )


def _of(reference: str, limits: Limits, local: Limits) -> Limits:
    return local if reference.startswith("file:") else limits


def _plan_base(base: str, *, limits: Limits, local: Limits) -> Plan:
    reference = base_reference(base)
    limits = _of(reference, limits, local)
    plan = _pinned(make_plan(reference, limits=limits, extras=BASE_FILES))
    if plan.kind not in ("checkpoint", "pickle"):
        raise SourceError(f"{reference} is a {plan.kind}; a base is a model's weights")
    if named_base(base) is None and not set(DESCRIPTION_FILES) & set(plan.files):
        raise SourceError(
            "the base does not say what it is: beside its weights it needs its "
            f"{' or '.join(DESCRIPTION_FILES)}; found {', '.join(plan.files)}"
        )
    return plan


def _pinned(plan: Plan) -> Plan:
    """The plan under a reference that names its commit: what the suite holds does not change."""
    if plan.commit is None:
        return plan
    return replace(plan, reference=replace(plan.reference, revision=plan.commit))


def _check_tasks(asked: Asked) -> None:
    """Every new task has a name of its own, that the suite does not have yet."""
    start = asked.start
    if not asked.vectors and (start is None or not asked.new_tasks):
        raise AssetError("there is no task vector to make a slider of")
    names = [task.name for task in asked.tasks]
    for name in names:
        if names.count(name) > 1:
            raise AssetError(f"there are two vectors for a task {name!r}; give each its own name")
    names += [task.name for task in asked.new_tasks[len(names) :]]
    for name in names:
        taken = names.count(name) > 1
        if taken or (start is not None and name in (*start.tasks, *start.recipe_tasks)):
            suite = f"the suite {start.name!r}" if start is not None and not taken else "it"
            raise AssetError(f"{suite} has a task {name!r} already; give this one another name")


def _check_once_each(plans: list[Plan]) -> None:
    references = [str(plan.reference) for plan in plans]
    twice = [reference for reference in references if references.count(reference) > 1]
    if twice:
        raise SourceError(f"{twice[0]} is there twice; take one away")


def _check_picked(assembly: Assembly) -> None:
    """Weights and pictures of this machine are picked ones, where only those may be had."""
    local = [p.reference for p in assembly.plans if p.reference.kind == "file"]
    tasks = assembly.asked.new_tasks
    folders = [f"file:{task.pictures}" for task in tasks if _is_folder(task)]
    for reference in (*map(str, local), *folders):
        if not assembly.allows(reference):
            raise SourceError("files of this machine are not for visitors; pick yours")


def _is_folder(task: AskedTask) -> bool:
    places = ("task:", "hub:", "shared:", "mini:")
    return not task.pictures.startswith(places) and task.pictures != "shared"
