"""The Space: what `hf upload` sends, by the README's own command, and that it runs from that."""

import os
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser

from tests.hub.server import LoopbackHub, User
from tests.ui.empty import ROOT, copied, environment, new_environment, opens, pip, served

README = (ROOT / "README.md").read_text(encoding="utf-8")
FRONT_MATTER = yaml.safe_load(README.split("---\n")[1])
TOKEN = "hf_plantedPLANTEDplanted0123456789"
NAME = "alice/task-arithmetic-explorer"
CHECKOUT = ("app.py", "requirements.txt", "constraints.txt", "README.md", "LICENSE", "Dockerfile")
CHECKOUT += ("pyproject.toml", "taskarith", "assets")
# What a folder gathers in which somebody works.
LITTER = (".git/config", ".venv/bin/python", "node_modules/axe-core/axe.js", "runs/1/log.txt")
LITTER += (".env", "dist/a.whl", "taskarith.egg-info/PKG-INFO", ".mypy_cache/3.11/a.json")
LITTER += ("taskarith/__pycache__/a.pyc", "taskarith/ui/component.pyi", "tests/test_a.py")
# What a Space with `hf_oauth: true` finds in its environment.
OAUTH = {"OAUTH_CLIENT_ID": "us", "OAUTH_CLIENT_SECRET": "planted", "OAUTH_SCOPES": "profile"}
OAUTH |= {"SYSTEM": "spaces"}  # by which Gradio knows one
OAUTH |= {"OPENID_PROVIDER_URL": "http://127.0.0.1:9"}  # nobody logs in here


def command() -> list[str]:
    """The README's way to a Space, with a name of ours in it."""
    (line,) = re.findall(r"^\$ (hf upload .+)$", README, flags=re.MULTILINE)
    return shlex.split(line.replace("YOUR-NAME", "alice"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = copied(CHECKOUT, tmp_path / "checkout")
    for name in LITTER:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("litter", encoding="utf-8")
    return folder


@pytest.fixture
def space(checkout: Path, hub: LoopbackHub, tmp_path: Path) -> Path:
    """What is in the Space once it was sent, in a folder."""
    hub.users[TOKEN] = User("alice")
    hub.add(NAME, {}, kind="spaces")  # as the Hub has it once it was made
    program, *arguments = command()
    own = {**os.environ, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_UPDATE_CHECK": "1"}
    done = subprocess.run(
        [Path(sysconfig.get_path("scripts")) / program, *arguments],
        cwd=checkout, env=own, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    there = hub.find("spaces", NAME, "main")
    assert there is not None
    folder = tmp_path / "space"
    for name, content in there.files.items():
        assert isinstance(content, bytes)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_exactly_what_the_app_needs_is_sent(checkout: Path, space: Path) -> None:
    needed = {"app.py", "requirements.txt", "README.md", "LICENSE"}
    needed |= {name for name in names(checkout) if name.startswith(("taskarith/", "assets/"))}
    assert names(space) == needed - set(LITTER)
    for name in ("app.py", "requirements.txt", "assets/suites/mini/base.safetensors"):
        assert (space / name).read_bytes() == (ROOT / name).read_bytes()
    assert FRONT_MATTER["app_file"] in names(space)
    assert len(FRONT_MATTER["short_description"]) <= 60  # the Hub refuses a longer one


@pytest.mark.slow
@pytest.mark.browser
def test_it_starts_from_its_requirements_alone(
    space: Path, tmp_path: Path, browser: Browser
) -> None:
    python = new_environment(tmp_path / "there", borrowing=False)
    wanted = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert wanted == FRONT_MATTER["python_version"], "another Python than the Space's"
    sdk = f"gradio[oauth]=={FRONT_MATTER['sdk_version']}"  # which a Space adds to what we ask for
    pip(python, "install", "--requirement", str(space / "requirements.txt"), sdk)
    (tmp_path / "home").mkdir()
    variables = environment(tmp_path / "home", SPACE_ID=NAME, **OAUTH)
    with served([python, FRONT_MATTER["app_file"]], cwd=space, variables=variables) as url:
        opens(browser, url, measured=True)
