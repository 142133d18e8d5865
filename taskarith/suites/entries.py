"""The parts of a manifest that may lead elsewhere: the base, weights, and pictures of the Hub.

Checks their form and collects problems; whether anything is there is seen when it is needed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from taskarith.errors import SourceError, TaskArithError
from taskarith.heads.describing import HEAD_KINDS, metric_of
from taskarith.models.registry import KINDS
from taskarith.sources import parse_reference
from taskarith.sources.packages import PLACE
from taskarith.suites.library import library_task
from taskarith.suites.recipe_book import Reader
from taskarith.tasks.metric import Metric
from taskarith.tasks.picture_cache import MAX_PICTURES
from taskarith.tasks.task import SPLITS, ZERO_SHOT

__all__ = [
    "Base",
    "EntryReader",
    "check_folder_data",
    "check_hub_data",
    "parse_base",
    "parse_head",
    "parse_weights",
    "used_task",
]

SHA256 = re.compile(r"[0-9a-f]{64}")
DATASET = re.compile(r"([A-Za-z0-9][\w.-]{0,95}/)?[A-Za-z0-9][\w.-]{0,95}")
WORD = re.compile(r"[\w][\w./-]{0,199}")
MAX_SIDE = 1024


class EntryReader(Reader, Protocol):
    """What parsing needs of the manifest's reader."""

    def text(self, value: object, where: str) -> str:
        """A text that is not empty."""

    def path(self, value: object, where: str) -> str:
        """A path inside the suite."""


@dataclass(frozen=True)
class Base:
    """Where θ₀ is: files inside the suite's folder, or a reference to a model elsewhere.

    Attributes:
        kind: what its family calls it.
        config, weights, vocabulary: paths inside the suite's folder; empty for one elsewhere.
        source: reference to a repository or folder with weights, configuration and tokenizer.
        model, pretrained: its library's own names, in place of a source, or for what the one
            given holds.
        image_size: side of the squares it takes, where somebody said so: its own files must agree.
        package: "package/folder" of an installed Python package that may hold the same weights.
        sha256: of the file of the weights, wherever it comes from; with it the suite is the same
            from every place.
        neutral: path inside the suite's folder of parameters beside its own (see
            `models.adapter_space`); empty for none.
    """

    kind: str
    config: str = ""
    weights: str = ""
    vocabulary: str = ""
    source: str | None = None
    model: str | None = None
    pretrained: str | None = None
    image_size: int | None = None
    package: str = ""
    sha256: str = ""
    neutral: str = ""

    @property
    def is_elsewhere(self) -> bool:
        """Whether the weights are no file of the suite."""
        return not self.weights

    def __str__(self) -> str:
        return self.weights or self.source or f"{self.model} {self.pretrained}"


def parse_base(value: object, reader: EntryReader) -> Base:
    """The base that a manifest's JSON value describes."""
    fields = reader.mapping(value, "base")
    base = _own_base(fields, reader)
    if fields.get("neutral") is None:
        return base
    return replace(base, neutral=reader.path(fields["neutral"], "base.neutral"))


def _own_base(fields: Mapping[str, Any], reader: EntryReader) -> Base:
    kind = reader.choice(fields.get("kind"), "base.kind", among=tuple(KINDS))
    if KINDS[kind].inside and not {"source", "model"} & set(fields):
        return Base(
            kind=kind,
            config=reader.path(fields.get("config"), "base.config"),
            weights=reader.path(fields.get("weights"), "base.weights"),
            vocabulary=reader.path(fields.get("vocabulary"), "base.vocabulary"),
        )
    size = fields.get("image_size")
    if size is not None and (
        isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MAX_SIDE
    ):
        reader.problems.append(f"base.image_size: {size!r:.40} must be a number up to {MAX_SIDE}")
        size = None
    if KINDS[kind].named and fields.get("model") is not None:
        given = fields.get("source")
        return Base(
            kind=kind,
            source=None if given is None else _reference(given, reader, "base.source"),
            model=reader.text(fields["model"], "base.model"),
            pretrained=reader.text(fields.get("pretrained"), "base.pretrained"),
            image_size=size,
        )
    source = _reference(fields.get("source"), reader, "base.source")
    package, sha256 = fields.get("package", ""), fields.get("sha256", "")
    if package and not (isinstance(package, str) and PLACE.fullmatch(package)):
        reader.problems.append(f"base.package: {package!r:.80} is no package/folder")
        package = ""
    if (package or sha256) and not (isinstance(sha256, str) and SHA256.fullmatch(sha256)):
        reader.problems.append(f"base.sha256: {sha256!r:.80} is no sha256 of the weights")
        package = sha256 = ""
    return Base(kind=kind, source=source, image_size=size, package=package, sha256=sha256)


def parse_head(
    fields: Mapping[str, Any], reader: EntryReader, where: str
) -> tuple[dict[str, Any], Metric]:
    """A task's head, zero-shot unless it says another, and what its examples are counted by.

    The metric is the head's own; a "metric" of the task gives it a title of the task's.
    """
    head = dict(reader.mapping(fields.get("head", {"kind": ZERO_SHOT}), f"{where}.head"))
    head["kind"] = reader.choice(head.get("kind"), f"{where}.head.kind", among=HEAD_KINDS)
    told = head.get("knowledge", [])
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
        reader.problems.append(f"{where}.head.knowledge must be a list of sentences, one a class")
        head.pop("knowledge")
    metric = metric_of(head["kind"])
    given = fields.get("metric")
    if given is not None:
        described = reader.mapping(given, f"{where}.metric")
        if set(described) - {"title"}:
            reader.problems.append(
                f"{where}.metric: a head of the kind {head['kind']!r} is counted by "
                f"{metric.name!r}; a metric can only be given another title"
            )
        title = reader.text(described.get("title", metric.title), f"{where}.metric.title")
        metric = replace(metric, title=title)
    return head, metric


def parse_weights(fields: Mapping[str, Any], reader: EntryReader, where: str) -> str:
    """A vector's weights: a path inside the suite ("weights"), or a reference ("source")."""
    if fields.get("source") is not None:
        return _reference(fields["source"], reader, f"{where}.source")
    return reader.path(fields.get("weights"), f"{where}.weights")


def used_task(fields: Mapping[str, Any], reader: EntryReader, where: str) -> Mapping[str, Any]:
    """A task's fields, with those of the shared task that it uses under its own."""
    if fields.get("use") is None:
        return fields
    try:
        return {**library_task(fields["use"]), **fields}
    except TaskArithError as error:
        reader.problems.append(f"{where}.use: {error}")
        return fields


def check_hub_data(data: Mapping[str, Any], reader: EntryReader, where: str) -> None:
    """The data of a task whose pictures, or texts where it names their column, are on the Hub.

    `images` (or `texts`) may be null: all of a split, which is refused where it has more than
    `MAX_PICTURES`.
    """
    name = data.get("dataset")
    if not isinstance(name, str) or not DATASET.fullmatch(name) or ".." in name:
        reader.problems.append(f"{where}.dataset: {name!r:.80} is no name of a dataset")
    for key in ("config", "revision", "image", "text", "second", "label", "answer"):
        value = data.get(key)
        if value is not None and not (isinstance(value, str) and WORD.fullmatch(value)):
            reader.problems.append(f"{where}.{key}: {value!r:.80} is no name")
    for key in ("images", "texts"):
        most = data.get(key)
        if most is not None and (
            isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= MAX_PICTURES
        ):
            reader.problems.append(
                f"{where}.{key}: {most!r:.40} must be a number of {key}, up to {MAX_PICTURES:,}"
            )
    prompt = data.get("prompt")
    if prompt is not None and not (isinstance(prompt, str) and re.search(r"\{\w+\}", prompt)):
        reader.problems.append(f"{where}.prompt: {prompt!r:.80} has no column's name in braces")
    labels = data.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(name, str) for name in labels):
        reader.problems.append(f"{where}.labels must be a list of names")
    splits = reader.mapping(data.get("splits"), f"{where}.splits")
    for split, rule in splits.items():
        fields = reader.mapping(rule, f"{where}.splits.{split}")
        if split not in SPLITS:
            reader.problems.append(f"{where}.splits: {split!r:.40} is none of {', '.join(SPLITS)}")
        reader.text(fields.get("from"), f"{where}.splits.{split}.from")
        if fields.get("tenth") not in (None, True, False):
            reader.problems.append(f"{where}.splits.{split}.tenth must be true or false")


def check_folder_data(data: Mapping[str, Any], reader: EntryReader, where: str) -> None:
    """The data of a task whose pictures lie in class folders: their names, and a seed."""
    seed, folders = data.get("seed"), data.get("folders", [])
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        reader.problems.append(f"{where}.seed: {seed!r:.40} must be a whole number from 0 on")
    if not isinstance(folders, list) or not all(isinstance(name, str) for name in folders):
        reader.problems.append(f"{where}.folders must be a list of names")


def _reference(value: object, reader: EntryReader, where: str) -> str:
    """A full reference, which always has a colon in it, as no path inside a suite has."""
    text = reader.text(value, where)
    try:
        return str(parse_reference(text))
    except SourceError as error:
        reader.problems.append(f"{where}: {error}")
        return "hub:unreadable/reference"
