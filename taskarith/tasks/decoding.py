"""Pictures of any kind and size as the squares that a model takes. Knows bytes, no tasks.

Pictures are shown upright: a camera's note that one lies on its side (EXIF orientation) is
followed, as `datasets` and every viewer do. 16-bit greys keep their upper eight bits, and floats
from 0 to 1 become 0 to 255; whole numbers or floats of an unknown white are refused.
"""

import io
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

from taskarith.errors import AssetError
from taskarith.models.picture_transform import PictureTransform
from taskarith.tasks.picture_cache import Pictures

__all__ = ["DECODING", "FORMATS", "collect", "decode", "fitted", "upright"]

DECODING = 2  # part of the key of kept pictures: raise it when the same bytes may look different
MAX_PIXELS = 60_000_000  # of one picture, before anything is unpacked
# PIL reads many more, some of them with the help of other programs.
FORMATS = (
    "PNG",
    "JPEG",
    "WEBP",
    "BMP",
    "GIF",
    "TIFF",
    *(["AVIF"] if features.check("avif") else []),
)

ORIENTATION = 0x0112  # the EXIF tag
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(data: bytes, *, transform: PictureTransform, what: str) -> NDArray[np.uint8]:
    """The picture in `data` as `transform` fits it into its square, uint8 [side, side, 3].

    `what` names the picture in the AssetError for one that is broken, absurdly large, of numbers
    that mean no shade, or in none of `FORMATS`.
    """
    return np.asarray(fitted(upright(data, what=what), transform, what=what))


def upright(data: bytes, *, what: str, on_white: bool = False) -> Image.Image:
    """The picture in `data` as RGB, turned as its EXIF note says; of an animation the first one.

    With `on_white`, what is transparent is white, as on paper. Raises AssetError as `decode` does.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise AssetError(f"{what} has {width} x {height} pixels; at most {MAX_PIXELS:,}")
            picture.load()
            turn = TURNS.get(picture.getexif().get(ORIENTATION, 1))
            colours = _eight_bits(picture, what)
            if on_white and colours.has_transparency_data:
                paper = Image.new("RGBA", colours.size, "white")
                colours = Image.alpha_composite(paper, colours.convert("RGBA"))
            colours = colours.convert("RGB")
    except AssetError:
        raise
    except Image.DecompressionBombError as error:  # PIL's own bound, which is larger than ours
        raise AssetError(
            f"{what} has far more than {MAX_PIXELS:,} pixels, the most that are taken; save it "
            "smaller"
        ) from error
    except Exception as error:  # PIL has one kind of error per format, and some that have none
        raise AssetError(
            f"{what} is no picture that can be read: it is none of {', '.join(FORMATS)}, or it is "
            "damaged; save it anew, or take it out"
        ) from error
    return colours if turn is None else colours.transpose(turn)


def fitted(picture: Image.Image, transform: PictureTransform, *, what: str) -> Image.Image:
    """`picture` resized and cut to the square that `transform` says, with PIL's filters."""
    side, (width, height) = transform.side, picture.size
    edge = transform.size or side
    size = width, height
    if transform.resize == "shortest":
        short = min(width, height)
        size = edge * width // short, edge * height // short  # rounded down, as torchvision does
    elif transform.resize == "longest":
        ratio = max(width, height) / edge
        size = max(1, round(width / ratio)), max(1, round(height / ratio))
    elif transform.resize == "squash":
        size = edge, edge
    if size[0] * size[1] > MAX_PIXELS:
        raise AssetError(f"{what} is {width} x {height}: far too long and narrow for a square")
    if size != picture.size:
        picture = picture.resize(size, Image.Resampling[transform.interpolation.upper()])
    if size == (side, side):
        return picture
    if min(size) < side:
        picture = _padded(picture, side, fill=transform.fill)
    left, top = round((picture.width - side) / 2), round((picture.height - side) / 2)
    return picture.crop((left, top, left + side, top + side))


def _padded(picture: Image.Image, side: int, *, fill: int) -> Image.Image:
    """`picture` with a border where it is shorter than `side`."""
    size = max(side, picture.width), max(side, picture.height)
    canvas = Image.new("RGB", size, (fill,) * 3)
    canvas.paste(picture, ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2))
    return canvas


def _eight_bits(picture: Image.Image, what: str) -> Image.Image:
    """Greys of more than eight bits as greys of eight; a picture of any other kind as it is."""
    if picture.mode not in ("I", "F") and not picture.mode.startswith("I;16"):
        return picture
    values = np.asarray(picture)
    if picture.mode == "F":
        if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
            raise AssetError(
                f"{what} holds floats beyond 0 to 1, of which nobody knows what white is; save it "
                "with 8 or 16 bits"
            )
        grey = np.rint(values * 255)
    else:
        # PNG has no more than 16 bits, whatever PIL holds them in; TIFF may have 32.
        if picture.mode == "I" and picture.format != "PNG":
            raise AssetError(
                f"{what} holds 32-bit whole numbers, of which nobody knows what white is; save it "
                "with 8 or 16 bits"
            )
        grey = values.astype(np.int64) >> 8
    return Image.fromarray(grey.astype(np.uint8))


def collect(
    pictures: Iterable[tuple[NDArray[np.uint8], int]], *, side: int, folder: Path
) -> Pictures:
    """Pictures and labels one after the other as two arrays; the pixels lie in a file meanwhile.

    `folder` is where that file is made; it is gone when the array is. However many pictures there
    are, memory holds one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    labels: list[int] = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for pixels, label in pictures:
            file.write(pixels.tobytes())
            labels.append(label)
        if not labels:
            raise AssetError("there are no pictures; check the split and the columns")
        file.flush()
        shape = (len(labels), side, side, 3)
        images = np.memmap(file, dtype=np.uint8, mode="r+", shape=shape)
    return images, np.asarray(labels, dtype=np.int64)
