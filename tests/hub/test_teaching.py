"""Examples to teach from Hub datasets: what is fetched is said and bounded before it is."""

from dataclasses import replace

import pytest

from taskarith.errors import TaskArithError
from taskarith.training.teaching.bounds import OWNER_BOUNDS
from taskarith.training.teaching.datasets import look_at_dataset
from taskarith.training.teaching.examples import gathered
from taskarith.training.teaching.reading import Reading
from tests.hub import test_datasets as pictures
from tests.hub import test_text_datasets as texts
from tests.hub.server import LoopbackHub, User

MOODS = Reading(text="said", label="mood")


@pytest.fixture(autouse=True)
def _forget() -> None:
    """`datasets` and `fsspec` remember what they saw of a repository."""
    from huggingface_hub import HfFileSystem

    HfFileSystem.clear_instance_cache()


def test_texts_of_a_split_are_split_here(hub: LoopbackHub) -> None:
    texts.publish(hub, texts.parquet(20))
    with gathered(f"hub:{texts.NAME}", takes=["texts"], reading=MOODS) as found:
        assert found.classnames == ("0", "1")  # the dataset says no names
        assert [len(items) for items in found.splits.values()] == [10, 6, 4]
        assert found.origin.startswith(f"hub:{texts.NAME}@")
        every = {text for items in found.splits.values() for text, _ in items}
        assert every == {f"review {number}" for number in range(20)}


def test_pictures_are_counted_before_they_are_fetched(hub: LoopbackHub) -> None:
    pictures.publish(hub, pictures.parquet(100))
    few = Reading(most=20)
    place = f"{pictures.NAME}@test"
    seen = look_at_dataset(place, kind="images", reading=few, bounds=OWNER_BOUNDS)
    assert (seen.rows, seen.there) == (20, 100)
    assert f"20 of 100 rows of {pictures.NAME} (test)" in seen.in_words()
    with gathered(f"hub:{place}", takes=["images"], reading=few) as found:
        kept = [picture for items in found.splits.values() for picture, _ in items]
    assert len(kept) == 20
    # What is fetched is whole row groups of the two columns, and little else.
    assert sum(map(len, kept)) < seen.size < 100 * max(map(len, kept)) / 2


@pytest.mark.parametrize(
    ("place", "reading", "said"),
    [
        (pictures.NAME, Reading(image="img"), "has no column 'img'; it has image, label"),
        (f"{pictures.NAME}@dev", Reading(), "has no split 'dev'; it has"),
        (pictures.NAME, Reading(image="label"), "is no picture; name another"),
        ("someone/nothing", Reading(), "could not be fetched: .*the Hub knows no someone/nothing"),
        ("nothing", Reading(), "no dataset of the Hub; write OWNER/NAME"),
        ("../etc/x", Reading(), "no dataset of the Hub; write OWNER/NAME"),
    ],
)
def test_what_is_wrong_is_said(place: str, reading: Reading, said: str, hub: LoopbackHub) -> None:
    pictures.publish(hub, pictures.parquet(20))
    with (
        pytest.raises(TaskArithError, match=said),
        gathered(f"hub:{place}", takes=["images"], reading=reading),
    ):
        pass


def test_too_much_is_not_fetched(hub: LoopbackHub) -> None:
    pictures.publish(hub, pictures.parquet(20))
    bounds = replace(OWNER_BOUNDS, fetched=1_000)
    with pytest.raises(TaskArithError, match=r"would be fetched for 20 rows; at most 1\.0 kB"):
        look_at_dataset(pictures.NAME, kind="images", reading=Reading(), bounds=bounds)


def test_a_server_shows_visitors_nothing_of_its_owner(
    hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures.publish(hub, pictures.parquet(20))
    public = replace(OWNER_BOUNDS, public=True)
    look_at_dataset(pictures.NAME, kind="images", reading=Reading(), bounds=public)
    hub.gated.add(pictures.NAME)
    with pytest.raises(TaskArithError, match="is gated; teach it on a machine of your own"):
        look_at_dataset(pictures.NAME, kind="images", reading=Reading(), bounds=public)
    hub.gated.clear()
    hub.private.add(pictures.NAME)
    hub.users["of-the-owner"] = User("owner")
    monkeypatch.setenv("HF_TOKEN", "of-the-owner")
    look_at_dataset(pictures.NAME, kind="images", reading=Reading(), bounds=OWNER_BOUNDS)
    with pytest.raises(TaskArithError, match="or it is private"):
        look_at_dataset(pictures.NAME, kind="images", reading=Reading(), bounds=public)


def test_offline_it_is_said(monkeypatch: pytest.MonkeyPatch, hub: LoopbackHub) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with (
        pytest.raises(TaskArithError, match=r"could not be fetched: .*HF_HUB_OFFLINE is set"),
        gathered("hub:someone/else", takes=["images"]),
    ):
        pass
