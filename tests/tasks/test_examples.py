import pytest
import torch

from taskarith.errors import AssetError
from taskarith.tasks.examples import Images, Texts, as_images


def texts(*said: str, labels: list[int] | None = None) -> Texts:
    return Texts(said, torch.tensor(labels or [0] * len(said)))


def test_the_fingerprint_is_of_every_example_and_label() -> None:
    pixels = torch.zeros(70, 4, 4, 3, dtype=torch.uint8)
    labels = torch.zeros(70, dtype=torch.int64)
    one = Images(pixels, labels).fingerprint
    assert Images(pixels.clone(), labels).fingerprint == one
    changed = pixels.clone()
    changed[69, 3, 3, 2] = 1
    assert Images(changed, labels).fingerprint != one
    assert Images(pixels, labels + 1).fingerprint != one


def test_texts_that_only_break_elsewhere_are_others() -> None:
    assert texts("ab", "c").fingerprint == texts("ab", "c").fingerprint
    assert texts("ab", "c").fingerprint != texts("a", "bc").fingerprint
    assert texts("a", "b").fingerprint != texts("a", "b", labels=[0, 1]).fingerprint
    answered = Texts(("a",), torch.zeros(1, dtype=torch.int64), ("b",))
    assert answered.fingerprint != texts("a").fingerprint


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: texts("good", "  "), "text 2 of 2 is empty"),
        (lambda: Texts(("a",), torch.zeros(2, dtype=torch.int64)), "one int64 label"),
        (lambda: Texts(("a",), torch.zeros(1, dtype=torch.int64), ("b", "c")), "2 answers"),
        (lambda: as_images(texts("a"), of="moods"), "the task 'moods' has texts"),
    ],
)
def test_what_is_no_examples_is_said(make: object, words: str) -> None:
    with pytest.raises(AssetError, match=words):
        make()  # type: ignore[operator]
