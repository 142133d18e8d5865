"""Many modules as one script, for pages that no server stands behind: a file, a notebook's cell.

Our modules import and export in one style (named, at the top, by relative path), so linking them
takes no parser: each becomes a function that gives back what it exports, in the order in which they
need each other. What is written otherwise is refused here, where a test sees it, and not in a
reader's browser. Knows no page.
"""

import re
from collections.abc import Iterator, Sequence

from taskarith.ui.modules import imported_by, text_of

__all__ = ["bundle"]

HELD = "__modules"  # where the script keeps what its modules export
STATIC = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";$', re.MULTILINE)
LATER = re.compile(r'\bawait import\("(\.[^"]+)"\)')
EXPORTED = re.compile(r"^export ((?:async )?function|class|const) ([A-Za-z_$][\w$]*)", re.MULTILINE)
LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(entries: Sequence[str], *, then: str = "") -> str:
    """One module's text that runs those named, and all they import, now or later.

    Args:
        entries: names of modules, as `modules.names` gives them.
        then: what follows; `__modules["NAME"]` holds what a module exports.

    Raises:
        ValueError: a module imports or exports in a style that is not linked here, or two import
            each other.

    >>> text = bundle(["dom.js"], then='__modules["dom.js"].h("p", {});')
    >>> text.splitlines()[0], text.splitlines()[-1]
    ('const __modules = {};', '__modules["dom.js"].h("p", {});')
    """
    parts = [_linked(name, text_of(name)) for name in _ordered(entries)]
    return "\n".join([f"const {HELD} = {{}};", *parts, then])


def _ordered(entries: Sequence[str]) -> list[str]:
    """The modules, each after those that it needs at once; what it asks for later may follow."""
    done: list[str] = []
    later = list(entries)

    def take(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            circle = " → ".join([*above[above.index(name) :], name])
            raise ValueError(f"modules import each other and cannot be linked: {circle}")
        if name in done:
            return
        for other in _needed(name):
            take(other, (*above, name))
        done.append(name)
        later.extend(imported_by(name, path) for path in LATER.findall(text_of(name)))

    while later:
        take(later.pop(0), ())
    return done


def _needed(name: str) -> Iterator[str]:
    return (imported_by(name, path) for _, path in STATIC.findall(text_of(name)))


def _linked(name: str, text: str) -> str:
    r"""A module as a function that is called where it stands.

    >>> print(_linked("a/b.js", 'import { h as make } from "../dom.js";\nexport const x = make;'))
    __modules["a/b.js"] = (() => {
    const { h: make } = __modules["dom.js"];
    const x = make;
    return { x };
    })();
    """
    exported = [found[1] for found in EXPORTED.findall(text)]

    def imported(found: re.Match[str]) -> str:
        names = " ".join(found[1].split()).rstrip(",").replace(" as ", ": ")
        return f'const {{ {names} }} = {HELD}["{imported_by(name, found[2])}"];'

    def awaited(found: re.Match[str]) -> str:
        return f'{HELD}["{imported_by(name, found[1])}"]'

    text = STATIC.sub(imported, text)
    text = LATER.sub(awaited, EXPORTED.sub(r"\1 \2", text))
    if left := LEFT.search(text):
        raise ValueError(f"{name} cannot be linked: {left[0]!r} is written in another style")
    return (
        f'{HELD}["{name}"] = (() => {{\n{text.strip()}\nreturn {{ {", ".join(exported)} }};\n}})();'
    )
