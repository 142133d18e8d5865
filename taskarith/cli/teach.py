"""`taskarith teach`: a task of your own, learned from wherever its examples are."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from taskarith.cli.answer import Answer
from taskarith.cli.arguments import add_json, add_suite, number, parse_setting, whole_number
from taskarith.errors import TeachingError
from taskarith.tasks.encodings import ENCODINGS, UTF8
from taskarith.training.teaching.reading import HUB, Reading

if TYPE_CHECKING:
    from taskarith.training.teaching.looks import Look
    from taskarith.training.teaching.taught import Taught

__all__ = ["add_commands", "teach"]


def add_commands(commands: Any) -> None:
    """Add `teach` to the parser's commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "teach",
        help="make a task vector from examples of your own",
        description="Fine-tune the base of a suite on examples of your own and make a copy of the "
        "suite with the new task vector as a slider. PLACE is a folder, or a zip, with one folder "
        "of pictures for each class, which may be split into train, val and test; a table of "
        "texts (CSV or JSON lines) with the columns text and label, and split where you split it; "
        "world:NAME, a task of the embedded worlds; or hub:OWNER/DATASET[@SPLIT], of which one "
        "split is read. What is not split is: 3 in 10 of each class are for validation and 2 in 10 "
        "for test.",
        epilog="Try: taskarith teach --suite mini --task owl=FOLDER --way lora --rank 4",
    )
    add_suite(parser)
    parser.add_argument(
        "--task",
        required=True,
        metavar="NAME=PLACE",
        help="the new task, and where its classes are",
    )
    parser.add_argument(
        "--into", metavar="NAME", help="of the copy (default: the suite's name and the task's)"
    )
    parser.add_argument(
        "--way",
        default="blocks",
        help="blocks (the default), attention, full, lora, lp-ft (a linear probe first), car-ft "
        "(keeps which prompts a picture is near to), linearized (in the tangent space), lit (the "
        "text tower alone), both-towers, context-tokens (before every prompt); of texts also ia3 "
        "(scales alone), t-few and soft-prompt",
    )
    parser.add_argument(
        "--rank", type=whole_number(1), metavar="R", help="of LoRA's products (default: 8)"
    )
    parser.add_argument(
        "--setting", action="append", default=[], dest="given", metavar="NAME=VALUE",
        help="of the way, for example composed=product of ia3",
    )  # fmt: skip
    parser.add_argument(
        "--head",
        default="auto",
        help="what classes are told apart by: words, prototypes (means of training pictures), "
        "linear-probe, or auto (words where the base knows them; the default)",
    )
    parser.add_argument("--steps", type=whole_number(1), default=60, metavar="N")
    parser.add_argument(
        "--batch", type=whole_number(1), default=32, metavar="N", help="examples a step (32)"
    )
    parser.add_argument("--rate", type=number, help="the learning rate (default: the way's own)")
    parser.add_argument(
        "--few", type=whole_number(1), metavar="K", help="learn from K examples of each class alone"
    )
    parser.add_argument(
        "--no-anchor",
        action="store_false",
        dest="anchor",
        help="without the anchor, which keeps what the model says of other pictures",
    )
    parser.add_argument(
        "--sharpness", type=number, default=0.0, metavar="ρ",
        help="sharpness-aware minimization with this radius, for example 0.05 (default: without)",
    )  # fmt: skip
    parser.add_argument(
        "--start", action="append", default=[], metavar="TASK=λ",
        help="start from an edit in place of the pretrained model",
    )  # fmt: skip
    parser.add_argument("--seed", type=whole_number(0), default=0, metavar="N")
    _add_reading(parser)
    add_json(parser)
    parser.set_defaults(run=teach)


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """How tables, worlds and datasets are read."""
    usual = Reading()
    for name in ("text", "image", "label"):
        parser.add_argument(
            f"--{name}", default=getattr(usual, name), metavar="COLUMN",
            help=f"the column of {name}s in a table or dataset (default: {name})",
        )  # fmt: skip
    parser.add_argument(
        "--encoding", default=usual.encoding, metavar="NAME",
        help=f"what a table is written in: {', '.join(ENCODINGS)} (default: {UTF8})",
    )  # fmt: skip
    parser.add_argument("--config", metavar="NAME", help="which part of a dataset, of several")
    parser.add_argument(
        "--most", type=whole_number(1), default=usual.most, metavar="N",
        help="examples that are taken of a world or a dataset (2000)",
    )  # fmt: skip


def teach(
    *,
    suite: str,
    task: str,
    into: str | None,
    way: str,
    rank: int | None,
    given: list[str],
    head: str,
    steps: int,
    batch: int,
    rate: float | None,
    few: int | None,
    anchor: bool,
    sharpness: float,
    start: list[str],
    seed: int,
    text: str,
    image: str,
    label: str,
    encoding: str,
    config: str | None,
    most: int,
) -> Answer:
    """Teach a task, with its looks on stderr."""
    from taskarith.core import checked_coefficient
    from taskarith.training.teaching.teach import teach as teach_suite

    name, equals, place = task.partition("=")
    if not (name and equals and place):
        raise TeachingError(f"--task {task}: write NAME=PLACE, for example owl=pictures/owl")
    reading = Reading(text, image, label, encoding, config, most)
    if place.startswith(HUB):
        _tell_size(suite, place, reading)
    taught = teach_suite(
        suite,
        place,
        task=name,
        into=into,
        head=head,
        way=way,
        settings=_settings(rank, given),
        steps=steps,
        batch=batch,
        rate=rate,
        anchor=anchor,
        sharpness=sharpness,
        few=few,
        start={
            own: checked_coefficient(value, own)
            for own, value in parse_setting(start, option="--start").items()
        },
        seed=seed,
        reading=reading,
        look=_tell,
    )
    return Answer(taught.to_json(), _in_words(taught))


def _tell_size(suite: str, place: str, reading: Reading) -> None:
    """What will be fetched of a dataset, before it is."""
    from taskarith.suites import load_suite
    from taskarith.training.teaching.bounds import OWNER_BOUNDS
    from taskarith.training.teaching.datasets import look_at_dataset

    found = look_at_dataset(
        place.removeprefix(HUB),
        kind="images" if "images" in load_suite(suite).weights.family.examples else "texts",
        reading=reading,
        bounds=OWNER_BOUNDS,
    )
    print(found.in_words(), file=sys.stderr)


def _settings(rank: int | None, given: list[str]) -> dict[str, object]:
    settings: dict[str, object] = {} if rank is None else {"rank": rank}
    for words in given:
        name, equals, value = words.partition("=")
        if not equals:
            raise TeachingError(
                f"--setting {words}: write NAME=VALUE, for example composed=product"
            )
        settings[name] = value
    return settings


def _tell(look: "Look") -> None:
    loss = "" if look.loss is None else f", loss {look.loss:.3f}"
    left = f", {look.left:.0f} s left" if look.left else ""
    line = f"step {look.step} of {look.steps}{loss}: {look.task.shown()} %, control "
    print(f"{line}{look.control.shown()}{left}", file=sys.stderr)


def _in_words(taught: "Taught") -> str:
    lines = [f"Made {taught.suite} with the slider {taught.vector}: {taught.how}."]
    lines += [f"head of {taught.head}", *taught.notes]
    for task, after in taught.after.items():
        before = taught.before[task]
        lines.append(
            f"{task}: {before.shown()} at λ = 0, {after.shown()} at λ = 1 "
            f"(validation, n = {after.n})"
        )
    lines += [
        f"suggested λ = {taught.coefficient:g}: {taught.why}",
        f"{taught.moved:,} numbers moved, {taught.size:,} in the vector, {taught.seconds:.0f} s",
        f"Try: taskarith evaluate --suite {taught.suite} --set {taught.vector}="
        f"{taught.coefficient:g} --n 64",
    ]
    return "\n".join(lines)
