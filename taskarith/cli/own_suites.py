"""`taskarith suites create` and `extend`: suites of your own."""

import argparse
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from taskarith.cli.answer import Answer
from taskarith.cli.arguments import add_json, whole_number
from taskarith.cli.fetching import add_yes, agreed, progress_bar
from taskarith.errors import AssetError

__all__ = ["add_making_verbs", "create", "extend"]


def add_making_verbs(verbs: Any) -> None:
    """Add `create` and `extend` to the verbs of `suites`."""
    _add_create(verbs)
    _add_extend(verbs)


def _add_extend(verbs: Any) -> None:
    verb: argparse.ArgumentParser = verbs.add_parser(
        "extend",
        help="make a suite with task vectors or tasks more, or another control",
        description="Make the suite NAME: another one, with task vectors more, tasks that are only "
        "measured, or another control. What each vector was trained on is TASK=task:OTHER for the "
        "pictures of a task that the suite has, or as for `suites create`. For several vectors "
        "give --vector and --task as often, in the same order. The other suite stays as it is.",
        epilog="Try: taskarith suites extend clip-vit-base-patch32 my-suite "
        "--vector owner/finetuned --task mnist-2=task:mnist",
    )
    verb.add_argument("suite", help="name of a suite, or path of its folder")
    verb.add_argument("name", metavar="NAME", help="of the new suite")
    verb.add_argument("--vector", action="append", default=[], dest="vectors", metavar="REF")
    verb.add_argument("--task", action="append", default=[], dest="tasks", metavar="TASK=SOURCE")
    verb.add_argument(
        "--onlooker", action="append", default=[], dest="onlookers", metavar="TASK=SOURCE",
        help="a task that is measured without a vector and has no slider",
    )  # fmt: skip
    verb.add_argument(
        "--control",
        metavar="TASK[=SOURCE]",
        help="in place of the suite's own, for example imagenet where your HF_TOKEN may read it",
    )
    verb.add_argument(
        "--classnames",
        action="append",
        default=[],
        metavar="FILE",
        help="one class name a line; TASK=FILE for one of several tasks",
    )
    _add_class_options(verb)
    add_yes(verb)
    add_json(verb)
    verb.set_defaults(run=extend)


def _add_create(verbs: Any) -> None:
    verb: argparse.ArgumentParser = verbs.add_parser(
        "create",
        help="write a suite of your own",
        description="Write FOLDER/manifest.json from a base, vectors and tasks, and add it. A task "
        "is NAME=shared for one that comes with the project, NAME=hub:owner/dataset[@split] or "
        "NAME=PATH of a folder of class folders inside FOLDER. A control that is only a name comes "
        "with the project. A task without a --vector is measured and has no slider. A task of "
        "texts is NAME=TABLE, a CSV or JSON lines file inside FOLDER, or a dataset whose column of "
        "texts --text names; --head says what answers it. NAME=lm-eval:TASK is a task of "
        "lm-evaluation-harness, where that is installed.",
        epilog="Try: taskarith suites create my-suite --base openai/clip-vit-base-patch32 "
        "--task mnist=shared --vector mnist=hub:tanganke/clip-vit-base-patch32_mnist "
        "--control tiny-imagenet. Or: taskarith suites create my-texts --base owner/base "
        "--vector code=owner/code-model --task code=code.csv --head code=label-likelihood "
        "--control wiki=hub:Salesforce/wikitext --config wiki=wikitext-103-raw-v1 "
        "--text wiki=text --head wiki=language-modelling",
    )
    verb.add_argument("folder", type=Path, metavar="FOLDER", help="its last part is the name")
    verb.add_argument(
        "--base", required=True, metavar="REF",
        help="a reference, or OpenCLIP's names: open_clip:MODEL/TAG, as open_clip:ViT-B-32/openai",
    )  # fmt: skip
    verb.add_argument(
        "--kind", help="what a manifest calls such a base (default: what its own files say)"
    )
    verb.add_argument(
        "--image-size", type=whole_number(1), metavar="N",
        help="side of the pictures that the base takes (default: what its own files say)",
    )  # fmt: skip
    verb.add_argument("--task", action="append", default=[], dest="tasks", metavar="NAME=SOURCE")
    verb.add_argument("--vector", action="append", default=[], dest="vectors", metavar="TASK=REF")
    verb.add_argument("--control", required=True, metavar="NAME[=SOURCE]")
    _add_text_options(verb)
    verb.add_argument(
        "--classnames",
        action="append",
        default=[],
        metavar="TASK=FILE",
        help="a text file with one class name a line, in label order",
    )
    _add_class_options(verb)
    add_json(verb)
    verb.set_defaults(run=create)


def _add_class_options(verb: argparse.ArgumentParser) -> None:
    """What new tasks' classes are told apart by, and where their validation comes from."""
    verb.add_argument(
        "--template", action="append", default=[], dest="templates", metavar="TEXT",
        help="a prompt with {} for the class name (default: 'a photo of a {}.')",
    )  # fmt: skip
    verb.add_argument(
        "--head", action="append", default=[], dest="heads", metavar="[TASK=]KIND",
        help="what classes are told apart by: words (prompts; the default), prototypes (means of "
        "training examples) or linear-probe; of texts also label-likelihood, generation, "
        "language-modelling, checkpoint (its own head), regression (its own, one score) or number "
        "(written; held against the --answer by rank); of one task, or of all that are new",
    )  # fmt: skip
    verb.add_argument(
        "--alike", action="store_true",
        help="make it although words tell some of its classes not apart",
    )  # fmt: skip
    verb.add_argument(
        "--validation-seed", type=whole_number(0), metavar="SEED",
        help="draw validation from the training pictures of folders that come without",
    )  # fmt: skip


# What names a column, or a part, of a task of texts, and what it is for.
COLUMNS = {
    "second": "the second text of a pair",
    "label": "the label (default: label)",
    "answer": "the right answer in words",
}


def _add_text_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--text", action="append", default=[], dest="texts", metavar="TASK=COLUMN",
        help="the column of a dataset's texts, or a prompt with columns in braces",
    )  # fmt: skip
    for name, what in COLUMNS.items():
        verb.add_argument(
            f"--{name}", action="append", default=[], dest=f"{name}s", metavar="TASK=COLUMN",
            help=f"the column of {what}, of a task of texts",
        )  # fmt: skip
    verb.add_argument(
        "--config", action="append", default=[], dest="configs", metavar="TASK=NAME",
        help="which part of a dataset, where it has several",
    )  # fmt: skip


def create(
    *,
    folder: Path,
    base: str,
    kind: str | None,
    image_size: int | None,
    validation_seed: int | None,
    tasks: list[str],
    vectors: list[str],
    control: str,
    classnames: list[str],
    templates: list[str],
    heads: list[str],
    alike: bool,
    texts: list[str],
    seconds: list[str],
    labels: list[str],
    answers: list[str],
    configs: list[str],
) -> Answer:
    """Write a manifest and add it."""
    from taskarith.suites import load_suite
    from taskarith.suites.home import add_folder
    from taskarith.suites.making.base_kind import kind_of_base
    from taskarith.suites.making.creating import TEMPLATES, create_suite, task_entry, task_notes
    from taskarith.suites.making.inspection import check_reading, look_at_vectors
    from taskarith.suites.making.text_tasks import is_of_texts, text_task_entry
    from taskarith.suites.suite import is_installed

    words = {task: _lines(Path(file)) for task, file in _pairs(classnames).items()}
    text_of = _pairs(texts)
    columns: dict[str, dict[str, str]] = {}
    given = {"second": seconds, "label": labels, "answer": answers, "config": configs}
    for part, settings in given.items():
        for task, value in _pairs(settings).items():
            columns.setdefault(task, {})[part] = value

    def entry(pair: tuple[str, str]) -> dict[str, Any]:
        name, source = pair
        if name in text_of or is_of_texts(source):
            return text_task_entry(
                name,
                source,
                folder=folder,
                head=_head_of(name, heads),
                text=text_of.get(name, "text"),
                classnames=words.get(name),
                columns=columns.get(name),
            )
        if name in columns:
            raise AssetError(f"{name} is a task of pictures; name its column of texts with --text")
        return task_entry(
            *pair,
            folder=folder,
            classnames=words.get(pair[0]),
            templates=templates or TEMPLATES,
            seed=validation_seed,
            head=_head_of(pair[0], heads),
        )

    name = folder.resolve().name
    if is_installed(name):
        raise AssetError(f"there is a suite {name!r} already; choose another name for the folder")
    [control_pair] = _pairs([_with_source(control)]).items()
    there = {*_pairs(tasks), control_pair[0]}
    _check_named(there, classnames=classnames, heads=heads)
    for task in sorted({*text_of, *columns} - there):
        raise AssetError(f"there is no --task or --control {task!r} whose texts were described")
    entries = [entry(pair) for pair in _pairs(tasks).items()]
    other = entry(control_pair)
    create_suite(
        folder,
        name=name,
        base=base,
        kind=kind or kind_of_base(base),
        image_size=image_size,
        tasks=entries,
        vectors=_pairs(vectors),
        control=other,
    )
    with _unwritten_where_refused(folder):
        check_reading(load_suite(folder))
        look_at_vectors(load_suite(folder))
        notes = _words_of(folder, (*entries, other), alike=alike)
        add_folder(folder, taken=is_installed)
    found = {e.get("name") or e["use"]: task_notes(e, folder=folder) for e in (*entries, other)}
    for task in load_suite(folder).onlookers:
        found[task] = [*found[task], "measured, without a slider, as no --vector is about it"]
    notes = [f"{task}: {'; '.join(said)}" for task, said in found.items() if said] + notes
    said = f"Wrote {folder / 'manifest.json'} and added {name}. Try: taskarith suites pull {name}"
    return Answer(
        {"suite": name, "manifest": str(folder / "manifest.json"), "found": notes},
        "\n".join([*notes, said]),
    )


def extend(
    *,
    suite: str,
    name: str,
    vectors: list[str],
    tasks: list[str],
    onlookers: list[str],
    control: str | None,
    classnames: list[str],
    templates: list[str],
    heads: list[str],
    alike: bool,
    validation_seed: int | None,
    yes: bool,
) -> Answer:
    """Make a suite with task vectors or tasks more, or another control, after one question."""
    from taskarith.sources.plan import size_text
    from taskarith.suites import load_suite
    from taskarith.suites.making.assembling import assemble
    from taskarith.suites.making.creating import TEMPLATES
    from taskarith.suites.making.planning import Asked, AskedTask, AskedVector, plan_assembly

    if len(tasks) != len(vectors):
        raise AssetError(
            f"there are {len(vectors)} vectors for {len(tasks)} tasks; give each --vector a --task"
        )
    new = {
        *_pairs([*tasks, *onlookers]),
        *([] if control is None else _pairs([_with_source(control)])),
    }
    _check_named(new, classnames=classnames, heads=heads)
    words = {}  # by task; those of all tasks by ""
    for text in classnames:
        task, _, file = text.rpartition("=")
        words[task] = tuple(_lines(Path(file)))

    def asked_task(setting: str) -> AskedTask:
        [(own, source)] = _pairs([setting]).items()
        names = words.get(own, words.get("", ()))
        return AskedTask(
            own,
            source,
            names,
            tuple(templates) or TEMPLATES,
            head=_head_of(own, heads),
            seed=validation_seed,
        )

    wanted = [
        AskedVector(vector, asked_task(task)) for vector, task in zip(vectors, tasks, strict=True)
    ]
    other = None if control is None else asked_task(_with_source(control))
    asked = Asked(
        name,
        tuple(wanted),
        start=load_suite(suite),
        onlookers=tuple(map(asked_task, onlookers)),
        control=other,
        alike=alike,
    )
    assembly = plan_assembly(asked)
    if assembly.to_fetch:
        lines = [f"{plan.reference}: {plan.describe()}" for plan in assembly.plans]
        if len(lines) > 1:
            lines.append(f"together {size_text(sum(plan.size for plan in assembly.plans))}")
        agreed("\n".join(lines), yes=yes)
    found = assemble(assembly, report=progress_bar(assembly.to_fetch))
    own_names = [task.name for task in assembly.asked.tasks]
    made = load_suite(name)
    new_names = [task.name for task in (*asked.tasks, *asked.onlookers)]
    text = f"Made {name} of {suite}, with {', '.join(new_names) or 'the control ' + made.control}:"
    data = {"suite": name, "vectors": own_names, "control": made.control, "found": found}
    return Answer(data, "\n".join([text, *found]))


@contextmanager
def _unwritten_where_refused(folder: Path) -> Iterator[None]:
    """A manifest that was just written goes again where what it says is refused."""
    try:
        yield
    except BaseException:
        (folder / "manifest.json").unlink(missing_ok=True)
        raise


def _words_of(folder: Path, entries: Sequence[dict[str, Any]], *, alike: bool) -> list[str]:
    """What the words of new tasks are worth, where the base is here to tell."""
    from taskarith.suites import load_suite
    from taskarith.suites.making.wording import check_words
    from taskarith.suites.references import is_pulled

    suite = load_suite(folder)
    base = suite.weights.reference
    if base is not None and not is_pulled(base):
        return []
    own = [entry["name"] for entry in entries if "use" not in entry]
    return [f"{name}: {said}" for name in own for said in check_words(suite, name, anyway=alike)]


def _check_named(tasks: Collection[str], *, classnames: list[str], heads: list[str]) -> None:
    """AssetError for words or a head of a task that is not there."""
    for option, texts in (("--classnames", classnames), ("--head", heads)):
        for text in texts:
            task = text.rpartition("=")[0]
            if task and task not in tasks:
                raise AssetError(
                    f"{option} {text}: there is no new task {task!r}; there are "
                    f"{', '.join(sorted(tasks))}"
                )


def _head_of(task: str, heads: Sequence[str]) -> str:
    """The head that --head says for a task: its own, else that of all."""
    by_task = {text.rpartition("=")[0]: text.rpartition("=")[2] for text in heads}
    return by_task.get(task, by_task.get("", "words"))


def _with_source(task: str) -> str:
    """A task that is only a name comes with the project."""
    return task if "=" in task else f"{task}=shared"


def _pairs(settings: list[str]) -> dict[str, str]:
    pairs = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not (name and equals and value):
            raise AssetError(f"{setting!r}: write NAME=VALUE, for example mnist=shared")
        pairs[name] = value
    return pairs


def _lines(path: Path) -> list[str]:
    try:
        return [
            line.strip()
            for line in path.read_text(encoding="utf-8-sig").splitlines()
            if line.strip()
        ]
    except (OSError, ValueError) as error:
        raise AssetError(f"could not read the class names in {path}: {error}") from error
