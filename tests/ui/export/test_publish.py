"""The publishing form without a browser: whose login it uses, and that it keeps none of it."""

import gc
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import gradio as gr
import pytest

from taskarith.core import Edit
from taskarith.export.publication import Publication
from taskarith.export.publish import Published
from taskarith.suites import Suite
from taskarith.ui.export.exports import Exports
from taskarith.ui.export.publish import PublicationForm
from taskarith.ui.serving.jobs import Jobs, JobStatus
from tests.apart import run
from tests.hub.server import LoopbackHub, User

VISITOR = "00112233445566778899aabb"
OWNER, GUEST = "hf_ownersOWNERSowners0123456789", "hf_guestsGUESTSguests0123456789"
NAME = "guest/two-letters"
# What leads to the whole interpreter and holds nothing of a visitor's.
ELSEWHERE = (ModuleType, type, CodeType, FrameType)


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    jobs = Jobs()
    yield jobs
    jobs.close()


@pytest.fixture
def exports(tiny_suite: Suite) -> Exports:
    exports = Exports()
    exports.make(
        VISITOR, tiny_suite, Edit("tiny", {"apples": 0.5}), to="open_clip", dtype="float32",
        source="tiny", accuracies=(), statistics=None, report=lambda done, total, words: None,
        cancelled=lambda: False,
    )  # fmt: skip
    return exports


@pytest.fixture
def form(
    exports: Exports, jobs: Jobs, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> PublicationForm:
    """On a Space whose owner is logged in too."""
    hub.users |= {OWNER: User("owner"), GUEST: User("guest")}
    monkeypatch.setenv("SPACE_ID", "owner/space")
    monkeypatch.setenv("HF_TOKEN", OWNER)
    return PublicationForm(exports, jobs, public=True)


def token() -> gr.OAuthToken:
    return gr.OAuthToken(token=GUEST, scope="contribute-repos", expires_at=2_000_000_000)


def finished(jobs: Jobs) -> JobStatus:
    ends = time.monotonic() + 20
    while (look := jobs.status(VISITOR)) is None or not look.over:
        assert time.monotonic() < ends
        time.sleep(0.01)
    return look


def texts_within(*roots: object) -> Iterator[str]:
    """Every text that can be reached from `roots`: by attributes, containers and closures."""
    todo: list[object] = list(roots)
    seen: dict[int, object] = {}
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, ELSEWHERE):
            continue
        seen[id(one)] = one
        if isinstance(one, str):
            yield one
        elif isinstance(one, FunctionType):
            todo += [one.__closure__, one.__defaults__, one.__kwdefaults__]
        else:
            todo += gc.get_referents(one)


def test_what_can_be_reached_is_found() -> None:
    def holds(account: str = GUEST) -> Any:
        return lambda: account

    assert GUEST in texts_within({"job": [holds()]})
    assert GUEST not in texts_within({"job": [len]})


def test_a_visitors_token_is_nowhere_when_all_is_done(
    form: PublicationForm, exports: Exports, jobs: Jobs, hub: LoopbackHub
) -> None:
    planned, *_ = run(form.show_card(VISITOR, NAME, "", False, token()))
    assert isinstance(planned, Publication)  # the session keeps it
    assert planned.user == "guest"
    assert not any(GUEST in text for text in texts_within(planned, form, exports, jobs))
    run(form.send(VISITOR, planned, False, token()))
    look = finished(jobs)
    assert isinstance(look.result, Published), look.message
    assert hub.private == {NAME}
    gc.collect()
    assert not any(GUEST in text for text in texts_within(planned, form, exports, jobs, look))


def test_nor_after_a_refusal(
    form: PublicationForm, exports: Exports, jobs: Jobs, hub: LoopbackHub
) -> None:
    planned, *_ = run(form.show_card(VISITOR, NAME, "", False, token()))
    hub.fault("/preupload/", status=403, headers={"X-Error-Message": f"no: {GUEST}"})
    run(form.send(VISITOR, planned, False, token()))
    assert finished(jobs).state == "failed"
    gc.collect()
    assert not any(GUEST in text for text in texts_within(planned, form, exports, jobs))


def test_the_owners_login_is_not_a_visitors(form: PublicationForm, hub: LoopbackHub) -> None:
    planned, asked, *_ = run(form.show_card(VISITOR, NAME, "", False, None))
    assert planned is None
    assert "press the login button first" in asked
    assert "login button" in form.login_text(None)
    assert hub.requests == []


def test_nothing_is_sent_unseen(form: PublicationForm, hub: LoopbackHub, tmp_path: Path) -> None:
    *_, asked = run(form.send(VISITOR, None, False, token()))
    assert "press Show the card first" in asked
    assert hub.requests == []


def test_a_card_that_is_shown_fetches_nothing(
    form: PublicationForm, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a stranger named a vector or a task stands in it."""
    planned, _, _, shown, raw, _ = run(form.show_card(VISITOR, NAME, "", False, token()))
    assert shown.startswith("# ")
    assert shown in raw  # but for its header
    trap = "![x](https://elsewhere.test/x.png) <img src='https://elsewhere.test/y.png'>"
    card = f"---\nlicense: mit\n---\n# {trap}"
    monkeypatch.setattr(
        "taskarith.ui.export.publish._planned", lambda *_, **__: replace(planned, card=card)
    )
    *_, shown, raw, _ = run(form.show_card(VISITOR, NAME, "", False, token()))
    assert "![" not in shown
    assert "<img" not in shown
    assert "elsewhere.test/x.png" in shown  # as text
    assert raw == card
