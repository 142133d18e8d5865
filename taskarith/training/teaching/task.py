"""A task of your own as a suite has it: its pictures or texts as files, and its manifest's entry.

Knows files and words. Which head suits its classes is chosen here, by what the base's words know.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from taskarith.errors import AssetError, TeachingError
from taskarith.heads.describing import EXAMPLE_KINDS
from taskarith.heads.zero_shot import alike, build_head
from taskarith.models.tokenizer import WordTokenizer
from taskarith.suites.making.creating import WORDS, head_entry, task_entry
from taskarith.suites.suite import Suite
from taskarith.training.teaching.examples import open_picture
from taskarith.training.teaching.splitting import Gathered

__all__ = ["AUTO", "HEADS", "chosen_head", "write_task"]

AUTO = "auto"
HEADS = (AUTO, WORDS, *EXAMPLE_KINDS)
LIKELIHOOD = "label-likelihood"
TEMPLATES = ("a picture of a {}",)
SIDE = 512  # pixels: what is larger is made smaller before it is kept
FOLDERS: Mapping[str, str] = {"train": "train", "validation": "val", "test": "test"}


def chosen_head(suite: Suite, classnames: Sequence[str], asked: str) -> tuple[str, str]:
    """The kind of head for these classes, and why, in words.

    Where nothing is asked for ("auto") it is made of words if the base has a text tower, knows
    every word and tells the classes apart by them; of examples (prototypes) otherwise. Raises
    TeachingError for words that tell some of the classes not apart.
    """
    if asked not in HEADS:
        raise TeachingError(f"there is no head {asked[:40]!r}; there are {', '.join(HEADS)}")
    if asked in EXAMPLE_KINDS:
        return asked, f"{asked}, as asked for"
    if "images" not in suite.weights.family.examples:
        return _text_head(suite, classnames, asked)
    model = suite.model()
    tokenizer = model.tokenizer
    unknown = tokenizer.unknown(classnames) if isinstance(tokenizer, WordTokenizer) else []
    pairs = [] if unknown else alike(build_head(model, classnames, TEMPLATES))
    if not unknown and not pairs:
        return WORDS, "words: the base knows the names of all classes"
    why = f"the base does not know {', '.join(map(repr, unknown[:5]))}"
    if pairs:
        first, second = pairs[0]
        why = f"words tell {classnames[first]!r} and {classnames[second]!r} not apart"
    if asked == WORDS and pairs:
        raise TeachingError(f"{why}; take prototypes or linear-probe, or other names")
    if asked == WORDS:
        return WORDS, f"words, as asked for, although {why}"
    return "prototypes", f"prototypes: {why}"


def _text_head(suite: Suite, classnames: Sequence[str], asked: str) -> tuple[str, str]:
    """For texts: an encoder tells classes apart by examples, a language model by their names."""
    model = suite.model()
    if hasattr(model, "encode_texts"):
        if asked == WORDS:
            raise TeachingError("an encoder of texts tells classes apart by examples; take those")
        return "prototypes", "prototypes: means of the texts' embeddings"
    named = model.continuations([f" {name}" for name in classnames])
    if len(set(map(tuple, named))) < len(named):
        raise TeachingError("the base has the same words for two classes; call them otherwise")
    return LIKELIHOOD, "words: how likely the name of each class is after the text"


def write_task(
    found: Gathered, *, name: str, title: str, head: str, folder: Path
) -> dict[str, Any]:
    """Write the examples into the new suite's `folder`; gives the manifest's entry of the task.

    Raises AssetError for a picture that cannot be read, by its number and class.
    """
    if found.kind == "texts":
        entry = _texts(found, name=name, folder=folder)
    else:
        place = folder / "pictures" / name
        _write_pictures(found, place)
        entry = task_entry(
            name, str(place), folder=folder, classnames=found.classnames, templates=TEMPLATES
        )
    described = {"head": {"kind": head}} if head == LIKELIHOOD else head_entry(head)
    return {**entry, **described, "name": name, "title": title}


def _write_pictures(found: Gathered, place: Path) -> None:
    digits = len(str(len(found.classnames)))
    for split, pictures in found.splits.items():
        for number, (picture, label) in enumerate(pictures):
            called = found.classnames[label]
            what = f"picture {number + 1} of {called!r} ({split})"
            if isinstance(picture, Path | str):
                what = f"{Path(picture).name} of {called!r}"
            colours = open_picture(picture, what=what)
            colours.thumbnail((SIDE, SIDE))
            # Folders sort as the classes do, so that labels stay what they are.
            own = f"{label:0{digits}}-{re.sub(r'[^a-z0-9]+', '-', called.lower()).strip('-')[:40]}"
            path = place / FOLDERS[split] / own / f"{number:05}.png"
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                colours.save(path)
            except OSError as error:
                raise AssetError(
                    f"could not keep {what}: {error.strerror or error}; make room"
                ) from error


def _texts(found: Gathered, *, name: str, folder: Path) -> dict[str, Any]:
    path = folder / "texts" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "split"])
        for split, texts in found.splits.items():
            writer.writerows(
                [text.strip(), found.classnames[label], split] for text, label in texts
            )
    return {
        "classnames": list(found.classnames),
        "templates": ["{}"],
        "data": {"kind": "table", "path": path.relative_to(folder).as_posix()},
    }
