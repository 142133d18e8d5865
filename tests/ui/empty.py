"""Environments without this checkout, and the app served out of one as a user would start it."""

import os
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from tests.ui.conftest import ARGUMENTS, PATIENCE, _answers, elsewhere, free_port

__all__ = ["ARGUMENTS", "copied", "environment", "new_environment", "opens", "pip", "served"]

ROOT = Path(__file__).parents[2]
# What a checkout gathers and git ignores.
LITTER = shutil.ignore_patterns("__pycache__", "*.pyi", "*.egg-info")
# What would lead a process back to this checkout, or to its owner's settings.
OURS = ("PYTHONPATH", "VIRTUAL_ENV", "TASKARITH_", "GRADIO_", "SPACE_ID")


def copied(names: Sequence[str], folder: Path) -> Path:
    """A folder that holds these files and folders of the checkout, as they are in git."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=LITTER)
        else:
            shutil.copyfile(ROOT / name, folder / name)
    return folder


def new_environment(folder: Path, *, borrowing: bool) -> Path:
    """A virtual environment's Python. Borrowing, it finds the packages of the tests' own one, but
    not this checkout, which stands there by a .pth file that is not read from here.
    """
    venv.create(folder, with_pip=not borrowing)
    python = folder / "bin" / "python"
    if borrowing:
        (packages,) = folder.glob("lib/*/site-packages")
        (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    code = "import importlib.util as u; print(u.find_spec('taskarith'))"
    found = subprocess.run(
        [python, "-c", code], env=environment(folder), cwd=folder, capture_output=True, text=True
    )
    assert found.stdout.strip() == "None", found.stdout + found.stderr
    return python


def pip(python: Path, *arguments: str, cwd: Path | None = None) -> str:
    """Run this Python's pip for another one, which may have none."""
    program = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
    own = {name: text for name, text in os.environ.items() if not name.startswith(OURS)}
    done = subprocess.run(
        [*program, *arguments], cwd=cwd, env=own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def environment(home: Path, **more: str) -> dict[str, str]:
    """The variables of a process that is nobody's: with a home of its own."""
    own = {name: text for name, text in os.environ.items() if not name.startswith(OURS)}
    return {**own, "HOME": str(home), "OMP_NUM_THREADS": "1", "PYTHONNOUSERSITE": "1", **more}


@contextmanager
def served(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    variables: Mapping[str, str],
    patience: int = PATIENCE,
) -> Iterator[str]:
    """The address at which `command` serves the page, once it answers."""
    port = free_port()
    log = cwd.parent / f"served-{port}.log"
    own = {**variables, "GRADIO_SERVER_PORT": str(port)}
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=cwd, env=own, stdout=out, stderr=out) as running,
    ):
        try:
            url = f"http://127.0.0.1:{port}/"
            ends = time.monotonic() + patience
            while not _answers(url):
                assert running.poll() is None, log.read_text()
                assert time.monotonic() < ends, log.read_text()
                time.sleep(0.1)
            yield url
        finally:
            running.terminate()


def opens(browser: Browser, url: str, *, measured: bool = False) -> None:
    """A visitor opens the page on what was shipped; nobody else is asked.

    With `measured` the visitor also waits for a number that is measured there and then.
    """
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(1000 * PATIENCE)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: problems.extend(elsewhere(request.url, url)))
    page.goto(f"{url}?suite=mini&set=letters:-0.37&focus=letters")
    page.locator(".taskarith[data-state=open]").wait_for()
    page.locator(".bar .fill").first.wait_for()
    if measured:
        page.wait_for_function(
            "document.querySelector('#instrument').page.found('letters')?.kind === 'measured'"
        )
    page.close()
    assert not problems, problems
