r"""Patterns that name layers, as adapters' configurations have them, matched without backtracking.

A regular expression from a stranger can keep Python's own matcher busy for ever, and everybody
else with it. What configurations really use is read here: plain characters, `.`, escaped
characters, `\d`, `[0-9]`, `*`, `+` and `?` after one of them, `(a|b)`, `^` in front and `$` at the
end. Anything else is refused. A match costs one step for each character of the name, whatever the
pattern.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from taskarith.errors import WeightsError

__all__ = ["LayerPattern"]

MAX_LENGTH = 300  # characters of a pattern
MAX_PLACES = 2_000  # characters of all that a pattern's alternatives spell out
MAX_REPEATS = 10  # in each alternative: optional places are passed over one by one
MAX_DEPTH = 10  # of brackets in brackets
DIGITS = frozenset("0123456789")
CLASS = re.compile(r"\[((?:[A-Za-z0-9_](?:-[A-Za-z0-9_])?)+)\]")
SPECIAL = set("*+?{}()[]|^$\\")


@dataclass(frozen=True)
class _Place:
    """What one character of a name may be (None: anything), and how often it stands there."""

    characters: frozenset[str] | None
    optional: bool = False
    repeated: bool = False


_Word = tuple[_Place | str, ...]  # a text is an anchor: "^" or "$"


class LayerPattern:
    r"""A pattern of layers' names, which fits a name as PEFT looks it up: `(.*\.)?(pattern)$`.

    Raises WeightsError where `text` is more than this reader takes.

    >>> pattern = LayerPattern(r"layers\.(0|1\d)\..*_proj")
    >>> pattern.fits("model.layers.12.mlp.up_proj"), pattern.fits("model.layers.2.mlp.up_proj")
    (True, False)
    """

    def __init__(self, text: str) -> None:
        words = _Reader(text).words()
        # All words stand side by side, each with an end of its own that no character moves past.
        # Bit i is the state "the rest of the name, from its end, was spelled up to place i".
        self._starts = self._ends = self._whole = self._optional = self._repeated = 0
        spelled: defaultdict[frozenset[str] | None, int] = defaultdict(int)
        bit = 1
        for word in words:
            self._starts |= bit
            places = [part for part in reversed(word) if isinstance(part, _Place)]
            for place in places:
                spelled[place.characters] |= bit
                self._optional |= bit * place.optional
                self._repeated |= bit * place.repeated
                bit <<= 1
            self._ends |= bit
            self._whole |= bit * ("^" in word)
            bit <<= 1
        self._anything = spelled.pop(None, 0)
        self._spelled: dict[str, int] = {}
        for characters, bits in spelled.items():
            for character in characters or ():
                self._spelled[character] = self._spelled.get(character, self._anything) | bits

    def fits(self, name: str) -> bool:
        """Whether the pattern spells `name`, or the end of it after a dot."""
        state = self._passed(self._starts)
        for character in reversed(name):
            if character == "." and state & self._ends & ~self._whole:
                return True
            spelled = state & self._spelled.get(character, self._anything)
            state = self._passed(spelled << 1 | spelled & self._repeated)
            if not state:
                return False
        return bool(state & self._ends)

    def _passed(self, state: int) -> int:
        """`state`, and what it becomes when places that may be empty are passed over."""
        while more := (state & self._optional) << 1 & ~state:
            state |= more
        return state


class _Reader:
    """Reads a pattern into the words it stands for, each a row of places."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.depth = 0
        if len(text) > MAX_LENGTH:
            self._refuse()

    def words(self) -> list[_Word]:
        """Every word, with its anchors where they belong."""
        words = self._alternatives()
        if self.position < len(self.text):
            self._refuse()
        for word in words:
            repeats = sum(isinstance(p, _Place) and (p.optional or p.repeated) for p in word)
            if repeats > MAX_REPEATS or "^" in word[1:] or "$" in word[:-1]:
                self._refuse()
        return words

    def _alternatives(self) -> list[_Word]:
        words = self._sequence()
        while self._takes("|"):
            words += self._sequence()
            if _length(words) > MAX_PLACES:
                self._refuse()
        return words

    def _group(self) -> list[_Word]:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._refuse()
        words = self._alternatives()
        if not self._takes(")") or self._quantified():
            self._refuse()
        self.depth -= 1
        return words

    def _sequence(self) -> list[_Word]:
        words: list[_Word] = [()]
        while self.position < len(self.text) and self.text[self.position] not in "|)":
            is_group = self._takes("(?:") or self._takes("(")
            parts: list[_Word] = self._group() if is_group else [(self._part(),)]
            if _length(words) * len(parts) + _length(parts) * len(words) > 2 * MAX_PLACES:
                self._refuse()
            words = [word + part for word in words for part in parts]
        return words

    def _part(self) -> _Place | str:
        """An anchor, or one place with what stands behind it."""
        for anchor in "^$":
            if self._takes(anchor):
                return anchor
        characters = self._characters()
        sign = self.text[self.position : self.position + 1]
        if sign not in ("*", "+", "?"):
            return _Place(characters)
        self.position += 1
        if self._quantified():
            self._refuse()
        return _Place(characters, optional=sign in "*?", repeated=sign in "*+")

    def _characters(self) -> frozenset[str] | None:
        if self._takes("."):
            return None
        if self._takes(r"\d"):
            return DIGITS
        if found := CLASS.match(self.text, self.position):
            self.position = found.end()
            return frozenset(_spelled(found[1])) or self._refuse()
        if self._takes("\\"):
            character = self.text[self.position : self.position + 1]
            if not character or character.isalnum():  # a class or a code, not a character
                self._refuse()
        else:
            character = self.text[self.position]
            if character in SPECIAL:
                self._refuse()
        self.position += 1
        return frozenset(character)

    def _quantified(self) -> bool:
        return self.text[self.position : self.position + 1] in set("*+?{")

    def _takes(self, text: str) -> bool:
        found = self.text.startswith(text, self.position)
        self.position += len(text) * found
        return found

    def _refuse(self) -> NoReturn:
        raise WeightsError(
            f"the adapter names layers by the pattern {self.text[:80]!r}, which is too intricate: "
            r"plain names, '.', '\d', '[0-9]', '*', '+', '?' and (a|b) are read. Name the layers "
            "plainly in its adapter_config.json, or merge it into its base with PEFT"
        )


def _length(words: list[_Word]) -> int:
    return sum(len(word) + 1 for word in words)


def _spelled(inside: str) -> Iterator[str]:
    """The characters of a class: "0-9_" is ten digits and a dash below."""
    for first, last in re.findall(r"(.)(?:-(.))?", inside):
        yield from map(chr, range(ord(first), ord(last or first) + 1))
