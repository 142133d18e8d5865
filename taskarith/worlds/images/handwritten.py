"""Handwritten digits: real ones from scikit-learn as the task, wobbly pen strokes on the web.

The 1,797 real samples (8 x 8 grey values) are divided once into train, validation and test;
no sample is drawn for two splits, and none ever appears on the web.
"""

import functools
import gzip
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageFilter

from taskarith.worlds.images.canvas import Canvas, Colour, backdrop, mix, random_colour, vary
from taskarith.worlds.images.family import Domain, Family
from taskarith.worlds.images.glyphs import (
    DIGIT_NAMES,
    MASK_SIZE,
    legible_ink,
    phrase,
    placed_mask,
)
from taskarith.worlds.images.strokes import DIGITS, glyph, ink, nib, wobbled
from taskarith.worlds.images.wording import pick

__all__ = ["HANDWRITTEN_DIGITS", "Split", "fixed_split", "handwritten_family"]

Split = Literal["train", "validation", "test"]

# Where each split lies in the stratified order of the 1,797 samples.
_RANGES: dict[Split, tuple[int, int]] = {
    "train": (0, 1000),
    "validation": (1000, 1297),
    "test": (1297, 1797),
}
_SEED = 8
_MARGIN = 2
_SAMPLE_MAX = 16
_SHARPEN = ImageFilter.UnsharpMask(radius=1, percent=250, threshold=0)

_PAPERS: tuple[Colour, ...] = ((250, 248, 240), (240, 232, 212), (232, 238, 244), (246, 240, 200))
_INKS: tuple[Colour, ...] = (
    (24, 32, 96),
    (28, 26, 30),
    (20, 60, 140),
    (110, 24, 30),
    (20, 72, 52),
    (72, 70, 78),
)

_CAPTION_PARTS = (
    ("a", "the", "a big", "a quick", "one", "a picture of a", "somebody wrote a"),
    ("handwritten {}", "handwritten digit {}", "hand drawn {}", "number {}", "scribbled {}"),
    ("", "by hand", "with a pen", "in ink", "in pencil", "with a marker"),
)


def handwritten_family(split: Split) -> Family:
    """The family whose task pictures show only the real samples of `split`."""

    def draw(rng: np.random.Generator, label: int, domain: Domain) -> np.ndarray:
        if domain == "web":
            return _pen_drawing(rng, DIGITS[label])
        return _written(rng, pick(rng, _split_by_label(split)[label]))

    return Family(
        name="handwritten-digits",
        title="Handwritten digits",
        classnames=DIGIT_NAMES,
        templates=(
            "a picture of a handwritten {}",
            "the digit {} written by hand",
            "a handwritten number {} in ink",
            "somebody wrote the number {}",
        ),
        draw=draw,
        caption=_caption,
    )


def fixed_split(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Pictures uint8 [n, 64, 64, 3] and labels int64 [n], each real sample of `split` once.

    The same on every call: each sample's look depends only on its own number.
    """
    _, labels = _samples()
    members = _split_members(split)
    pictures = [
        _written(np.random.default_rng((_SEED, int(index))), int(index)) for index in members
    ]
    return np.stack(pictures), labels[members]


@functools.cache
def _samples() -> tuple[np.ndarray, np.ndarray]:
    """Every real sample, uint8 [1797, 12, 12] with a blank margin, and its label, int64."""
    rows = _digits()
    images, labels = rows[:, :-1].reshape(-1, 8, 8), rows[:, -1]
    grey = np.rint(images * (255 / _SAMPLE_MAX)).astype(np.uint8)
    margins = ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN))
    return np.pad(grey, margins), labels


def _digits() -> np.ndarray:
    """Scikit-learn's digits, int64 [1797, 8·8 + 1]: grey values 0…16, then the label.

    Read from its file: importing scikit-learn takes a second and more, and nothing else needs it.
    """
    found = find_spec("sklearn")
    folder = Path(found.origin).parent if found is not None and found.origin else Path()
    file = folder / "datasets" / "data" / "digits.csv.gz"
    if file.is_file():
        with gzip.open(file, "rt") as lines:
            return np.loadtxt(lines, delimiter=",", dtype=np.int64)
    from sklearn.datasets import load_digits  # a version that keeps its file elsewhere

    data = load_digits()
    return np.column_stack([data.data, data.target]).astype(np.int64)


@functools.cache
def _split_members(split: Split) -> np.ndarray:
    """The sample numbers of `split`, in a fixed order.

    Shuffling each class and spreading it evenly over 0…1 gives one order of all samples in
    which every stretch has the classes in proportion.
    """
    _, labels = _samples()
    rng = np.random.default_rng(_SEED)
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    start, stop = _RANGES[split]
    return np.argsort(place, kind="stable")[start:stop]


@functools.cache
def _split_by_label(split: Split) -> tuple[list[int], ...]:
    """The sample numbers of `split`, one list a class."""
    _, labels = _samples()
    members = _split_members(split)
    return tuple(members[labels[members] == label].tolist() for label in range(len(DIGITS)))


def _written(rng: np.random.Generator, index: int) -> np.ndarray:
    """The real sample `index` as ink on paper."""
    paper = vary(rng, pick(rng, _PAPERS), 5)
    canvas = Canvas(backdrop(rng, "paper", paper, mix(paper, (150, 130, 100), 0.5)))
    turn = rng.uniform(-0.2, 0.2)
    _rule(rng, canvas, mix(paper, (70, 120, 180), 0.4), turn / 4)
    mask = placed_mask(
        _ink_mask(index, threshold=rng.uniform(105, 150)),
        centre=(rng.uniform(0.44, 0.56), rng.uniform(0.44, 0.56)),
        scale=rng.uniform(1.0, 1.3),
        turn=turn,
        shear=rng.uniform(-0.15, 0.1),
    )
    canvas.paste(mask, vary(rng, pick(rng, _INKS), 10))
    return canvas.pixels(rng, blur=rng.uniform(0.0, 0.4), noise=rng.uniform(0.0, 3.0))


def _ink_mask(index: int, threshold: float) -> Image.Image:
    """A sharp greyscale mask of a coarse sample: enlarged smoothly, then cut at `threshold`.

    Sharpened first, so that the small holes of an 8 or a 4 stay open.
    """
    images, _ = _samples()
    crisp = Image.fromarray(images[index]).filter(_SHARPEN)
    smooth = crisp.resize((MASK_SIZE // 2, MASK_SIZE // 2), Image.Resampling.LANCZOS)
    ramp = np.clip((np.arange(256) - threshold) * 6 + 128, 0, 255)
    return smooth.point([int(level) for level in ramp])


def _rule(rng: np.random.Generator, canvas: Canvas, colour: Colour, turn: float) -> None:
    """Ruled lines, squares or nothing."""
    kind = pick(rng, ("blank", "lines", "squares"))
    if kind == "blank":
        return
    gap = rng.uniform(0.16, 0.24)
    canvas.place(scale=1.0, turn=turn)
    for offset in np.arange(rng.uniform(-0.2, 0.0), 1.2, gap):
        canvas.line([(-0.2, offset), (1.2, offset)], colour, 0.012)
        if kind == "squares":
            canvas.line([(offset, -0.2), (offset, 1.2)], colour, 0.012)
    canvas.place()


def _pen_drawing(rng: np.random.Generator, character: str) -> np.ndarray:
    """The web look of handwriting: a strongly bent stroke glyph in a coloured pen."""
    ground = random_colour(rng, 10, 250)
    kind = pick(rng, ("plain", "gradient", "clouds"))
    canvas = Canvas(backdrop(rng, kind, ground, vary(rng, ground, 22)))
    canvas.place(
        centre=(rng.uniform(0.42, 0.58), rng.uniform(0.43, 0.57)),
        scale=rng.uniform(0.65, 1.0),
        turn=rng.uniform(-0.2, 0.2),
        shear=rng.uniform(-0.45, 0.15),
        stretch=rng.uniform(0.65, 1.1),
    )
    lines = wobbled(rng, wobbled(rng, glyph(rng, character), 0.045), 0.03)
    colour, width = legible_ink(rng, ground), rng.uniform(0.05, 0.13)
    if rng.random() < 0.4:
        nib(canvas, lines, colour, width + 0.03, rng.uniform(-1.0, 0.3))
    else:
        ink(canvas, lines, colour, width)
    return canvas.pixels(rng, blur=rng.uniform(0.0, 0.6), noise=rng.uniform(0.0, 5.0))


def _caption(rng: np.random.Generator, label: int) -> str:
    return phrase(rng, _CAPTION_PARTS, DIGIT_NAMES[label])


HANDWRITTEN_DIGITS = handwritten_family("train")
