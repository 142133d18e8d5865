"""The manifest: one JSON file that says which base, tasks and vectors belong together.

Parsing collects every problem before it gives up. Nothing here opens a weights file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from taskarith.core import NULLS, checked_coefficient
from taskarith.errors import CoefficientError
from taskarith.heads.describing import (
    CHECKPOINT,
    EMBEDDING_KINDS,
    EXAMPLE_KINDS,
    KEPT_KINDS,
    UNCLASSED,
    head_vector,
)
from taskarith.suites.entries import (
    Base,
    check_folder_data,
    check_hub_data,
    parse_base,
    parse_head,
    parse_weights,
    used_task,
)
from taskarith.suites.json_reader import JsonReader, read_json
from taskarith.suites.recipe_book import RecipeBook, check_recipe_book, parse_recipe_book
from taskarith.tasks.splits import DATA_KINDS
from taskarith.tasks.task import ROLES, ZERO_SHOT, Role, Task

__all__ = ["Base", "Manifest", "Preset", "parse_manifest", "read_manifest"]

FORMAT = 1
MAX_BYTES = 4 * 2**20
FILED_KINDS = [kind for kind in EMBEDDING_KINDS if kind not in EXAMPLE_KINDS]


@dataclass(frozen=True)
class Preset:
    """An edit that tells a part of the story in one click; `focus` is the slider in hand.

    `analogy` names the tasks "a", "b", "c", "d" of "A is to B as C is to D" where that is what the
    coefficients, own·τ_C + bracket·(τ_B − τ_A), are about.
    """

    name: str
    title: str
    about: str
    coefficients: Mapping[str, float]
    focus: str
    analogy: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Manifest:
    """A suite as its file describes it; `vectors` maps task names to weights files.

    Weights that are elsewhere are references, which have a colon in them. Without `heads` they are
    made of words when they are needed.

    What only recipes use stands apart, so that a page that never runs one loads none of it:
    `recipe_tasks` have the role "recipe" and their heads in `recipe_heads`; `recipe_vectors` maps
    names to weights files, `recipe_subjects` to the task each is about, which need not have its
    name, and `recipes` says what they are for. `published` is a file of other
    people's numbers on the same tasks, to set beside ours.
    """

    name: str
    title: str
    about: str
    licence: str
    base: Base
    heads: str | None
    tasks: tuple[Task, ...]
    vectors: Mapping[str, str]
    surrogate: str | None
    measurements: str | None
    presets: tuple[Preset, ...]
    start: str | None
    recipes: RecipeBook = field(default_factory=RecipeBook)
    recipe_tasks: tuple[Task, ...] = ()
    recipe_vectors: Mapping[str, str] = field(default_factory=dict)
    recipe_subjects: Mapping[str, str] = field(default_factory=dict)
    recipe_heads: str | None = None
    published: str | None = None


def read_manifest(path: Path) -> Manifest:
    """The manifest in the file `path`; AssetError if it is missing, damaged or inconsistent."""
    data = read_json(
        path,
        f"the manifest {path}",
        most_bytes=MAX_BYTES,
        instead="the folder of a suite or its manifest.json",
    )
    return parse_manifest(data, where=str(path))


def parse_manifest(data: object, *, where: str = "the manifest") -> Manifest:
    """The manifest that the JSON value `data` describes; one AssetError lists all its problems."""
    reader = JsonReader()
    manifest = _manifest(data, reader)
    if not reader.problems:
        _check_story(manifest, reader)
    reader.check(where)
    return manifest


def _manifest(data: object, reader: JsonReader) -> Manifest:
    fields = reader.mapping(data, "the manifest")
    if fields.get("format") != FORMAT:
        reader.problems.append(
            f"format {fields.get('format')!r:.40} is unknown; this version reads format {FORMAT}"
        )
    tasks = [
        _task(item, reader, f"tasks[{i}]")
        for i, item in enumerate(reader.array(fields.get("tasks"), "tasks"))
    ]
    vectors = [
        _vector(item, reader, f"vectors[{i}]")
        for i, item in enumerate(reader.array(fields.get("vectors"), "vectors"))
    ]
    presets = [
        _preset(item, reader, f"presets[{i}]")
        for i, item in enumerate(reader.array(fields.get("presets"), "presets"))
    ]
    extra = reader.mapping({} if fields.get("recipes") is None else fields["recipes"], "recipes")
    recipe_tasks = [
        _task(item, reader, f"recipes.tasks[{i}]")
        for i, item in enumerate(reader.array(extra.get("tasks", []), "recipes.tasks"))
    ]
    recipe_vectors = [
        _recipe_vector(item, reader, f"recipes.vectors[{i}]")
        for i, item in enumerate(reader.array(extra.get("vectors", []), "recipes.vectors"))
    ]
    reader.unique([task.name for task in (*tasks, *recipe_tasks)], "tasks")
    reader.unique([one[0] for one in (*vectors, *recipe_vectors)], "vectors")
    reader.unique([preset.name for preset in presets], "presets")
    optional = {
        key: reader.path(fields[key], key) if fields.get(key) is not None else None
        for key in ("surrogate", "measurements", "published")
    }
    return Manifest(
        name=reader.name(fields.get("name"), "name"),
        title=reader.text(fields.get("title"), "title"),
        about=reader.text(fields.get("about"), "about"),
        licence=reader.text(fields.get("licence"), "licence"),
        base=parse_base(fields.get("base"), reader),
        heads=None if fields.get("heads") is None else reader.path(fields["heads"], "heads"),
        tasks=tuple(tasks),
        vectors=dict(vectors),
        surrogate=optional["surrogate"],
        measurements=optional["measurements"],
        published=optional["published"],
        presets=tuple(presets),
        start=None if fields.get("start") is None else reader.name(fields["start"], "start"),
        recipes=parse_recipe_book(extra.get("book"), reader),
        recipe_tasks=tuple(recipe_tasks),
        recipe_vectors={name: weights for name, weights, _ in recipe_vectors},
        recipe_subjects={name: task for name, _, task in recipe_vectors},
        recipe_heads=reader.path(extra["heads"], "recipes.heads") if "heads" in extra else None,
    )


def _task(item: object, reader: JsonReader, where: str) -> Task:
    fields = used_task(reader.mapping(item, where), reader, where)
    head, metric = parse_head(fields, reader, where)
    has_classes = "classnames" in fields and head["kind"] not in UNCLASSED
    needs_classes = head["kind"] in (*EMBEDDING_KINDS, CHECKPOINT, "label-likelihood")
    given = fields.get("classnames") if needs_classes or has_classes else []
    classnames = reader.texts(given, f"{where}.classnames")
    templates = reader.texts(fields.get("templates", ["{}"]), f"{where}.templates")
    if fields.get("use") is None:  # ImageNet's usual words name two pairs of classes alike
        reader.unique(list(classnames), f"{where}.classnames")
        if head["kind"] == ZERO_SHOT:
            _check_prompts(classnames, reader, f"{where}.classnames")
    if needs_classes and len(classnames) < 2:
        reader.problems.append(f"{where}.classnames: a task needs at least two classes")
    if not templates or any(template.count("{}") != 1 for template in templates):
        reader.problems.append(f"{where}.templates: each needs exactly one {{}}, and one template")
    data = reader.mapping(fields.get("data"), f"{where}.data")
    kind = reader.choice(data.get("kind"), f"{where}.data.kind", among=tuple(DATA_KINDS))
    if kind == "hub":
        check_hub_data(data, reader, f"{where}.data")
    else:
        read = reader.path if DATA_KINDS[kind] == "path" else reader.name
        read = reader.text if kind == "lm-eval" else read
        read(data.get(DATA_KINDS[kind]), f"{where}.data.{DATA_KINDS[kind]}")
    if (kind == "lm-eval") != (head["kind"] == "lm-eval"):
        reader.problems.append(f"{where}: data of lm-eval and a head of lm-eval go together")
    if kind == "folder":
        check_folder_data(data, reader, f"{where}.data")
    return Task(
        name=reader.name(fields.get("name"), f"{where}.name"),
        title=reader.text(fields.get("title"), f"{where}.title"),
        role=cast(Role, reader.choice(fields.get("role"), f"{where}.role", among=ROLES)),
        classnames=classnames,
        templates=templates,
        data=dict(data),
        metric=metric,
        head=head,
    )


def _check_kept_head(task: Task, manifest: "Manifest", reader: JsonReader) -> None:
    """A head that a checkpoint was trained with: whose, and which of its outputs is which class."""
    if task.head["kind"] not in KEPT_KINDS:
        return
    if head_vector(task) not in manifest.vectors:
        reader.problems.append(
            f"tasks: the head of {task.name!r} is of the vector {head_vector(task)!r:.80}, which "
            "is not there"
        )
    order, classes = task.head.get("order"), len(task.classnames)
    if task.head.get("unnamed") not in (None, "dataset"):
        reader.problems.append(
            f"tasks: the head of {task.name!r} has unnamed {task.head['unnamed']!r:.40}; it is "
            '"dataset" where outputs without names are in the dataset\'s order'
        )
    numbers = isinstance(order, list) and all(type(number) is int for number in order)
    if order is not None and not (numbers and sorted(order) == [*range(classes)]):
        reader.problems.append(
            f"tasks: the head of {task.name!r} has the order {order!r:.80}; it names the output of "
            f"each class, 0 to {classes - 1}"
        )


def _check_prompts(classnames: Sequence[str], reader: JsonReader, where: str) -> None:
    """Refuse names that differ in case or spaces alone: one prompt, so one is never right."""
    seen: dict[str, str] = {}
    for name in classnames:
        words = " ".join(name.lower().split())
        if seen.get(words, name) != name:
            reader.problems.append(
                f"{where}: {seen[words]!r:.80} and {name!r:.80} give the same prompt; call them "
                "differently"
            )
        seen.setdefault(words, name)


def _vector(item: object, reader: JsonReader, where: str) -> tuple[str, str]:
    fields = reader.mapping(item, where)
    name = reader.name(fields.get("task"), f"{where}.task")
    return name, parse_weights(fields, reader, where)


def _recipe_vector(item: object, reader: JsonReader, where: str) -> tuple[str, str, str]:
    """Its name, its weights, and the task it is about, which has its name unless it says so."""
    fields = reader.mapping(item, where)
    name = reader.name(fields.get("name"), f"{where}.name")
    weights = reader.path(fields.get("weights"), f"{where}.weights")
    return name, weights, reader.name(fields.get("task", name), f"{where}.task")


def _preset(item: object, reader: JsonReader, where: str) -> Preset:
    fields = reader.mapping(item, where)
    coefficients = {}
    given = reader.mapping(fields.get("coefficients"), f"{where}.coefficients")
    for name, value in given.items():
        try:
            coefficients[name] = checked_coefficient(value, name)
        except CoefficientError as error:
            reader.problems.append(f"{where}.coefficients: {error}")
    analogy = None
    if fields.get("analogy") is not None:
        roles = reader.mapping(fields["analogy"], f"{where}.analogy")
        analogy = {role: reader.name(roles.get(role), f"{where}.analogy.{role}") for role in "abcd"}
    return Preset(
        name=reader.name(fields.get("name"), f"{where}.name"),
        title=reader.text(fields.get("title"), f"{where}.title"),
        about=reader.text(fields.get("about"), f"{where}.about"),
        coefficients=coefficients,
        focus=reader.text(fields.get("focus"), f"{where}.focus"),
        analogy=analogy,
    )


def _check_story(manifest: Manifest, reader: JsonReader) -> None:
    """What must hold between the parts: roles, vectors of tasks, presets of vectors."""
    roles = [task.role for task in manifest.tasks]
    if "target" not in roles:
        reader.problems.append("tasks: at least one must have the role target")
    if roles.count("control") != 1:
        reader.problems.append(f"tasks: one must be the control, found {roles.count('control')}")
    if roles.count("second-control") > 1:
        reader.problems.append("tasks: at most one can be the second-control")
    if "recipe" in roles or any(task.role != "recipe" for task in manifest.recipe_tasks):
        reader.problems.append("tasks: those under recipes, and only those, have the role recipe")
    if manifest.recipe_tasks and manifest.recipe_heads is None:
        reader.problems.append("recipes.heads: its tasks need a file of heads")
    of_words = any(task.head["kind"] in FILED_KINDS for task in manifest.tasks)
    if of_words and manifest.heads is None and not manifest.base.is_elsewhere:
        reader.problems.append("heads must be a file of the suite, as its base is")
    needed = [task.name for task in manifest.tasks if task.role == "target"]
    allowed = needed + [task.name for task in manifest.tasks if task.role == "auxiliary"]
    for name in needed:
        if name not in manifest.vectors:
            reader.problems.append(
                f"vectors: the target {name!r} has none; as an onlooker it would be measured "
                "without one"
            )
    for name in manifest.vectors:
        if name not in allowed:
            reader.problems.append(f"vectors: {name!r} is no target or auxiliary task")
    tasks = [task.name for task in (*manifest.tasks, *manifest.recipe_tasks)]
    for name, task in manifest.recipe_subjects.items():
        if task not in tasks:
            reader.problems.append(f"recipes.vectors: {name!r} is about no task: {task!r:.80}")
    known = [*manifest.vectors, *(f"{null}:{v}" for null in NULLS for v in manifest.vectors)]
    for preset in manifest.presets:
        analogy = preset.analogy or {}
        for name in (*preset.coefficients, preset.focus, *analogy.values()):
            if name not in known:
                reader.problems.append(f"presets: {preset.name!r} names no vector: {name!r:.80}")
    for one in manifest.tasks:
        _check_kept_head(one, manifest, reader)
    names = [preset.name for preset in manifest.presets]
    if manifest.start is not None and manifest.start not in names:
        reader.problems.append(f"start: {manifest.start!r} is no preset; there are {names}")
    check_recipe_book(
        manifest.recipes,
        tasks=tasks,
        vectors=[*manifest.vectors, *manifest.recipe_vectors],
        reader=reader,
    )
