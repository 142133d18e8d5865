"""What every picture family of the embedded world provides.

A family draws the classes of one task in two domains: "web", which pre-training sees, and
"task", which fine-tuning and evaluation see (held-out fonts, palettes and renderers). A family
may have no web: then pre-training has met neither its pictures nor its captions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NoReturn

import numpy as np

__all__ = ["Caption", "Domain", "Draw", "Family", "Look", "family_without_web"]

Domain = Literal["web", "task"]
Draw = Callable[[np.random.Generator, int, Domain], np.ndarray]
Caption = Callable[[np.random.Generator, int], str]
Look = Callable[[np.random.Generator, int], np.ndarray]


@dataclass(frozen=True)
class Family:
    """A set of classes that can be drawn and described.

    Attributes:
        name: the task's name, in kebab-case.
        title: the name as people read it.
        classnames: one entry a class, as it stands in a prompt.
        templates: zero-shot prompts with one `{}` for the class name.
        draw: `draw(rng, label, domain)` gives uint8 [64, 64, 3].
        caption: `caption(rng, label)` gives a lower-case web caption that names the class.
        on_web: whether pre-training sees the family; where it does not, the domain "web" and
            `caption` raise ValueError.
    """

    name: str
    title: str
    classnames: tuple[str, ...]
    templates: tuple[str, ...]
    draw: Draw
    caption: Caption
    on_web: bool = True


def family_without_web(
    *, name: str, title: str, classnames: tuple[str, ...], templates: tuple[str, ...], look: Look
) -> Family:
    """A family that pre-training never sees; `look(rng, label)` draws its task pictures."""

    def refuse() -> NoReturn:
        raise ValueError(
            f"the family {name!r} has no web pictures and no captions; it is there for tasks only: "
            "draw its 'task' domain, and leave it out of a corpus (`on_web` tells)"
        )

    def draw(rng: np.random.Generator, label: int, domain: Domain) -> np.ndarray:
        return look(rng, label) if domain == "task" else refuse()

    def caption(rng: np.random.Generator, label: int) -> str:
        refuse()

    return Family(name, title, classnames, templates, draw, caption, on_web=False)
