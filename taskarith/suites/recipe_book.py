"""The recipe book: what a suite offers to recipes beyond its targets, as its manifest says it.

Knows names and which of them belong together; nothing here opens a file or measures.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from taskarith.errors import RecipeError

__all__ = [
    "QUADRUPLE_KINDS",
    "Quadruple",
    "Reader",
    "RecipeBook",
    "Soup",
    "check_recipe_book",
    "parse_quadruple",
    "parse_recipe_book",
]

# How B relates to A: other pictures of the same classes, or other classes in the same pictures.
# A quadruple that was typed has no kind that anybody stated.
TYPED = "as given"
QUADRUPLE_KINDS = ("domain × task", "sub-population")


@dataclass(frozen=True)
class Quadruple:
    """A is to B as C is to D; names of tasks that have vectors.

    Attributes:
        relation: what B has and A has not, in a word; quadruples of one relation are no null for
            each other.

    >>> chalk = Quadruple("domain × task", "chalk", "one", "chalk-one", "two", "chalk-two")
    >>> chalk.text()
    'one : chalk-one :: two : chalk-two'
    """

    kind: str
    relation: str
    a: str
    b: str
    c: str
    d: str

    @property
    def tasks(self) -> tuple[str, str, str, str]:
        """A, B, C and D."""
        return self.a, self.b, self.c, self.d

    def text(self) -> str:
        """For people."""
        return f"{self.a} : {self.b} :: {self.c} : {self.d}"


@dataclass(frozen=True)
class Soup:
    """The vectors of several fine-tuned models of one task."""

    task: str
    ingredients: tuple[str, ...]


@dataclass(frozen=True)
class RecipeBook:
    """What the recipes of a suite are about.

    Attributes:
        analogies: the quadruples.
        patching: tasks that PAINT patches.
        patching_neutral: by patching task, a task with the same objects and no attack on them.
        shifted: tasks whose shifted versions WiSE-FT looks at, each with the vector of the model
            that it goes to.
        joint: the vector of one model fine-tuned on all targets together.
        ascent: by task, the vector of a model that gradient ascent on that task made.
        opposite: by task, the vector of a model fine-tuned on its opposite: kind speech for rude.
    """

    analogies: tuple[Quadruple, ...] = ()
    patching: tuple[str, ...] = ()
    patching_neutral: Mapping[str, str] = field(default_factory=dict)
    shifted: Mapping[str, str] = field(default_factory=dict)
    soup: Soup | None = None
    joint: str | None = None
    ascent: Mapping[str, str] = field(default_factory=dict)
    opposite: Mapping[str, str] = field(default_factory=dict)


def parse_quadruple(text: str) -> Quadruple:
    """The quadruple of four tasks "A:B::C:D"; RecipeError for anything else.

    >>> parse_quadruple("one:chalk-one::two:chalk-two").text()
    'one : chalk-one :: two : chalk-two'
    """
    names = [name.strip() for half in text.split("::") for name in half.split(":")]
    if text.count("::") != 1 or len(names) != 4 or not all(names):
        raise RecipeError(
            f"{text[:80]!r} is no analogy; write A:B::C:D, where A is to B as C is to D"
        )
    a, b, c, d = names
    if d in (a, b, c) or a == b:
        raise RecipeError(f"{text[:80]!r}: D must be none of the others, and A another one than B")
    return Quadruple(TYPED, f"{a} → {b}", a, b, c, d)


class Reader(Protocol):
    """Takes typed values out of JSON and writes down what is wrong instead of stopping."""

    problems: list[str]

    def mapping(self, value: object, where: str) -> Mapping[str, Any]:
        """An object, or an empty one."""

    def array(self, value: object, where: str) -> list[Any]:
        """A list, or an empty one."""

    def name(self, value: object, where: str) -> str:
        """A name, or "?"."""

    def choice(self, value: object, where: str, *, among: tuple[str, ...]) -> str:
        """One of `among`."""

    def unique(self, names: list[str], where: str) -> None:
        """Each name only once."""


def parse_recipe_book(data: object, reader: Reader) -> RecipeBook:
    """The book that the JSON value `data` describes; None is an empty one, as is each part."""
    if data is None:
        return RecipeBook()
    fields = reader.mapping(data, "recipes")
    known = tuple(RecipeBook.__dataclass_fields__)
    for name in fields:
        if name not in known:
            reader.problems.append(f"recipes: there is no {name!r:.40}; it has {', '.join(known)}")

    def given(key: str, empty: object) -> object:
        return empty if fields.get(key) is None else fields[key]

    joint = fields.get("joint")
    return RecipeBook(
        analogies=tuple(
            _quadruple(item, reader, f"recipes.analogies[{i}]")
            for i, item in enumerate(reader.array(given("analogies", []), "recipes.analogies"))
        ),
        patching=_names(given("patching", []), reader, "recipes.patching"),
        patching_neutral=_pairs(given("patching_neutral", {}), reader, "recipes.patching_neutral"),
        shifted=_pairs(given("shifted", {}), reader, "recipes.shifted"),
        soup=_soup(fields["soup"], reader) if fields.get("soup") is not None else None,
        joint=reader.name(joint, "recipes.joint") if joint is not None else None,
        ascent=_pairs(given("ascent", {}), reader, "recipes.ascent"),
        opposite=_pairs(given("opposite", {}), reader, "recipes.opposite"),
    )


def check_recipe_book(
    book: RecipeBook, *, tasks: Collection[str], vectors: Collection[str], reader: Reader
) -> None:
    """Write down every name in `book` that is no task or no vector where it must be one."""
    needed_tasks = {
        "analogies": [name for quadruple in book.analogies for name in quadruple.tasks],
        "patching": book.patching,
        "patching_neutral": [*book.patching_neutral, *book.patching_neutral.values()],
        "shifted": book.shifted,
        "soup": [book.soup.task] if book.soup else [],
        "ascent": book.ascent,
        "opposite": book.opposite,
    }
    needed_vectors = {
        "analogies": needed_tasks["analogies"],
        "patching": book.patching,
        "shifted": book.shifted.values(),
        "soup": book.soup.ingredients if book.soup else [],
        "joint": [book.joint] if book.joint else [],
        "ascent": book.ascent.values(),
        "opposite": book.opposite.values(),
    }
    for kind, needed, there in (("task", needed_tasks, tasks), ("vector", needed_vectors, vectors)):
        for part, names in needed.items():
            missing = [name for name in dict.fromkeys(names) if name not in there]
            if missing:
                reader.problems.append(f"recipes.{part} names no {kind}: {', '.join(missing)}")


def _quadruple(item: object, reader: Reader, where: str) -> Quadruple:
    fields = reader.mapping(item, where)
    kind = reader.choice(fields.get("kind"), f"{where}.kind", among=QUADRUPLE_KINDS)
    relation = reader.name(fields.get("relation"), f"{where}.relation")
    a, b, c, d = (reader.name(fields.get(letter), f"{where}.{letter}") for letter in "abcd")
    if d in (a, b, c) or a == b:
        reader.problems.append(f"{where}: D must differ from A, B and C, and A from B")
    return Quadruple(kind, relation, a, b, c, d)


def _soup(data: object, reader: Reader) -> Soup:
    fields = reader.mapping(data, "recipes.soup")
    ingredients = _names(fields.get("ingredients"), reader, "recipes.soup.ingredients")
    if len(ingredients) < 2:
        reader.problems.append("recipes.soup.ingredients: a soup needs at least two")
    return Soup(reader.name(fields.get("task"), "recipes.soup.task"), ingredients)


def _names(data: object, reader: Reader, where: str) -> tuple[str, ...]:
    names = [reader.name(item, f"{where}[{i}]") for i, item in enumerate(reader.array(data, where))]
    reader.unique(names, where)
    return tuple(names)


def _pairs(data: object, reader: Reader, where: str) -> dict[str, str]:
    pairs = reader.mapping(data, where)
    return {
        reader.name(key, where): reader.name(value, f"{where}.{key}")
        for key, value in pairs.items()
    }
