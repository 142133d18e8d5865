"""Merged models whose parents are on the Hub: licences, vanished parents, and made again there."""

import json
import shutil
from pathlib import Path

import pytest
from torch import Tensor

from taskarith.cli import main
from taskarith.core import Edit
from taskarith.errors import ExportError
from taskarith.export.account import Account
from taskarith.export.exporting import export_edit
from taskarith.export.publication import Publication, plan_publication
from taskarith.export.publish import publish
from tests.hub.server import LoopbackHub, User
from tests.hub.tiny_hub import BASE, pulled

TOKEN = "hf_plantedPLANTEDplanted0123456789"
NAME = "alice/merged"
EDIT = Edit("tiny-hub", {"apples": 0.7, "coins": 0.5, "dice": -0.4})
PARENTS = (BASE, "tuned/apples", "tuned/coins", "tuned/dice")


@pytest.fixture
def account(hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> Account:
    hub.users[TOKEN] = User("alice")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    return Account(TOKEN)


def model(folder: Path, to: str) -> Path:
    """The edit of the suite that `folder` describes, exported; its parents are on the Hub."""
    return export_edit(pulled(folder), EDIT, folder.parent / to, to=to).folder


def license_parents(hub: LoopbackHub, *licences: str | None) -> None:
    """Let the parents' cards state these licences."""
    for name, licence in zip(PARENTS, licences, strict=True):
        commit = hub.find("models", name, "main")
        assert commit is not None
        hub.add(name, dict(commit.files), card={"license": licence, "base_model": BASE})


def planned(folder: Path, account: Account, licence: str | None = None) -> Publication:
    return plan_publication(folder, NAME, account, licence=licence)


def test_the_licence_of_all_parents_is_inherited(
    published: dict[str, dict[str, Tensor]], hub: LoopbackHub, folder: Path, account: Account
) -> None:
    exported = model(folder, "transformers")
    license_parents(hub, "mit", "MIT", "mit", "mit")
    plan = planned(exported, account)
    assert plan.licence == "mit"
    publish(plan, account)
    commit = hub.find("models", NAME, "main")
    assert commit is not None
    assert commit.card["license"] == "mit"
    assert commit.card["base_model"] == list(PARENTS)
    assert commit.card["base_model_relation"] == "merge"


def test_parents_that_do_not_agree(
    published: dict[str, dict[str, Tensor]], hub: LoopbackHub, folder: Path, account: Account
) -> None:
    exported = model(folder, "open_clip")
    license_parents(hub, "mit", "cc-by-nc-4.0", None, "mit")
    words = r"base: mit; apples: cc-by-nc-4\.0; coins: not stated; dice: mit\).*--licence mit"
    with pytest.raises(ExportError, match=words):
        planned(exported, account)
    assert planned(exported, account, "cc-by-nc-4.0").licence == "cc-by-nc-4.0"
    assert ("models", NAME) not in hub.commits


def test_a_parent_that_has_vanished(
    published: dict[str, dict[str, Tensor]], hub: LoopbackHub, folder: Path, account: Account
) -> None:
    exported = model(folder, "open_clip")
    license_parents(hub, "mit", "mit", "mit", "mit")
    del hub.commits["models", "tuned/coins"]
    with pytest.raises(ExportError, match=r"a parent has vanished: .*tuned/coins.*--licence mit"):
        planned(exported, account)
    assert planned(exported, account, "mit").licence == "mit"


@pytest.mark.parametrize("to", ["open_clip", "transformers", "vector"])
def test_what_is_published_is_made_again_from_the_hub(
    published: dict[str, dict[str, Tensor]],
    hub: LoopbackHub,
    folder: Path,
    account: Account,
    capsys: pytest.CaptureFixture[str],
    to: str,
) -> None:
    exported = model(folder, to)
    publish(planned(exported, account, "mit"), account)
    shutil.rmtree(exported)
    assert main(["suites", "add", str(folder)]) == 0
    capsys.readouterr()
    assert main(["verify", NAME, "--yes", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["equal"] is True
    assert found["tensors"] > 20
    assert (found["parents"], found["changed_parents"]) == (4, [])
