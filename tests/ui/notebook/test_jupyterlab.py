"""The widget in a real JupyterLab, in a real Chromium: moved by hand, and by the next cell."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import PATIENCE, _answers, elsewhere, free_port

CELLS = (
    "import taskarith\nwidget = taskarith.widget({suite!r}, height=600, device='cpu')\nwidget",
    "widget.edit = taskarith.Edit('tiny', {{'coins': 0.4}})",
    "print('in hand:', widget.edit.formula())",
    "widget.close()\nprint('closed')",
)
RUN = re.compile(r"\[(\*|[0-9]+)\]")  # a cell's prompt once the kernel has it
STARTING = 3000 * PATIENCE  # ms: a kernel imports torch and gradio before it shows anything
# What asks other hosts: for news, and for newer versions.
QUIET = {"fetchNews": "false", "checkForUpdates": False}


@pytest.fixture(scope="module")
def lab(page_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("lab")
    (folder / "root").mkdir()
    cells = [
        {"cell_type": "code", "id": f"cell-{number}", "source": text.format(suite=str(page_folder))}
        | {"metadata": {}, "execution_count": None, "outputs": []}
        for number, text in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}}
    (folder / "root" / "explore.ipynb").write_text(json.dumps(notebook | {"cells": cells}))
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(QUIET))
    port = free_port()
    own = {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "HOME": str(folder)}
    own |= {"TASKARITH_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    program = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}",
        "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder / 'root'}",
        "--IdentityProvider.token=", "--ServerApp.ip=127.0.0.1",
    ]  # fmt: skip
    log = folder / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(program, stdout=out, stderr=out, env={**os.environ, **own}) as running,
    ):
        try:
            url = f"http://127.0.0.1:{port}/"
            ends = time.monotonic() + PATIENCE
            while not _answers(f"{url}api"):
                assert running.poll() is None, log.read_text()
                assert time.monotonic() < ends, log.read_text()
                time.sleep(0.1)
            yield url
        finally:
            running.terminate()


def run_cell(page: Page, number: int) -> None:
    """As a hand does it; JupyterLab lets a key go by while its kernel is still being connected."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    prompt = cell.locator(".jp-InputPrompt")
    ends = time.monotonic() + PATIENCE
    while not RUN.search(prompt.inner_text()):
        assert time.monotonic() < ends
        cell.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        with contextlib.suppress(AssertionError):
            expect(prompt).to_have_text(RUN, timeout=5000)


@pytest.mark.browser
def test_a_hand_and_a_cell_move_the_same_edit(browser: Browser, lab: str) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(1000 * PATIENCE)
    expect.set_options(timeout=1000 * PATIENCE)
    problems: list[str] = []
    page.on("request", lambda request: problems.extend(elsewhere(request.url, lab)))
    page.goto(f"{lab}lab/tree/explore.ipynb")
    page.locator(".jp-StatusBar-TextItem", has_text="| Idle").wait_for()
    run_cell(page, 0)
    page.locator(".taskarith[data-state=open]").wait_for(timeout=STARTING)
    expect(page.locator(".taskarith .formula")).to_contain_text("τ(apples)")
    page.wait_for_function("document.querySelector('.taskarith').page.engine.state === 'ready'")

    run_cell(page, 1)
    expect(page.locator(".taskarith .formula")).to_contain_text("0.40·τ(coins)")
    expect(page.locator(".taskarith .bar.target")).not_to_have_class("hollow")  # measured
    box = page.locator('.taskarith [data-vector="birds"] input.number')
    box.fill("-0.25")
    box.press("Enter")
    expect(page.locator(".taskarith .formula")).to_contain_text("0.25·τ(birds)")
    box.press("b")  # in JupyterLab a cell below; in here a letter
    page.wait_for_function("!document.querySelector('.taskarith').page.link.busy")

    run_cell(page, 2)
    said = page.locator(".jp-RenderedText", has_text="in hand")
    expect(said).to_contain_text("θ = θ₀ − 0.25·τ(birds) + 0.40·τ(coins)")
    assert page.locator(".jp-CodeCell").count() == len(CELLS)

    page.evaluate("document.body.style.setProperty('--jp-ui-font-color1', '#fff')")
    page.wait_for_function("document.querySelector('.taskarith').style.colorScheme === 'dark'")

    run_cell(page, 3)
    page.locator(".jp-RenderedText", has_text="closed").wait_for()
    expect(page.locator(".taskarith")).to_have_count(0)
    page.close()
    assert problems == []
