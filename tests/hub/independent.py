"""A suite's accuracy the whole way again: transformers and a few lines, with nothing of ours."""

import io
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import torch
from PIL import Image
from torch import Tensor

from tests.clips import SIDE


def accuracy_of(
    base_folder: Path,
    state: dict[str, Tensor],
    *,
    classnames: Sequence[str],
    templates: Sequence[str],
    images: Tensor,
    labels: Tensor,
) -> float:
    """The zero-shot accuracy of the model in `base_folder` with the weights of `state`."""
    from transformers import CLIPModel, CLIPTokenizer

    model = CLIPModel.from_pretrained(base_folder).eval()
    model.load_state_dict(state, strict=False)
    tokenizer = CLIPTokenizer.from_pretrained(base_folder)
    rows = []
    with torch.inference_mode():
        for name in classnames:
            prompts = [template.format(name) for template in templates]
            tokens = tokenizer(prompts, padding="max_length", max_length=77, return_tensors="pt")
            text = model.text_projection(model.text_model(**tokens).pooler_output)
            mean = (text / text.norm(dim=-1, keepdim=True)).mean(0)
            rows.append(mean / mean.norm())
        values = images.float() / 255
        values = (values - torch.tensor([0.4, 0.5, 0.6])) / torch.tensor([0.2, 0.3, 0.25])
        vision = model.vision_model(pixel_values=values.permute(0, 3, 1, 2)).pooler_output
        scores = model.visual_projection(vision) @ torch.stack(rows).T
    return float((scores.argmax(1) == labels).float().mean())


def squares(file: Path) -> tuple[Tensor, Tensor]:
    """The square pictures of a parquet file at the side of the tiny CLIPs, and their labels."""
    table = pq.read_table(file)
    images = []
    for picture in table["image"].to_pylist():
        opened = Image.open(io.BytesIO(picture["bytes"])).convert("RGB")
        assert opened.width == opened.height
        small = opened.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        images.append(torch.frombuffer(bytearray(small.tobytes()), dtype=torch.uint8))
    return torch.stack(images).view(-1, SIDE, SIDE, 3), torch.tensor(table["label"].to_pylist())
