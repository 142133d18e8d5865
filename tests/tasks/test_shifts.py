import pytest
import torch

from taskarith.core import Edit
from taskarith.errors import UnknownNameError
from taskarith.evaluation import Evaluator, measure
from taskarith.suites import Suite
from taskarith.tasks import Images
from taskarith.tasks.shifts import SHIFTS, own_name, shifted_name, shifted_split, shifted_task


@pytest.fixture(scope="module")
def split() -> Images:
    """Smooth pictures at full size, which look like something."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(300, 3, 5, 5, generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, 64, mode="bicubic").clamp(0, 1)
    pixels = (255 * smooth).permute(0, 2, 3, 1).contiguous().to(torch.uint8)
    return Images(pixels, torch.arange(300) % 7)


def test_there_are_enough_kinds() -> None:
    assert len(SHIFTS) >= 5
    assert {"blur", "noise", "contrast", "rotation", "recolour"} <= set(SHIFTS)
    assert len({shift.title for shift in SHIFTS.values()}) == len(SHIFTS)


@pytest.mark.parametrize("shift", list(SHIFTS))
def test_every_picture_changes_moderately_and_always_the_same_way(
    shift: str, split: Images
) -> None:
    before = split.pixels.clone()
    shifted = shifted_split(split, shift=shift, of="t/test")
    assert torch.equal(split.pixels, before)
    assert shifted.pixels.dtype == torch.uint8
    assert shifted.pixels.shape == before.shape
    assert torch.equal(shifted.labels, split.labels)
    change = (shifted.pixels.float() - before.float()).abs().flatten(1).mean(1)
    assert (change > 1).float().mean() > 0.98
    assert change.max() < 128
    # What is there can still be told: the pictures stay closer to themselves than to each other.
    a, b = (
        torch.nn.functional.avg_pool2d(images.float().permute(0, 3, 1, 2), 8).flatten(1)
        for images in (before, shifted.pixels)
    )
    a, b = (x - x.mean(1, keepdim=True) for x in (a, b))
    cosines = torch.nn.functional.normalize(b) @ torch.nn.functional.normalize(a).T
    assert (cosines.argmax(1) == torch.arange(len(a))).float().mean() > 0.95
    assert torch.equal(shifted_split(split, shift=shift, of="t/test").pixels, shifted.pixels)


def test_what_is_drawn_depends_on_the_split_it_is_for(split: Images) -> None:
    noise = {
        of: shifted_split(split, shift="noise", of=of).pixels
        for of in ("t/test", "t/validation", "u/test")
    }
    assert not torch.equal(noise["t/test"], noise["t/validation"])
    assert not torch.equal(noise["t/test"], noise["u/test"])


def test_contrast_blur_and_noise_do_what_they_say(split: Images) -> None:
    def spread(shift: str | None) -> float:
        images = shifted_split(split, shift=shift, of="t").pixels if shift else split.pixels
        return float(images.float().std())

    def roughness(shift: str | None) -> float:
        images = shifted_split(split, shift=shift, of="t").pixels if shift else split.pixels
        return float(images.float().diff(dim=2).abs().mean())

    assert spread("contrast") == pytest.approx(0.4 * spread(None), rel=0.05)
    assert roughness("blur") < roughness(None) < roughness("noise")


def test_names_go_both_ways() -> None:
    for shift in SHIFTS:
        assert own_name(shifted_name("textures", shift)) == ("textures", shift)
    assert own_name("textures") == ("textures", None)


def test_a_shifted_task_is_a_task_like_any_other(tiny_suite: Suite) -> None:
    own, shifted = tiny_suite.task("apples"), tiny_suite.task("apples@blur")
    assert shifted.name == "apples@blur"
    assert shifted.title == "Apples, blurred"
    assert (shifted.classnames, shifted.role) == (own.classnames, own.role)
    assert torch.equal(tiny_suite.class_weights("apples@blur"), tiny_suite.class_weights("apples"))
    assert "apples@blur" not in tiny_suite.tasks
    assert torch.equal(
        tiny_suite.split("apples@blur", "test").labels, tiny_suite.split("apples", "test").labels
    )
    assert tiny_suite.task("irons@noise").role == "recipe"


def test_measuring_keeps_order_labels_and_keys_apart(tiny_suite: Suite) -> None:
    evaluator, edit = Evaluator(tiny_suite, device="cpu"), Edit("tiny", {"birds": 0.5})
    names = ["birds", "birds@noise", "birds@shade"]
    measured = measure(evaluator, edit, tasks=names, split="validation")
    assert len({estimate.value for estimate in measured.values()}) > 1
    keys = {evaluator.key(edit, task=name, split="validation") for name in names}
    assert len({key.examples for key in keys}) == 3
    labels = [evaluator.labels(name, "validation").tolist() for name in names]
    assert labels[0] == labels[1] == labels[2]
    plain, noisy = (
        evaluator.images(name, "validation", start=0, stop=4).float() for name in names[:2]
    )
    assert 0 < (plain - noisy).abs().mean() < 64


@pytest.mark.parametrize("name", ["apples@", "apples@blurr", "aples@blur", "@blur"])
def test_unknown_shifts_and_tasks_are_refused(name: str, tiny_suite: Suite) -> None:
    for ask in (tiny_suite.task, tiny_suite.head, lambda n: tiny_suite.split(n, "test")):
        with pytest.raises(UnknownNameError, match="There are: "):
            ask(name)


def test_a_shift_that_does_not_exist_is_refused(tiny_suite: Suite, split: Images) -> None:
    with pytest.raises(UnknownNameError, match="unknown shift 'blurr'; did you mean 'blur'"):
        shifted_task(tiny_suite.task("apples"), "blurr")
    with pytest.raises(UnknownNameError, match="unknown shift"):
        shifted_split(split, shift="blurr", of="t")
