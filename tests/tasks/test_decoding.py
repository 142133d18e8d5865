import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from taskarith.errors import AssetError
from taskarith.models.clip.open_clip import import_open_clip
from taskarith.models.picture_transform import PictureTransform
from taskarith.models.torchvision_operators import declare_torchvision_operators
from taskarith.tasks.decoding import collect, decode


def encoded(pixels: np.ndarray, kind: str = "PNG", mode: str | None = None) -> bytes:
    stream = io.BytesIO()
    picture = Image.fromarray(pixels)
    (picture.convert(mode) if mode else picture).save(stream, kind)
    return stream.getvalue()


def test_a_square_of_the_right_size_is_left_alone() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    assert np.array_equal(decode(encoded(pixels), transform=PictureTransform(8), what="it"), pixels)


def test_it_is_what_clips_own_preprocessing_does() -> None:
    """Shortest side to the model's, bicubic, then the centre: torchvision's Resize + CenterCrop."""
    declare_torchvision_operators()
    transforms = pytest.importorskip("torchvision.transforms")
    rng = np.random.default_rng(1)
    pixels = np.kron(rng.integers(0, 256, (5, 9, 3)), np.ones((7, 7, 1))).astype(np.uint8)
    resize = transforms.Resize(16, interpolation=transforms.InterpolationMode.BICUBIC)
    reference = transforms.CenterCrop(16)(resize(Image.fromarray(pixels)))
    ours = decode(encoded(pixels), transform=PictureTransform(16), what="it").astype(int)
    assert np.abs(ours - np.asarray(reference).astype(int)).max() <= 1


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1", "CMYK", "I;16"])
def test_any_mode_becomes_colours(mode: str) -> None:
    pixels = np.full((6, 6, 3), 128, dtype=np.uint8)
    kind = "TIFF" if mode in ("CMYK", "I;16") else "PNG"
    data = (
        encoded(np.full((6, 6), 128, dtype=np.uint16), kind)
        if mode == "I;16"
        else encoded(pixels, kind, mode)
    )
    assert decode(data, transform=PictureTransform(4), what="it").shape == (4, 4, 3)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "MPO"])
def test_the_usual_formats_are_read(kind: str) -> None:
    data = encoded(np.full((8, 8, 3), 128, dtype=np.uint8), kind)
    assert abs(decode(data, transform=PictureTransform(4), what="it").astype(int) - 128).max() <= 3


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        encoded(np.zeros((8, 8, 3), dtype=np.uint8))[:40],
        encoded(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))[:-2000],
        b"GIF89a\xff\xff\xff\xff",
    ],
)
def test_a_broken_picture_is_named(data: bytes) -> None:
    with pytest.raises(AssetError, match="row 7 is no picture") as refused:
        decode(data, transform=PictureTransform(8), what="row 7")
    assert "0x" not in str(refused.value)  # no memory address, which PIL's own words have


@pytest.mark.parametrize("kind", ["EPS", "PPM"])
def test_other_formats_are_not_tried(kind: str) -> None:
    """PIL would start Ghostscript for an EPS file."""
    data = encoded(np.zeros((8, 8, 3), dtype=np.uint8), kind)
    with pytest.raises(
        AssetError, match="row 7 is no picture that can be read: it is none of PNG, JPEG"
    ):
        decode(data, transform=PictureTransform(8), what="row 7")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_not_unpacked() -> None:
    """A few kilobytes that say they are 100 megapixels."""
    stream = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(stream, "PNG")
    with pytest.raises(AssetError, match="row 7 has 10000 x 10000"):
        decode(stream.getvalue(), transform=PictureTransform(8), what="row 7")
    thin = io.BytesIO()
    Image.new("1", (1, 60_000)).save(thin, "PNG")
    with pytest.raises(AssetError, match="far too long"):
        decode(thin.getvalue(), transform=PictureTransform(224), what="row 7")


def test_pictures_are_collected_in_a_file_that_goes_away(tmp_path: Path) -> None:
    squares = [(np.full((4, 4, 3), value, dtype=np.uint8), value % 2) for value in range(5)]
    images, labels = collect(squares, side=4, folder=tmp_path / "new")
    assert [int(image[0, 0, 0]) for image in images] == [0, 1, 2, 3, 4]
    assert labels.tolist() == [0, 1, 0, 1, 0]
    assert list((tmp_path / "new").iterdir()) == []
    with pytest.raises(AssetError, match="no pictures"):
        collect([], side=4, folder=tmp_path)


RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def wide() -> np.ndarray:
    """Four times as wide as high: red, green, green, blue."""
    pixels = np.zeros((16, 64, 3), np.uint8)
    pixels[:, :16], pixels[:, 16:48], pixels[:, 48:] = RED, GREEN, BLUE
    return pixels


@pytest.mark.parametrize("resize", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("shape", [(16, 64), (50, 33), (7, 5)])
def test_every_way_of_open_clip_is_done_as_open_clip_does_it(
    resize: Any, interpolation: Any, shape: tuple[int, int]
) -> None:
    transform = import_open_clip().transform
    reference = transform.image_transform(
        24, is_train=False, mean=(0, 0, 0), std=(1, 1, 1), fill_color=7,
        resize_mode=resize, interpolation=interpolation,
    )  # fmt: skip
    pixels = np.random.default_rng(2).integers(0, 256, (*shape, 3), dtype=np.uint8)
    expected = (reference(Image.fromarray(pixels)) * 255).round().permute(1, 2, 0).numpy()
    ours = decode(
        encoded(pixels),
        transform=PictureTransform(24, resize, interpolation=interpolation, fill=7),
        what="it",
    )
    assert np.array_equal(ours, expected.astype(np.uint8))


def test_a_squashed_picture_keeps_its_ends() -> None:
    square = decode(encoded(wide()), transform=PictureTransform(16, "squash"), what="it")
    assert square[8, 0].tolist() == list(RED)
    assert square[8, 15].tolist() == list(BLUE)


def test_a_picture_that_is_not_resized_gets_a_border() -> None:
    small = np.full((4, 6, 3), 200, np.uint8)
    square = decode(encoded(small), transform=PictureTransform(8, "none", fill=9), what="it")
    assert square.shape == (8, 8, 3)
    assert (square == 200).all(-1).sum() == 24
    assert square[0, 0].tolist() == [9, 9, 9]


RAMP = np.linspace(0, 65_535, 256).reshape(16, 16)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_upper_eight(kind: str) -> None:
    grey = RAMP.astype(np.uint16)
    square = decode(encoded(grey, kind), transform=PictureTransform(16), what="it")
    assert np.array_equal(square[..., 0], (grey >> 8).astype(np.uint8))
    assert len(np.unique(square)) == 256


def test_floats_from_0_to_1_are_shades() -> None:
    grey = (RAMP / 65_535).astype(np.float32)
    square = decode(encoded(grey, "TIFF"), transform=PictureTransform(16), what="it")
    assert np.array_equal(square[..., 0], np.rint(grey * 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (RAMP.astype(np.float32), "row 7 holds floats beyond 0 to 1"),
        (np.full((4, 4), np.nan, np.float32), "row 7 holds floats beyond 0 to 1"),
        (RAMP.astype(np.int32), "row 7 holds 32-bit whole numbers"),
    ],
)
def test_numbers_of_an_unknown_white_are_refused(pixels: np.ndarray, words: str) -> None:
    with pytest.raises(AssetError, match=words):
        decode(encoded(pixels, "TIFF"), transform=PictureTransform(4), what="row 7")


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_pictures_are_shown_upright(orientation: int, kind: str) -> None:
    """As PIL's own ImageOps turns them; 0 and 9 mean nothing."""
    pixels = np.kron(np.random.default_rng(3).integers(0, 256, (2, 2, 3)), np.ones((8, 8, 1)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stream = io.BytesIO()
    more = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    Image.fromarray(pixels.astype(np.uint8)).save(stream, kind, exif=exif.tobytes(), **more)
    with Image.open(io.BytesIO(stream.getvalue())) as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture))
    square = decode(stream.getvalue(), transform=PictureTransform(16), what="it")
    assert np.array_equal(square, expected)
