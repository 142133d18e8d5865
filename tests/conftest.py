"""Fixtures every test may use, and the rule when a marked test runs."""

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings

from taskarith.models.torchvision_operators import declare_torchvision_operators
from taskarith.suites import Suite, load_suite
from taskarith.ui.serving.importing import quick_imports
from tests.hub.environment import HUB
from tests.hub.server import LoopbackHub
from tests.longest import longest_first
from tests.tiny import build_tiny_suite
from tests.toy import build_toy_suite

# The same examples at every run: a failure here is a fact, not luck. Time limits would be luck too.
settings.register_profile(
    "taskarith",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("taskarith")

# On tiny models a second thread costs more than it gains, and far more on a busy machine.
torch.set_num_threads(1)

# The process that gathers what the others found imports the modules that their warnings come from.
declare_torchvision_operators()

# The shell is the same engine without windows, which take as long as a page; it has no cameras.
WHOLE_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = ("chromium-headless-shell", *WHOLE_CHROMIUM)

# Marker: what its tests need, and whether that is there.
NEEDS = {
    "gpu": ("a CUDA device", torch.cuda.is_available()),
    "network": ("TASKARITH_NETWORK=1", os.environ.get("TASKARITH_NETWORK") == "1"),
    "slow": ("TASKARITH_SLOW=1", os.environ.get("TASKARITH_SLOW") == "1"),
    "browser": ("Chromium on the PATH", any(shutil.which(name) for name in CHROMIUM)),
}


def share_drawn(cache: Path, drawn: Path) -> Path:
    """The cache at `cache`, made new with the pictures of the folder `drawn`."""
    cache.mkdir(parents=True)
    (cache / "pictures").symlink_to(drawn)
    return cache


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for garbage among what tests make: among imports it was a quarter of the time."""
    with quick_imports():
        return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    longest_first(items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, (need, there) in NEEDS.items():
        if item.get_closest_marker(marker) and not there:
            pytest.skip(f"needs {need}")


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny suite; read-only by agreement, copy it to change it."""
    return build_tiny_suite(tmp_path_factory.mktemp("suites") / "tiny")


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a suite of texts, of a family that only tests know; read-only by agreement."""
    return build_toy_suite(tmp_path_factory.mktemp("suites") / "toy")


@pytest.fixture
def tiny_suite(tiny_folder: Path) -> Suite:
    """A freshly opened tiny suite."""
    return load_suite(tiny_folder)


@pytest.fixture
def hub() -> LoopbackHub:
    """The loopback Hub, empty; the clients of the real one talk to it for the whole run."""
    HUB.clear()
    return HUB


@pytest.fixture(scope="session")
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders that nobody had before; none is made here, as few tests need theirs."""
    base = tmp_path_factory.mktemp("own")
    return (base / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def own_cache(own_folders: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the user's cache, or the suites that the user added."""
    own = next(own_folders)
    monkeypatch.setenv("TASKARITH_CACHE", str(own / "cache"))
    monkeypatch.setenv("TASKARITH_SUITES", str(own / "suites"))
    return own / "cache"


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures for all processes of the run: to draw those of `mini` takes a processor 17 s."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "drawn"
    shared.mkdir(exist_ok=True)
    return shared


@pytest.fixture
def drawn_once(own_cache: Path, drawn: Path) -> Path:
    """The test's cache, in which the pictures that other tests drew are kept already."""
    return share_drawn(own_cache, drawn)
