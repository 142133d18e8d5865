"""Publishing to a Hub: whole or not at all, private unless asked, bit for bit what comes back."""

import json
import logging
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from taskarith import TaskVector, VectorInfo, load_vector
from taskarith.core import Edit
from taskarith.errors import ExportCancelled, ExportError
from taskarith.export.account import Account
from taskarith.export.exporting import export_edit
from taskarith.export.publication import Publication, plan_publication
from taskarith.export.publish import publish
from taskarith.sources import make_plan, pull, read_tensors
from taskarith.suites import Suite
from tests.hub.server import LoopbackHub, User

TOKEN = "hf_plantedPLANTEDplanted0123456789"
NAME = "alice/two-letters"
EDIT = Edit("tiny", {"apples": 0.7, "birds": -0.4})


@pytest.fixture
def account(hub: LoopbackHub) -> Account:
    hub.users[TOKEN] = User("alice", organizations=("ours",))
    return Account(TOKEN)


@pytest.fixture(params=["open_clip", "transformers", "vector"])
def exported(request: pytest.FixtureRequest, tiny_suite: Suite, tmp_path: Path) -> Path:
    return export_edit(tiny_suite, EDIT, tmp_path / "export", to=request.param).folder


@pytest.fixture
def model(tiny_suite: Suite, tmp_path: Path) -> Path:
    return export_edit(tiny_suite, EDIT, tmp_path / "model", to="open_clip").folder


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting between tries, ours and the client's, is for people's networks."""
    import huggingface_hub.utils._http

    import taskarith.export.publish

    hurried = SimpleNamespace(sleep=lambda seconds: None, time=time.time)
    monkeypatch.setattr(huggingface_hub.utils._http, "time", hurried)
    monkeypatch.setattr(taskarith.export.publish, "PAUSE", 0.01)


def planned(folder: Path, account: Account, **options: object) -> Publication:
    return plan_publication(folder, NAME, account, **options)  # type: ignore[arg-type]


def test_what_comes_back_is_bit_for_bit_what_was_sent(
    hub: LoopbackHub, account: Account, exported: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []
    plan = planned(exported, account)
    done = publish(plan, account, report=lambda *progress: told.append(progress))
    assert told[-1] == (plan.size, plan.size)
    assert done.private
    assert NAME in hub.private
    assert done.commit == hub.refs["models", NAME]["main"]
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    source = pull(make_plan(NAME, cache=cache), cache=cache)
    [path] = source.paths.values()
    [weights] = exported.glob("*.safetensors")
    assert path.read_bytes() == weights.read_bytes()
    assert source.commit == done.commit


def test_nothing_is_sent_by_planning(hub: LoopbackHub, account: Account, model: Path) -> None:
    plan = planned(model, account)
    assert {method for method, _ in hub.requests} == {"GET"}
    assert plan.user == "alice"
    assert plan.head is None
    assert plan.private
    assert plan.licence == "apache-2.0"
    assert "README.md" in plan.files
    assert plan.notes == ("The card states no accuracy: none was measured.",)
    assert "hf-hub:alice/two-letters" in plan.card


def test_the_card_is_what_the_hub_reads(hub: LoopbackHub, account: Account, model: Path) -> None:
    publish(planned(model, account), account)
    commit = hub.find("models", NAME, "main")
    assert commit is not None
    assert commit.card["license"] == "apache-2.0"
    assert commit.card["tags"] == ["task-vector", "task-arithmetic"]
    assert commit.card["library_name"] == "open_clip"
    config = json.loads(commit.files["open_clip_config.json"])  # type: ignore[arg-type]
    assert config["model_cfg"]["text_cfg"]["hf_tokenizer_name"] == NAME


def test_public_only_when_it_is_whole(hub: LoopbackHub, account: Account, model: Path) -> None:
    plan = planned(model, account, private=False)
    fault = hub.fault(f"/api/models/{NAME}/commit", status=500)
    with pytest.raises(ExportError, match=r"in trouble \(500\)"):
        publish(plan, account)
    assert NAME in hub.private
    assert not (hub.find("models", NAME, "main") or plan).files.keys() & {"README.md"}
    hub.faults.remove(fault)
    assert not publish(planned(model, account, private=False), account).private
    assert NAME not in hub.private


def test_a_connection_cut_in_the_middle_goes_on(
    hub: LoopbackHub, account: Account, model: Path
) -> None:
    hub.fault("/blobs/", cut=5_000, times=1)
    publish(planned(model, account), account)
    [weights] = model.glob("*.safetensors")
    assert hub.received == weights.stat().st_size  # once whole


def test_what_was_sent_before_an_error_is_not_sent_again(
    hub: LoopbackHub, account: Account, model: Path
) -> None:
    fault = hub.fault(f"/api/models/{NAME}/commit", status=503)
    with pytest.raises(ExportError, match="503"):
        publish(planned(model, account), account)
    received = hub.received
    assert received > 0
    hub.faults.remove(fault)
    plan = planned(model, account)
    assert not plan.exists  # a repository without files is no obstacle
    publish(plan, account)
    assert hub.received == received


def test_a_commit_whose_answer_was_lost_is_not_made_twice(
    hub: LoopbackHub, account: Account, model: Path
) -> None:
    plan = planned(model, account)
    publish(plan, account)
    commits = len(hub.commits["models", NAME])
    again = planned(model, account)
    assert again.exists
    from dataclasses import replace

    # As after a lost answer: the plan is older than the commit.
    older = next(iter(hub.commits["models", NAME]))
    done = publish(replace(again, head=older), account, overwrite=True)
    assert len(hub.commits["models", NAME]) == commits
    assert done.commit == hub.refs["models", NAME]["main"]


def test_an_existing_repository_is_not_overwritten_unsaid(
    hub: LoopbackHub, account: Account, model: Path
) -> None:
    before = hub.add(NAME, {"model.safetensors": b"x", "README.md": b"mine", "notes.txt": b"keep"})
    hub.private.add(NAME)
    plan = planned(model, account)
    assert plan.replaced == ("README.md", "model.safetensors", "notes.txt")
    with pytest.raises(ExportError, match=r"holds README\.md, model.* already; .*--overwrite"):
        publish(plan, account)
    assert hub.refs["models", NAME]["main"] == before
    publish(plan, account, overwrite=True)
    commit = hub.find("models", NAME, "main")
    assert commit is not None
    assert commit.files["notes.txt"] == b"keep"


def test_what_is_public_already_is_not_called_private(
    hub: LoopbackHub, account: Account, model: Path
) -> None:
    before = hub.add(NAME, {"README.md": b"mine"})
    with pytest.raises(
        ExportError, match=r"is public: everybody would see what is sent\..*--public"
    ):
        planned(model, account)
    plan = planned(model, account, private=False)
    assert not plan.private
    assert not publish(plan, account, overwrite=True).private
    assert NAME not in hub.private
    assert hub.refs["models", NAME]["main"] != before


def test_who_will_see_it(account: Account, model: Path) -> None:
    ours = plan_publication(model, "ours/letters", account)
    assert ours.readers == "the members of ours"
    assert planned(model, account).readers == "you"
    assert planned(model, account, private=False).readers == "everybody"


def test_what_is_private_is_not_opened_to_everybody(
    hub: LoopbackHub, account: Account, model: Path
) -> None:
    before = hub.add(NAME, {"README.md": b"mine", "secret.txt": b"mine"})
    hub.private.add(NAME)
    with pytest.raises(
        ExportError, match=r"show everybody what it holds \(README\.md, secret\.txt"
    ):
        planned(model, account, private=False)
    assert NAME in hub.private
    assert hub.refs["models", NAME]["main"] == before
    assert publish(planned(model, account), account, overwrite=True).private


def test_a_repository_that_was_opened_after_the_card_was_shown(
    hub: LoopbackHub, account: Account, model: Path
) -> None:
    before = hub.add(NAME, {"README.md": b"mine"})
    hub.private.add(NAME)
    plan = planned(model, account)
    hub.private.remove(NAME)
    with pytest.raises(ExportError, match="is public: everybody would see"):
        publish(plan, account, overwrite=True)
    assert hub.refs["models", NAME]["main"] == before
    assert hub.received == 0


def test_somebody_else_was_faster(hub: LoopbackHub, account: Account, model: Path) -> None:
    plan = planned(model, account)
    hub.add(NAME, {"README.md": b"theirs"})
    with pytest.raises(ExportError, match="a repository of that name already"):
        publish(plan, account)
    hub.private.add(NAME)
    older = planned(model, account)
    hub.add(NAME, {"README.md": b"newer"})
    with pytest.raises(ExportError, match="changed meanwhile; look at it and publish again"):
        publish(older, account, overwrite=True)


def test_refusals_say_what_to_do(
    hub: LoopbackHub, account: Account, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ExportError, match=r"alice\) have no write access to bob.*alice or ours"):
        plan_publication(model, "bob/theirs", account)
    with pytest.raises(ExportError, match="no repository's name"):
        plan_publication(model, "no/such/name", account)
    hub.quota = 100
    with pytest.raises(ExportError, match=r"no room left.*storage limit reached"):
        publish(planned(model, account), account)
    hub.quota = None
    hub.fault("/blobs/", status=413)
    with pytest.raises(ExportError, match="more than the Hub takes"):
        publish(planned(model, account), account)
    hub.users[TOKEN] = User("alice", role="read")
    with pytest.raises(ExportError, match="may only read"):
        planned(model, account)
    hub.users.clear()
    with pytest.raises(ExportError, match="not, or no longer, valid; log in with `hf auth login`"):
        planned(model, account)
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    with pytest.raises(ExportError, match="not logged in at the Hub: log in with"):
        Account()


def test_a_token_that_expires_half_way(hub: LoopbackHub, account: Account, model: Path) -> None:
    plan = planned(model, account)
    hub.fault(f"/api/models/{NAME}/commit", status=401)
    with pytest.raises(ExportError, match="no longer, valid"):
        publish(plan, account)
    commit = hub.find("models", NAME, "main")
    assert commit is not None
    assert list(commit.files) == [".gitattributes"]


def test_it_can_be_stopped(hub: LoopbackHub, account: Account, model: Path) -> None:
    with pytest.raises(ExportCancelled, match="nothing of it can be seen"):
        publish(planned(model, account), account, cancelled=lambda: True)
    commit = hub.find("models", NAME, "main")
    assert commit is not None
    assert list(commit.files) == [".gitattributes"]


def test_a_file_that_is_gone_when_it_is_sent(
    hub: LoopbackHub, account: Account, model: Path
) -> None:
    """A page's exports are kept for an hour; the card may have been shown before."""
    plan = planned(model, account)
    (model / "open_clip_model.safetensors").unlink()
    with pytest.raises(ExportError, match=r"_model\.safetensors is gone.*export it again"):
        publish(plan, account)
    assert ("models", NAME) not in hub.commits


def test_what_the_hub_has_is_compared(hub: LoopbackHub, account: Account, model: Path) -> None:
    plan = planned(model, account)
    honest = hub.add

    def garbling(name: str, files: dict, **more: object) -> str:  # type: ignore[type-arg]
        return honest(name, {**files, "README.md": b"other bytes"}, **more)  # type: ignore[arg-type]

    hub.add = garbling  # type: ignore[method-assign, assignment]
    try:
        with pytest.raises(ExportError, match=r"not published: the Hub has other bytes of README"):
            publish(plan, account)
    finally:
        hub.add = honest  # type: ignore[method-assign]


def test_a_vector_that_was_made_by_hand(
    hub: LoopbackHub, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("base/model", {"README.md": b""}, card={"license": "mit"})
    vector = TaskVector({"w": torch.ones(3)})
    vector.save(tmp_path / "v", info=VectorInfo(task="mnist", base="base/model", coefficient=0.3))
    plan = planned(tmp_path / "v", account)
    assert plan.licence == "mit"  # its parent's
    assert "Its maker suggests λ = 0.3" in plan.card
    publish(plan, account)
    commit = hub.find("models", NAME, "main")
    assert commit is not None
    assert commit.card["base_model"] == "base/model"
    assert commit.card["base_model_relation"] == "adapter"
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    cached = tmp_path / "cache"
    pulled = pull(make_plan(NAME, cache=cached), cache=cached)
    again, _ = load_vector(pulled.paths["task_vector.safetensors"])
    assert torch.equal(again["w"], vector["w"])


def test_parents_that_do_not_agree_or_have_vanished(
    hub: LoopbackHub, account: Account, tmp_path: Path
) -> None:
    hub.add("base/model", {"README.md": b""}, card={"license": "mit"})
    hub.add("tuned/model", {"README.md": b""}, card={"license": "cc-by-nc-4.0"})
    info = VectorInfo(task="mnist", base="base/model", source="tuned/model")
    TaskVector({"w": torch.ones(3)}).save(tmp_path / "v", info=info)
    with pytest.raises(ExportError, match=r"base: mit; fine-tuned model: cc-by-nc-4\.0.*--licence"):
        planned(tmp_path / "v", account)
    assert planned(tmp_path / "v", account, licence="cc-by-nc-4.0").licence == "cc-by-nc-4.0"
    with pytest.raises(ExportError, match="no licence identifier"):
        planned(tmp_path / "v", account, licence="Do what you like!")
    del hub.commits["models", "tuned/model"]
    with pytest.raises(ExportError, match=r"a parent has vanished: .*tuned/model.*--licence"):
        planned(tmp_path / "v", account)
    assert planned(tmp_path / "v", account, licence="mit").licence == "mit"


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("---\nlicense: [mit\n---\n# Mine\n", r"no valid YAML in line \d"),
        ("---\nlicense: mit\n# Mine\n", "not closed"),
        ("---\n- mit\n---\n# Mine\n", "must hold names and values"),
        ("---\na: &a [1]\nb: *a\n---\n# Mine\n", "aliases"),
    ],
)
def test_a_card_with_broken_yaml(account: Account, model: Path, card: str, words: str) -> None:
    (model / "README.md").write_text(card)
    with pytest.raises(ExportError, match=words):
        planned(model, account)


def test_a_card_of_ones_own_stays(hub: LoopbackHub, account: Account, model: Path) -> None:
    text = "---\nlicense: mit\n---\n# Mine\n"
    (model / "README.md").write_text(text)
    plan = planned(model, account)
    assert plan.notes == ("The card is your own text; it does not say base_model, tags.",)
    publish(plan, account)
    commit = hub.find("models", NAME, "main")
    assert commit is not None
    assert commit.files["README.md"] == text.encode()


def test_folders_that_are_none_of_ours(account: Account, tmp_path: Path, model: Path) -> None:
    with pytest.raises(ExportError, match="is no folder"):
        planned(tmp_path / "nowhere", account)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ExportError, match="holds neither task_vector"):
        planned(tmp_path / "empty", account)
    (model / "provenance.json").unlink()
    with pytest.raises(ExportError, match=r"has no provenance\.json"):
        planned(model, account)


def test_weights_that_were_changed_are_not_published(account: Account, model: Path) -> None:
    path = model / "open_clip_model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert read_tensors(path)
    with pytest.raises(ExportError, match="was changed after it was made"):
        planned(model, account)


def test_no_token_is_ever_said_or_kept(
    hub: LoopbackHub,
    account: Account,
    model: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Planted in every refusal there is: neither messages, logs nor files hold it."""
    caplog.set_level(logging.INFO)  # the network's own debugging prints what this server echoes
    for logger in ("taskarith", "huggingface_hub"):
        caplog.set_level(logging.DEBUG, logger=logger)
    said = [repr(account)]
    for status in (400, 401, 403, 409, 412, 413, 422, 429, 500, 503):
        hub.faults.clear()
        message = {"X-Error-Message": f"token {TOKEN} and hf_another0123456789 refused"}
        hub.fault(f"/api/models/{NAME}/commit", status=status, headers=message)
        with pytest.raises(ExportError) as caught:
            publish(planned(model, account), account)
        said += [str(caught.value), repr(caught.value.__cause__), repr(caught.value.__context__)]
    hub.faults.clear()
    publish(planned(model, account), account)
    assert not any(TOKEN in text or "hf_another" in text for text in said)
    assert TOKEN not in caplog.text
    assert TOKEN not in "".join(capsys.readouterr())
    assert not any(TOKEN in path for _, path in hub.requests)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path
    for commit in hub.commits["models", NAME].values():
        assert not any(TOKEN.encode() in bytes(data) for data in commit.files.values())  # type: ignore[arg-type]
