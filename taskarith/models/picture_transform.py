"""How a model wants its pictures: resized how, cut to which square, normalized with which numbers.

Knows the recipe alone: which file it stands in is the model's family's business, and whoever has
pictures carries it out.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = ["OPENAI_MEAN", "OPENAI_STD", "Interpolation", "PictureTransform", "Resize"]

# OpenAI's normalization (arXiv 2103.00020), which open_clip and transformers use by default.
OPENAI_MEAN = (0.48145466, 0.4578275, 0.40821073)
OPENAI_STD = (0.26862954, 0.26130258, 0.27577711)

Resize = Literal["shortest", "longest", "squash", "none"]
Interpolation = Literal["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"]


@dataclass(frozen=True)
class PictureTransform:
    """From a picture of any shape to the input of a network.

    Attributes:
        side: of the square that the network takes, in pixels.
        resize: which side becomes `size` ("squash": both, whatever the picture's shape), before
            the square is cut from the centre; "none" leaves the picture as large as it is.
        size: what that side becomes; None: `side`.
        interpolation: the filter, in PIL's words.
        fill: grey level of what is missing around a picture that is smaller than the square.
        white: what whole bytes are divided by first.
        mean, std: of each colour channel, subtracted and divided by then.
    """

    side: int
    resize: Resize = "shortest"
    size: int | None = None
    interpolation: Interpolation = "bicubic"
    fill: int = 0
    white: float = 255
    mean: tuple[float, ...] = OPENAI_MEAN
    std: tuple[float, ...] = OPENAI_STD

    def of_squares(self) -> str:
        """What decides the square that is cut from a picture, as a text; the rest comes after.

        >>> PictureTransform(224).of_squares()
        '224 pixels, shortest 224 bicubic, fill 0'
        """
        edge = self.size or self.side
        return f"{self.side} pixels, {self.resize} {edge} {self.interpolation}, fill {self.fill}"
