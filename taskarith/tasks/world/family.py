"""What every picture family of the embedded world provides.

A family draws the classes of one task in two domains: "web", which pre-training sees, and
"task", which fine-tuning and evaluation see (held-out fonts, palettes and renderers).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

__all__ = ["Caption", "Domain", "Draw", "Family"]

Domain = Literal["web", "task"]
Draw = Callable[[np.random.Generator, int, Domain], np.ndarray]
Caption = Callable[[np.random.Generator, int], str]


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
    """

    name: str
    title: str
    classnames: tuple[str, ...]
    templates: tuple[str, ...]
    draw: Draw
    caption: Caption
