"""The wheel: all that the page needs, installed where there is no checkout."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest

from taskarith.places import ASSETS

ROOT = Path(__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
PATIENCE = 120  # seconds until the page answers


def test_a_checkout_reads_its_own_assets() -> None:
    assert ASSETS == ROOT / "assets"
    assert (ASSETS / "suites" / "mini" / "manifest.json").is_file()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds nothing but what the wheel brings."""
    folder = tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in listed.stdout.decode().split("\0")[:-1]:
        copy = folder / "source" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy)
    build = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", "dist", "."]
    subprocess.run(build, cwd=folder / "source", check=True, capture_output=True)
    (wheel,) = (folder / "source" / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "taskarith/assets/suites/mini/base.safetensors" in names
    assert "taskarith/assets/lessons/nulls.json" in names
    assert "taskarith/ui/js/stage/stage.js" in names
    assert not [name for name in names if "/logs/" in name]
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"taskarith"}
    there = folder / "there"
    install = [*PIP, "install", "--no-deps", "--no-index", "--target", str(there), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    return there


def environment(installed: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(installed), "OMP_NUM_THREADS": "1"}


@pytest.mark.slow
def test_it_measures_with_its_own_files(installed: Path, tmp_path: Path) -> None:
    code = "import taskarith.places as p; print(p.ASSETS)"
    place = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(installed), cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(place.stdout.strip()) == installed / "taskarith" / "assets"
    done = subprocess.run(
        [str(installed / "bin" / "taskarith"), "evaluate", "--n", "32", "--json"],
        env=environment(installed), cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "letters" in json.dumps(json.loads(done.stdout))


@pytest.mark.slow
def test_its_command_opens_the_page(installed: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = [str(installed / "bin" / "taskarith"), "app", "--port", str(port)]
    with subprocess.Popen(program, env=environment(installed), cwd=tmp_path) as running:
        try:
            ends = time.monotonic() + PATIENCE
            while not (text := answered(f"http://127.0.0.1:{port}/")):
                assert running.poll() is None
                assert time.monotonic() < ends
                time.sleep(0.2)
        finally:
            running.terminate()
    assert "Task Arithmetic Explorer" in text


def answered(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""
