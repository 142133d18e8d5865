"""A page as a static Space: shown before it is sent, whole, and nobody's token told."""

import json
import re
from pathlib import Path

import pytest
import yaml

from taskarith.cli import main
from taskarith.errors import ExportError
from taskarith.export.account import Account
from taskarith.export.publish import publish
from taskarith.export.space import plan_space
from tests.hub.server import LoopbackHub, User

TOKEN = "hf_plantedPLANTEDplanted0123456789"
NAME = "alice/arithmetic"


@pytest.fixture
def account(hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> Account:
    hub.users[TOKEN] = User("alice", organizations=("ours",))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return Account()


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for name, text in (("index.html", "<!doctype html>θ"), ("page.js", "1;\n" * 4000)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [tmp_path / "index.html", tmp_path / "page.js"]


def test_a_static_space_is_what_was_written(
    files: list[Path], account: Account, hub: LoopbackHub
) -> None:
    plan = plan_space(files, NAME, account, suites=["mini", "mini-lm"])
    assert (plan.private, plan.exists, hub.commits) == (True, False, {})
    header = yaml.safe_load(plan.card.split("---\n")[1])
    assert (header["sdk"], header["app_file"]) == ("static", "index.html")
    assert "mini, mini-lm" in plan.card
    done = publish(plan, account)
    assert (done.url, done.private) == (f"{hub.url}/spaces/{NAME}", True)
    there = hub.find("spaces", NAME, "main")
    assert there is not None
    assert there.files["index.html"] == files[0].read_bytes()
    assert set(there.files) == {".gitattributes", "README.md", "index.html", "page.js"}
    assert ("models", NAME) not in hub.commits


def test_again_it_replaces_only_when_told_to(
    files: list[Path], account: Account, hub: LoopbackHub
) -> None:
    publish(plan_space(files, NAME, account, suites=["mini"]), account)
    files[0].write_text("<!doctype html>new", encoding="utf-8")
    again = plan_space(files, NAME, account, suites=["mini"])
    with pytest.raises(ExportError, match="--overwrite"):
        publish(again, account)
    publish(again, account, overwrite=True)
    there = hub.find("spaces", NAME, "main")
    assert there is not None
    assert there.files["index.html"] == b"<!doctype html>new"


@pytest.mark.parametrize(
    ("name", "says"),
    [("nobody", "owner/name"), ("bob/page", "no write access"), ("../x", "owner/name")],
)
def test_names_that_it_cannot_take(
    files: list[Path], account: Account, name: str, says: str
) -> None:
    with pytest.raises(ExportError, match=says):
        plan_space(files, name, account, suites=["mini"])
    with pytest.raises(ExportError, match=r"index\.html"):
        plan_space(files[1:], NAME, account, suites=["mini"])


def test_one_command_writes_shows_and_sends(
    account: Account,
    hub: LoopbackHub,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)
    command = ["site", "--as-shipped", "-o", str(tmp_path / "page"), "--space", NAME]
    assert main(command) == 2  # nobody said yes
    shown = capfd.readouterr().err
    assert re.search(r"index\.html, \d\.\d MB", shown)
    assert "sdk: static" in shown
    assert "nothing was sent" in shown
    assert hub.commits == {}
    assert main([*command, "--public", "--yes", "--json"]) == 0
    said = capfd.readouterr()
    answer = json.loads(said.out)
    assert answer["url"] == f"{hub.url}/spaces/{NAME}"
    assert answer["private"] is False
    there = hub.find("spaces", NAME, "main")
    assert there is not None
    assert there.files["index.html"] == (tmp_path / "page" / "index.html").read_bytes()
    assert TOKEN not in shown + said.out + said.err + caplog.text


def test_what_is_about_a_space_needs_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["site", "-o", str(tmp_path), "--public"]) == 2
    assert "add --space" in capsys.readouterr().err
