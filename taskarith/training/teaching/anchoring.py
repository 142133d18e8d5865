"""What is kept while a task of your own is taught: drawn pictures that no task is made of.

They are of the kind that the embedded suite was pre-trained on; for any other base they are simply
pictures of many things. Drawn once and kept.
"""

import hashlib

import numpy as np
import torch
from PIL import Image

from taskarith.models.clip.dual_encoder import DualEncoder
from taskarith.models.picture_transform import PictureTransform
from taskarith.tasks.decoding import fitted
from taskarith.tasks.picture_cache import Pictures, kept_pictures, pictures_folder
from taskarith.training.anchor import Anchor
from taskarith.training.corpus import web_pictures
from taskarith.training.teaching.looks import embedded
from taskarith.worlds.images import FAMILIES, pixel_fingerprint

__all__ = ["teaching_anchor"]

PICTURES, BATCH, SEED = 512, 32, 2027


def teaching_anchor(model: DualEncoder, transform: PictureTransform) -> Anchor:
    """Anchor `model`, as it is now, to drawn pictures fitted as it wants them."""

    def draw() -> Pictures:
        return web_pictures(PICTURES, seed=SEED), np.zeros(PICTURES, dtype=np.int64)

    drawing = "".join(map(pixel_fingerprint, FAMILIES))
    name = f"anchor-{hashlib.sha256(f'{SEED} {PICTURES} {drawing}'.encode()).hexdigest()[:16]}"
    drawn, _ = kept_pictures(pictures_folder() / name, draw=draw)
    pixels = np.asarray(drawn)
    if pixels.shape[1] != transform.side:
        pixels = np.stack(
            [
                np.asarray(fitted(Image.fromarray(one), transform, what="a drawn picture"))
                for one in pixels
            ]
        )
    pictures = torch.from_numpy(np.array(pixels))
    return Anchor(pictures, embedded(model, pictures), batch=BATCH)
