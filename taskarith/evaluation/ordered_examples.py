"""A suite's examples in their stratified order, as the live model takes them.

Each split is ordered, and its texts cut into ids, once; pixels stay uint8, on an accelerator as
far as they fit. Knows no weights and no heads.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from taskarith.errors import AssetError
from taskarith.evaluation.order import stratified_order
from taskarith.evaluation.plan import Part
from taskarith.heads.head import Prompts
from taskarith.suites import Suite
from taskarith.tasks import SplitName, Texts
from taskarith.tasks.examples import as_images

__all__ = ["Ordered", "OrderedExamples"]

RESIDENT_BYTES = 4 * 2**30  # pixels kept on an accelerator, as uint8


@dataclass(frozen=True, eq=False)
class Ordered:
    """A split in its stratified order: where each example lies, its label, and a fingerprint."""

    order: Tensor
    labels: np.ndarray
    fingerprint: str


class OrderedExamples:
    """The examples of a suite's splits, for `model` on `device`.

    `of` may be asked from any thread, the rest from one.
    """

    def __init__(self, suite: Suite, *, model: Any, device: torch.device) -> None:
        self._suite = suite
        self._model = model
        self._device = device
        self._ordered: dict[tuple[str, str], Ordered] = {}
        self._prompts: dict[tuple[str, str], Prompts] = {}
        self._resident: dict[tuple[str, str], Tensor] = {}

    def of(self, task: str, split: SplitName) -> Ordered:
        """The order of a split, made once."""
        found = self._ordered.get((task, split))
        if found is None:
            loaded = self._suite.split(task, split)
            order = torch.from_numpy(stratified_order(loaded.labels.numpy()))
            labels = loaded.labels[order].numpy().astype(np.int32)
            found = Ordered(order, labels, loaded.fingerprint)
            self._ordered[task, split] = found
        return found

    def images(self, task: str, split: SplitName, *, start: int, stop: int) -> Tensor:
        """The pixels, uint8 [stop − start, side, side, 3], on the device."""
        order = self.of(task, split).order[start:stop]
        if self._device.type == "cpu":
            # Rows copied whole: four times as fast as indexing, which goes pixel by pixel.
            return self._pixels(task, split).index_select(0, order)
        resident = self._resident.get((task, split))
        if resident is None:
            pixels = self._pixels(task, split)
            if self._resident_bytes() + pixels.nbytes > RESIDENT_BYTES:
                return pixels[order].to(self._device)
            resident = pixels[self.of(task, split).order].to(self._device)
            self._resident[task, split] = resident
        return resident[start:stop]

    def prompts(self, part: Part, split: SplitName) -> Prompts:
        """A part's texts as the model takes them; AssetError where it has none."""
        key = (part.task, split)
        if key not in self._prompts:
            examples = self._suite.split(part.task, split)
            if not isinstance(examples, Texts):
                raise AssetError(f"the head of {part.task!r} takes texts, not {examples.kind}")
            with torch.inference_mode(False):  # whoever differentiates may ask for them, too
                self._prompts[key] = Prompts.of(self._model, examples)
        order = self.of(part.task, split).order
        return self._prompts[key].take(order[part.start : part.stop])

    def _pixels(self, task: str, split: SplitName) -> Tensor:
        return as_images(self._suite.split(task, split), of=task).pixels

    def _resident_bytes(self) -> int:
        return sum(pixels.nbytes for pixels in self._resident.values())
