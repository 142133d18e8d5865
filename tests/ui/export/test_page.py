"""The page Export in a real browser: take an edit away, publish it on the loopback Hub."""

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page, expect

from taskarith.core import Edit
from taskarith.export.merged import merged_state
from taskarith.sources import make_plan, pull, read_tensors
from taskarith.suites import Suite, load_suite
from tests.hub.environment import HUB
from tests.hub.server import LoopbackHub, User, size_of
from tests.ui.conftest import PATIENCE, NewVisitor, Server

pytestmark = pytest.mark.browser

TOKEN = "hf_plantedPLANTEDplanted0123456789"
QUERY = "?suite=tiny&set=apples:0.7,birds:-0.4"
EDIT = Edit("tiny", {"apples": 0.7, "birds": -0.4})
GUEST = "mock-oauth-token-for-local-dev"  # what Gradio gives where it mocks the Hub's login
OpenExport = Callable[..., Page]


@pytest.fixture(scope="module")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server keeps its log, its results and its temporary files."""
    return tmp_path_factory.mktemp("export")


@pytest.fixture(scope="module")
def own_server(page_folder: Path, own_folder: Path) -> Iterator[Server]:
    """A server whose owner is logged in at the loopback Hub."""
    environment = {"HF_TOKEN": TOKEN, "TMPDIR": str(own_folder)}
    server = Server(page_folder, cache=own_folder / "cache", environment=environment)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def public_server(page_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for everybody; its owner's login is not for them."""
    folder = tmp_path_factory.mktemp("public")
    environment = {"HF_TOKEN": TOKEN, "GRADIO_SERVER_NAME": "0.0.0.0"}
    server = Server(page_folder, cache=folder / "cache", environment=environment)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def space_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("space")


@pytest.fixture(scope="module")
def space(page_folder: Path, space_folder: Path) -> Iterator[Server]:
    """The page as on a Space, where visitors log in at the Hub; Gradio mocks its side of that.

    Its owner has a login too, which is nobody else's.
    """
    HUB.clear()
    HUB.users[TOKEN] = User("owner")  # Gradio's mock asks who that is when it starts
    environment = {"SPACE_ID": "owner/space", "HF_TOKEN": TOKEN, "TMPDIR": str(space_folder)}
    environment |= {"GRADIO_SERVER_NAME": "127.0.0.1"}
    server = Server(page_folder, cache=space_folder / "cache", environment=environment)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def hub() -> LoopbackHub:
    HUB.clear()
    HUB.users[TOKEN] = User("alice", organizations=("ours",))
    return HUB


@pytest.fixture
def open_export(new_visitor: NewVisitor) -> Iterator[OpenExport]:
    expect.set_options(timeout=1000 * PATIENCE)
    context = new_visitor(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    problems: list[str] = []

    def open_at(server: Server, query: str = QUERY) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda r: (
                None
                if r.url.startswith((server.url, "data:", "blob:"))
                else problems.append(f"request to {r.url}")
            ),
        )
        page.goto(f"{server.url}export{query}")
        expect(page.locator("#export")).to_be_enabled()
        return page

    yield open_at
    assert problems == []


def choose(page: Page, title: str) -> None:
    page.get_by_label(title, exact=True).check()


def export(page: Page, file: str = "open_clip_model.safetensors") -> None:
    page.locator("#export").click()
    expect(page.locator("#files")).to_contain_text(file)
    expect(page.locator("#moving")).to_contain_text("Ready")


def save(page: Page, folder: Path) -> Path:
    """What the Download button gives, unpacked."""
    with page.expect_download() as download:
        page.locator("#download").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder / path.stem


def test_the_edit_in_hand_is_exported(
    open_export: OpenExport, own_server: Server, page_suite: Suite, tmp_path: Path, hub: LoopbackHub
) -> None:
    page = open_export(own_server)
    expect(page.locator("#edit")).to_contain_text("θ = θ₀ + 0.70·τ(apples) − 0.40·τ(birds)")
    expect(page.locator("#edit")).to_contain_text("birds is subtracted, λ = −0.4")
    expect(page.locator("#size")).to_contain_text("open_clip_model.safetensors and 5 small files")
    export(page)
    folder = save(page, tmp_path)
    assert folder.name == "tiny-open_clip"
    found, expected = read_tensors(folder / "open_clip_model.safetensors"), None
    expected = merged_state(page_suite, EDIT)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_small_formats_and_halves(
    open_export: OpenExport, own_server: Server, tmp_path: Path, hub: LoopbackHub
) -> None:
    page = open_export(own_server)
    choose(page, "edit as JSON")
    expect(page.locator("#size")).to_contain_text("edit.json")
    expect(page.locator("#dtype")).to_be_hidden()
    export(page, "edit.json")
    expect(page.locator("#publishing")).to_be_hidden()
    folder = save(page, tmp_path)
    assert Edit.from_json(json.loads((folder / "edit.json").read_text())) == EDIT
    choose(page, "mergekit recipe")
    expect(page.locator("#size")).to_contain_text("base.safetensors, apples.safetensors")
    choose(page, "task vector")
    choose(page, "float16")
    export(page, "task_vector.safetensors")
    folder = save(page, tmp_path)
    vector = read_tensors(folder / "task_vector.safetensors")
    assert {tensor.dtype for tensor in vector.values()} == {torch.float16}


def test_publish_and_pull_back_bit_for_bit(
    open_export: OpenExport,
    own_server: Server,
    own_folder: Path,
    page_suite: Suite,
    tmp_path: Path,
    hub: LoopbackHub,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = open_export(own_server)
    export(page)
    expect(page.locator("#login")).to_contain_text("Logged in as alice")
    page.locator("#name input, #name textarea").fill("alice/from-the-page")
    page.locator("#preview button, button#preview").click()
    expect(page.locator("#card-shown")).to_contain_text("What it was made of")
    expect(page.locator("#asked")).to_contain_text("only you and whom you let in")
    assert ("models", "alice/from-the-page") not in hub.commits  # nothing is sent by looking
    assert page.get_by_label("For everybody (public)").is_checked() is False
    page.locator("#publish").click()
    expect(page.locator("#moving")).to_contain_text("Published: alice/from-the-page")
    assert "alice/from-the-page" in hub.private
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    cache = tmp_path / "cache"
    source = pull(make_plan("alice/from-the-page", cache=cache), cache=cache)
    found = read_tensors(source.paths["open_clip_model.safetensors"])
    expected = merged_state(page_suite, EDIT)
    assert all(torch.equal(found[name], expected[name]) for name in expected)

    # Again: said before anything is replaced.
    page.locator("#preview button, button#preview").click()
    expect(page.locator("#asked")).to_contain_text("is there already")
    page.locator("#publish").click()
    expect(page.locator("#asked")).to_contain_text("tick Replace what is there")
    page.get_by_label("Replace what is there").check()
    page.locator("#publish").click()
    expect(page.locator("#moving")).to_contain_text("Published: alice/from-the-page")

    # The token is nowhere where it could be read.
    assert TOKEN not in page.content()
    kept = list(own_folder.rglob("*"))
    assert any(path.suffix == ".log" for path in kept)
    assert any(path.name == "provenance.json" for path in kept)
    for path in kept:
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path
    assert not any(TOKEN in path for _, path in hub.requests)


def test_refusals_reach_the_page(
    open_export: OpenExport, own_server: Server, hub: LoopbackHub
) -> None:
    page = open_export(own_server)
    export(page)
    asked, name = page.locator("#asked"), page.locator("#name input, #name textarea")
    preview = page.locator("#preview button, button#preview")
    for typed, words in (
        ("", "is no reference"),
        ("bob/theirs", "you (alice) have no write access to bob"),
        ("<b>x</b>", "is no reference"),
    ):
        name.fill(typed)
        preview.click()
        expect(asked).to_contain_text(words)
    name.fill("alice/new")
    page.locator("#licence input, #licence textarea").fill("do what you like!")
    preview.click()
    expect(asked).to_contain_text("is no licence identifier")
    page.locator("#licence input, #licence textarea").fill("")
    hub.add("alice/seen", {"README.md": b"mine"})
    hub.add("alice/hidden", {"README.md": b"mine"})
    hub.private.add("alice/hidden")
    name.fill("alice/seen")
    preview.click()
    expect(asked).to_contain_text("is public: everybody would see what is sent")
    page.get_by_label("For everybody (public)").check()
    name.fill("alice/hidden")
    preview.click()
    expect(asked).to_contain_text("would show everybody what it holds (README.md)")
    expect(page.locator("#publish")).to_be_hidden()
    page.get_by_label("For everybody (public)").uncheck()
    name.fill("alice/new")
    preview.click()
    expect(page.locator("#publish")).to_be_visible()
    hub.users.clear()
    page.locator("#publish").click()
    expect(page.locator("#moving")).to_contain_text("no longer, valid")
    assert ("models", "alice/new") not in hub.commits


def test_an_export_can_be_cancelled(
    open_export: OpenExport, own_server: Server, own_folder: Path, hub: LoopbackHub
) -> None:
    """The button is pressed as soon as it is there, while some forty megabytes are written.

    Where all was written before the button came, another window tries again.
    """
    edit = ",".join(f"{name}:0.1" for name in load_suite("mini").vectors)

    def written() -> set[Path]:
        return set(own_folder.rglob("*.safetensors"))

    for _ in range(6):
        page = open_export(own_server, f"?suite=mini&set={edit}")
        choose(page, "mergekit recipe")
        expect(page.locator("#size")).to_contain_text("base.safetensors")
        page.evaluate(
            """() => new MutationObserver(() => {
              const button = document.querySelector("#cancel");
              if (button && !button.disabled && button.offsetParent) button.click();
            }).observe(document.body, {subtree: true, childList: true, attributes: true})"""
        )
        before = written()
        page.locator("#export").click()
        moving = page.locator("#moving")
        expect(moving).to_contain_text(re.compile("stopped|Ready"))
        if "Ready" not in moving.inner_text():
            break
    expect(moving).to_contain_text("stopped; nothing of it is left")
    expect(page.locator("#download")).to_be_hidden()
    expect(page.locator("#cancel")).to_be_hidden()
    expect(page.locator("#export")).to_be_enabled()
    assert written() == before


def test_what_the_hub_refuses_in_the_middle(
    open_export: OpenExport, own_server: Server, hub: LoopbackHub
) -> None:
    page = open_export(own_server)
    export(page)
    asked, moving = page.locator("#asked"), page.locator("#moving")
    name = page.locator("#name input, #name textarea")
    preview = page.locator("#preview button, button#preview")

    def publish(repository: str) -> None:
        name.fill(repository)
        preview.click()
        expect(asked).to_contain_text(f"To {repository}, as alice")
        page.locator("#publish").click()

    hub.quota = 100
    publish("alice/large")
    expect(moving).to_contain_text("no room left")
    expect(moving).to_contain_text("storage limit reached")
    hub.quota = None

    name.fill("alice/taken")
    preview.click()
    expect(asked).to_contain_text("To alice/taken")
    hub.add("alice/taken", {"README.md": b"theirs"})
    page.locator("#publish").click()
    expect(moving).to_contain_text("there is a repository of that name already")

    # The connection breaks in the middle of the weights, then the Hub is in trouble for a while.
    received = hub.received
    hub.fault("/blobs/", cut=5_000, times=1)
    trouble = hub.fault("/api/models/alice/again/commit", status=503)
    publish("alice/again")
    expect(moving).to_contain_text("in trouble (503)")
    expect(moving).to_contain_text("what was sent is kept there")
    sent = hub.received - received
    assert "alice/again" in hub.private  # and holds nothing
    hub.faults.remove(trouble)
    publish("alice/again")
    expect(moving).to_contain_text("Published: alice/again")
    assert hub.received - received == sent  # it went on: the weights were sent once
    commit = hub.find("models", "alice/again", "main")
    assert commit is not None
    assert sent == size_of(commit.files["open_clip_model.safetensors"])


def test_nonsense_in_the_link(
    open_export: OpenExport, own_server: Server, hub: LoopbackHub
) -> None:
    page = open_export(own_server, "?suite=tiny&set=nothing:1,apples:99,birds:x")
    expect(page.locator("#edit")).to_contain_text("there is no task vector nothing")
    expect(page.locator("#edit")).to_contain_text("θ = θ₀")
    choose(page, "mergekit recipe")
    expect(page.locator("#size")).to_contain_text("every λ is 0")
    page.locator("#export").click()
    expect(page.locator("#moving")).to_contain_text("every λ is 0")


def test_a_visitor_of_a_space_publishes_with_a_login_of_their_own(
    open_export: OpenExport, space: Server, space_folder: Path, hub: LoopbackHub
) -> None:
    hub.users |= {TOKEN: User("owner"), GUEST: User("guest")}
    page = open_export(space)
    export(page)
    login, preview = page.locator("#login"), page.locator("#preview button, button#preview")
    expect(login).to_contain_text("You are not logged in: press the login button first")
    page.locator("#name input, #name textarea").fill("owner/stolen")
    preview.click()
    expect(page.locator("#asked")).to_contain_text("press the login button first")
    assert hub.requests == []

    page.locator("#enter").click()
    expect(page.locator("#enter")).to_have_text("Log out (owner)")  # the mock's profile
    assert page.url.endswith(QUERY)  # back at the edit that was in hand
    expect(page.locator("#edit")).to_contain_text("θ = θ₀ + 0.70·τ(apples) − 0.40·τ(birds)")
    expect(login).to_contain_text("Logged in as guest; you may publish under guest")
    page.locator("#name input, #name textarea").fill("owner/stolen")
    preview.click()
    expect(page.locator("#asked")).to_contain_text("you (guest) have no write access to owner")
    page.locator("#name input, #name textarea").fill("guest/mine")
    preview.click()
    expect(page.locator("#asked")).to_contain_text("only you and whom you let in")
    page.locator("#publish").click()
    expect(page.locator("#moving")).to_contain_text("Published: guest/mine")
    assert hub.private == {"guest/mine"}

    # Neither login is where it could be read; the visitor's is in a cookie that no script sees.
    said = [page.content(), page.evaluate("document.cookie"), page.url]
    said += [page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")]
    said += [path for _, path in hub.requests]
    kept = [path for path in space_folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".log" for path in kept)
    for token in (TOKEN, GUEST):
        assert not any(token in text for text in said)
        for path in kept:
            assert token.encode() not in path.read_bytes(), path

    page.locator("#enter").click()
    expect(page.locator("#enter")).to_have_text("Log in with Hugging Face")
    expect(login).to_contain_text("You are not logged in")


def test_a_visitors_login_that_is_over(
    open_export: OpenExport, space: Server, hub: LoopbackHub
) -> None:
    page = open_export(space)
    page.locator("#format").get_by_label("task vector").check()
    export(page, "task_vector.safetensors")
    page.locator("#enter").click()
    expect(page.locator("#login")).to_contain_text("valid; log out, then log in again")


def test_visitors_of_a_public_server_do_not_publish_with_its_owners_login(
    open_export: OpenExport, public_server: Server, hub: LoopbackHub
) -> None:
    page = open_export(public_server)
    export(page)
    expect(page.locator("#login")).to_contain_text("is for whoever runs the server")
    page.locator("#name input, #name textarea").fill("alice/stolen")
    page.locator("#preview button, button#preview").click()
    expect(page.locator("#asked")).to_contain_text("is for whoever runs the server")
    assert hub.requests == []
