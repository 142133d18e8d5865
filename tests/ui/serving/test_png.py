import base64
import io

import numpy as np
from PIL import Image

from taskarith.ui.serving.png import data_url, png


def test_a_png_holds_exactly_the_pixels() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    image = Image.open(io.BytesIO(png(pixels)))
    assert image.format == "PNG"
    assert np.array_equal(np.asarray(image), pixels)


def test_a_data_url_is_that_file() -> None:
    pixels = np.zeros((2, 2, 3), dtype=np.uint8)
    head, _, data = data_url(pixels).partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data) == png(pixels)
