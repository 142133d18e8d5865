"""Real pictures on the loopback Hub, where this machine has them."""

from pathlib import Path

import pytest

from taskarith.suites.library import library_task
from tests.hub.server import LoopbackHub
from tests.hub.test_datasets import CARD, REAL

needs_real_pictures = pytest.mark.skipif(
    not (REAL / "mnist").is_dir(), reason="the real pictures are not on this machine"
)


def publish_pictures(hub: LoopbackHub, task: str, *, folder: str) -> None:
    """Put real pictures under the name of the dataset that the shared task `task` takes."""
    found = {path.name: path for path in Path(REAL / folder).glob("*.parquet")}
    files = {
        f"data/{split}-0.parquet": next(
            path for name, path in found.items() if split in name
        ).read_bytes()
        for split in ("train", "test")
    }
    hub.add(library_task(task)["data"]["dataset"], {"README.md": CARD, **files}, kind="datasets")
