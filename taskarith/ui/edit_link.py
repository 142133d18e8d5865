"""The edit that a page's address carries: query string ⇄ `Edit`, by the rules of Explore's links.

What is right in a link is taken, the rest is reported in words; no link is an error. Needs torch:
import it where a handler runs, not where a page is built.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from taskarith.core import Edit, checked_coefficient
from taskarith.errors import CoefficientError, TaskArithError
from taskarith.suites import Suite
from taskarith.ui.merge_methods import merged_edit, read_merge, write_layers, write_merge

__all__ = ["LinkedAnalogy", "LinkedEdit", "edit_in_hand", "read_link", "write_link"]

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
LONGEST = 10_000  # characters of a value; a hundred vectors fit
SHOWN = 40  # characters of what was asked for, in a message


@dataclass(frozen=True)
class LinkedAnalogy:
    """An analogy, a is to b as c is to d, with its two coefficients."""

    a: str
    b: str
    c: str
    d: str
    bracket: float
    own: float


@dataclass(frozen=True)
class LinkedEdit:
    """What a link says.

    Attributes:
        edit: the edit in hand; pretrained where the link says nothing.
        found: whether the link says which.
        focus: the vector whose slider is in hand.
        pinned: the edit it is compared with.
        problems: what of the link could not be taken, in words.
    """

    edit: Edit
    found: bool
    focus: str | None = None
    analogy: LinkedAnalogy | None = None
    pinned: Edit | None = None
    problems: tuple[str, ...] = ()


def read_link(query: Mapping[str, str], suite: Suite) -> LinkedEdit:
    """What of `query` this suite understands; never raises."""
    problems: list[str] = []

    def value(name: str) -> str | None:
        found = query.get(name)
        return found[:LONGEST] if isinstance(found, str) else None

    asked, coefficients, pinned = value("suite"), value("set"), value("pin")
    merge = value("method") or "", value("layers") or ""
    pinned_merge = value("pin-method") or "", value("pin-layers") or ""
    if asked is not None and asked != suite.name:
        problems.append(f"this page shows the suite {suite.name}, the link asks for {_cut(asked)}")
    read = _edit(coefficients or "", merge, suite, problems)
    focus = value("focus")
    if focus is not None and not _knows(suite, focus):
        problems.append(f"there is no task vector {_cut(focus)}")
        focus = None
    analogy = value("analogy") if coefficients is not None and read.method == "sum" else None
    return LinkedEdit(
        edit=read,
        found=coefficients is not None,
        focus=focus or next(iter(read.coefficients), None),
        analogy=_analogy(analogy, suite, problems) if analogy is not None else None,
        pinned=_edit(pinned, pinned_merge, suite, problems) if pinned is not None else None,
        problems=tuple(problems),
    )


def edit_in_hand(link: LinkedEdit, suite: Suite) -> Edit:
    """The edit a page is about: the link's, else what Explore opens with, which does something."""
    presets = {preset.name: preset for preset in suite.manifest.presets}
    first = presets.get(suite.manifest.start or "", next(iter(presets.values()), None))
    return link.edit if link.found or first is None else Edit(suite.name, first.coefficients)


def write_link(
    edit: Edit,
    *,
    focus: str | None = None,
    analogy: LinkedAnalogy | None = None,
    pinned: Edit | None = None,
) -> str:
    """The query string with which a page opens at `edit`.

    Raises:
        TaskArithError: the edit has factors by layer that a link cannot say.

    >>> write_link(Edit("mini", {"letters": 0.3, "digits": -0.5}), focus="letters")
    'suite=mini&set=digits:-0.5,letters:0.3&focus=letters'
    """
    fields = {"suite": edit.suite, "set": _written(edit), "method": write_merge(edit)}
    fields["layers"] = write_layers(edit)
    if focus is not None:
        fields["focus"] = focus
    if analogy is not None:
        names = [analogy.a, analogy.b, analogy.c, analogy.d]
        fields["analogy"] = ",".join([*names, f"{analogy.bracket:.10g}", f"{analogy.own:.10g}"])
    if pinned is not None:
        fields |= {"pin": _written(pinned), "pin-method": write_merge(pinned)}
        fields["pin-layers"] = write_layers(pinned)
    can_be_empty = ("set", "pin")
    kept = {name: text for name, text in fields.items() if text or name in can_be_empty}
    return "&".join(f"{name}={quote(text, safe=':,')}" for name, text in kept.items())


def _written(edit: Edit) -> str:
    return ",".join(f"{name}:{value:.10g}" for name, value in edit.coefficients.items())


def _edit(text: str, merge: tuple[str, str], suite: Suite, problems: list[str]) -> Edit:
    """The edit of these coefficients, with what can be taken of its method and of its layers."""
    coefficients = _coefficients(text, suite, problems)
    method, layers = merge
    try:
        alike = merged_edit(suite.name, coefficients, read_merge(method))
    except TaskArithError as error:
        problems.append(f"{error}, so this is the sum")
        method, alike = "", Edit(suite.name, coefficients)
    try:
        return merged_edit(suite.name, coefficients, read_merge(method, layers))
    except TaskArithError as error:
        problems.append(f"{error}, so all layers are alike")
        return alike


def _coefficients(text: str, suite: Suite, problems: list[str]) -> dict[str, float]:
    """Reads printed-digits:-0.5,letters:0.3; a null name holds a colon itself, the last counts."""
    read: dict[str, float] = {}
    for term in filter(None, text.split(",")):
        name, _, number = term.rpartition(":")
        if not _knows(suite, name):
            problems.append(f"there is no task vector {_cut(name)}")
            continue
        try:
            read[name] = _number(number, name)
        except CoefficientError as error:
            problems.append(str(error))
    return read


def _analogy(text: str, suite: Suite, problems: list[str]) -> LinkedAnalogy | None:
    a, b, c, d, bracket, own, *_ = [*text.split(","), *[""] * 6]
    if all(_knows(suite, name) for name in (a, b, c, d)):
        try:
            return LinkedAnalogy(a, b, c, d, _number(bracket, "bracket"), _number(own, c))
        except CoefficientError:
            pass  # what follows says it
    problems.append("the link's analogy is not one of this suite's")
    return None


def _number(text: str, name: str) -> float:
    plain = text.strip().replace("−", "-")
    return checked_coefficient(plain if NUMBER.fullmatch(plain) else repr(text), name)


def _knows(suite: Suite, name: str) -> bool:
    try:
        suite.check_edit(Edit(suite.name, {name: 1.0}))
    except TaskArithError:
        return False
    return True


def _cut(text: str) -> str:
    return text[:SHOWN]
