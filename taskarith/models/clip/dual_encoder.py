"""What every CLIP has, whoever builds its network: two towers, a tokenizer and a device."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from taskarith.models.clip.layouts import is_vision
from taskarith.models.clip.pixels import PixelNormalizer
from taskarith.models.tokenizer import Tokenizer

__all__ = ["DualEncoder"]

PLACES = re.compile(r"position(al)?_embedding(\.weight)?$")


class DualEncoder:
    """A network that encodes images and texts, frozen and ready. Subclasses add the two verbs.

    Attributes:
        vision_prefix: how the names of the vision tower's parameters start.
        network: the library's own module; its parameters may be views into a recomposed buffer.
        tokenizer: texts to token ids.
        normalize: uint8 pixels [n, side, side, 3] to the network's input.
        image_size: side of the square pictures it takes, in pixels.
    """

    vision_prefix: ClassVar[str]

    def __init__(
        self, network: Any, tokenizer: Tokenizer, *, normalize: PixelNormalizer, image_size: int
    ) -> None:
        self.network = network.eval().requires_grad_(False)
        self.tokenizer = tokenizer
        self.normalize = normalize
        self.image_size = image_size
        self.to(torch.device("cpu"))

    def to(self, device: torch.device | str) -> Self:
        """Move the model to `device`, in place."""
        self.device = torch.device(device)
        self.network.to(self.device)
        self.normalize.to(self.device)
        return self

    @property
    def logit_scale(self) -> float:
        """exp(logit_scale): the factor from cosine similarity to logits."""
        return math.exp(float(self.network.logit_scale))

    @property
    def vision(self) -> Callable[[Tensor], Tensor]:
        """The vision tower: normalized pixels [n, 3, side, side] to embeddings [n, d].

        Unlike `encode_images` it can be differentiated; what it gives need not have length 1.
        """
        raise NotImplementedError

    def encode_images(self, pixels: Tensor) -> Tensor:
        """L2-normalized embeddings float32 [n, d] of uint8 pixels [n, side, side, 3]."""
        raise NotImplementedError

    def embed(self, pixels: Tensor) -> Tensor:
        """What heads on embeddings take: `encode_images`."""
        return self.encode_images(pixels)

    @property
    def text_places(self) -> str | None:
        """The parameter [places, d] that the text tower adds by place; None where it is no such."""
        found = [
            name
            for name, parameter in self.network.named_parameters()
            if parameter.ndim == 2 and self.makes_heads(name) and PLACES.search(name)
        ]
        return found[0] if len(found) == 1 else None

    def makes_heads(self, name: str) -> bool:
        """Whether a parameter takes part in encoding texts, and so in making zero-shot heads."""
        return not is_vision(name)

    def multiply_adds(self) -> int:
        """How often it multiplies and adds to encode one image and one text, by PyTorch's counter.

        Both towers whole, as in pre-training; a text takes the tokenizer's full length.
        """
        from torch.utils.flop_counter import FlopCounterMode  # loads Triton

        pixels = torch.zeros(1, self.image_size, self.image_size, 3, dtype=torch.uint8)
        quick = torch.backends.mha.get_fastpath_enabled()
        torch.backends.mha.set_fastpath_enabled(False)  # one operator that the counter cannot see
        try:
            with FlopCounterMode(display=False) as counted, sdpa_kernel(SDPBackend.MATH):
                self.vision(self.normalize(pixels.to(self.device)))
                self.text_features([""])
        finally:
            torch.backends.mha.set_fastpath_enabled(quick)
        return int(counted.get_total_flops()) // 2

    def text_features(self, texts: Sequence[str]) -> Tensor:
        """L2-normalized embeddings float32 [len(texts), d], which can be differentiated."""
        raise NotImplementedError

    def vision_state(self) -> dict[str, Tensor]:
        """The vision tower's parameters by name (each starts with the prefix), not copied."""
        return {
            name: parameter.detach()
            for name, parameter in self.network.named_parameters()
            if name.startswith(self.vision_prefix)
        }
