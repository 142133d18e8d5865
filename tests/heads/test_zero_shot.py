from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from taskarith.heads.zero_shot import build_head
from taskarith.suites import Suite


class Encoder:
    """Texts as random directions, each text always the same one."""

    logit_scale = 7.0

    def __init__(self) -> None:
        self.batches: list[int] = []

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        self.batches.append(len(texts))
        rows = [
            torch.randn(6, generator=torch.Generator().manual_seed(sum(map(ord, text))))
            for text in texts
        ]
        return normalize(torch.stack(rows), dim=-1)


CLASSES, TEMPLATES = ["red", "blue", "green"], ["a {}", "one {} thing", "{}"]


def test_a_head_is_the_formula_of_the_glossary() -> None:
    encoder = Encoder()
    head = build_head(encoder, CLASSES, TEMPLATES)
    for row, name in zip(head, CLASSES, strict=True):
        mean = torch.zeros(6)
        for template in TEMPLATES:
            (embedding,) = encoder.encode_texts([template.replace("{}", name)])
            mean += embedding / embedding.norm() / len(TEMPLATES)
        torch.testing.assert_close(row, 7.0 * mean / mean.norm())


def test_every_class_weight_has_the_length_of_the_logit_scale() -> None:
    lengths = build_head(Encoder(), CLASSES, TEMPLATES).norm(dim=1)
    torch.testing.assert_close(lengths, torch.full((3,), 7.0))


def test_many_prompts_are_encoded_in_batches() -> None:
    encoder = Encoder()
    names = [f"class {i}" for i in range(700)]
    head = build_head(encoder, names, ["{}", "a {}"])
    assert encoder.batches == [512, 512, 376]
    torch.testing.assert_close(head[600:602], build_head(Encoder(), names[600:602], ["{}", "a {}"]))


def test_a_real_text_tower_makes_an_ordinary_tensor(tiny_suite: Suite) -> None:
    task, model = tiny_suite.tasks["apples"], tiny_suite.model()
    head = build_head(model, task.classnames, task.templates)
    assert head.shape == tiny_suite.class_weights("apples").shape
    assert head.dtype == torch.float32
    assert not head.is_inference()
    assert head.norm(dim=1).tolist() == pytest.approx([model.logit_scale] * 4, rel=1e-5)
