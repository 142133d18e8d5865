"""Capital letters: our stroke alphabet on the web, pages of an old alphabet book as the task.

Knows how a book page looks; the shapes of the letters come from `glyphs`.
"""

import numpy as np

from taskarith.worlds.images.canvas import Canvas, Colour, backdrop, mix, vary
from taskarith.worlds.images.family import Domain, Family
from taskarith.worlds.images.glyphs import (
    LETTER_NAMES,
    font_mask,
    phrase,
    placed_mask,
    printed,
)
from taskarith.worlds.images.strokes import CAPITALS
from taskarith.worlds.images.wording import pick

__all__ = ["LETTERS"]

_PAPERS: tuple[Colour, ...] = ((242, 232, 208), (234, 220, 190), (246, 240, 226))
_INKS: tuple[Colour, ...] = (
    (34, 30, 30),
    (128, 26, 30),
    (24, 58, 104),
    (30, 84, 58),
    (108, 66, 26),
)
_TABLES: tuple[Colour, ...] = ((92, 66, 48), (70, 74, 82), (120, 100, 78))

_CAPTION_PARTS = (
    ("a", "the", "a big", "an old", "one", "a picture of the", "this is the"),
    ("{}", "{}", "capital {}", "printed {}", "single {}"),
    ("", "", "on a sign", "in print", "on a coloured background", "in bold type", "on a page"),
)


def _draw(rng: np.random.Generator, label: int, domain: Domain) -> np.ndarray:
    character = CAPITALS[label]
    return printed(rng, character) if domain == "web" else _page(rng, character)


def _page(rng: np.random.Generator, character: str) -> np.ndarray:
    """A book page with one big letter, either as an initial over text or in a framed plate."""
    table = vary(rng, pick(rng, _TABLES), 8)
    canvas = Canvas(backdrop(rng, "clouds", table, mix(table, (0, 0, 0), 0.3)))
    paper, colour = vary(rng, pick(rng, _PAPERS), 5), vary(rng, pick(rng, _INKS), 8)
    x, y = rng.uniform(0.47, 0.53, 2)
    turn = rng.uniform(-0.12, 0.12)
    canvas.place((x + 0.02, y + 0.025), 1.0, turn)
    canvas.rectangle((0.07, 0.0, 0.93, 1.0), fill=mix(table, (0, 0, 0), 0.5))
    canvas.place((x, y), 1.0, turn)
    canvas.rectangle((0.07, 0.0, 0.93, 1.0), fill=paper)

    layout = pick(rng, (_initial, _frame, _block))
    letter_colour, rise = layout(rng, canvas, paper, colour)
    cos, sin = np.cos(turn), np.sin(turn)
    mask = placed_mask(
        font_mask(character, pick(rng, (0, 4, 9))),
        centre=(x + rise * sin, y - rise * cos),
        scale=rng.uniform(0.84, 0.98),
        turn=turn,
        stretch=rng.uniform(0.85, 1.0),
    )
    canvas.paste(mask, letter_colour)
    return canvas.pixels(rng, blur=rng.uniform(0.0, 0.4), noise=rng.uniform(0.0, 3.0))


def _initial(
    rng: np.random.Generator, canvas: Canvas, paper: Colour, colour: Colour
) -> tuple[Colour, float]:
    """Grey lines of text at the foot; gives the letter's colour and how far it is raised."""
    text = mix(paper, (60, 50, 45), 0.55)
    for height in (0.84, 0.9):
        canvas.line([(0.16, height), (rng.uniform(0.6, 0.84), height)], text, 0.02)
    return colour, 0.1


def _frame(
    rng: np.random.Generator, canvas: Canvas, paper: Colour, colour: Colour
) -> tuple[Colour, float]:
    """A double frame in the ink's colour around the letter."""
    canvas.rectangle((0.13, 0.06, 0.87, 0.94), outline=colour, width=rng.uniform(0.015, 0.03))
    canvas.rectangle((0.17, 0.1, 0.83, 0.9), outline=mix(paper, colour, 0.6), width=0.01)
    return colour, 0.0


def _block(
    rng: np.random.Generator, canvas: Canvas, paper: Colour, colour: Colour
) -> tuple[Colour, float]:
    """A solid block of ink from which the letter is left out."""
    margin = rng.uniform(0.05, 0.09)
    canvas.rectangle((0.07 + margin, margin, 0.93 - margin, 1.0 - margin), fill=colour)
    return paper, 0.0


def _caption(rng: np.random.Generator, label: int) -> str:
    return phrase(rng, _CAPTION_PARTS, LETTER_NAMES[label])


LETTERS = Family(
    name="letters",
    title="Letters",
    classnames=LETTER_NAMES,
    templates=(
        "a picture of the {}",
        "the {} on a page",
        "a printed capital {}",
        "this is a big {}",
    ),
    draw=_draw,
    caption=_caption,
)
