"""The browser's part under Node: what needs no browser is tested without one."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from taskarith.ui.hello import describe
from taskarith.ui.modules import _files

ROOT = Path(__file__).parents[2]
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
def test_the_browsers_part_in_node(tmp_path: Path) -> None:
    told = tmp_path / "hello.json"
    told.write_text(json.dumps(describe("mini")), encoding="utf-8")
    files = sorted(str(path) for path in Path(__file__).parent.glob("*.test.js"))
    done = subprocess.run(
        [str(NODE), "--test", *files],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        env={**os.environ, "TASKARITH_HELLO": str(told)},
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "# skipped 0" in done.stdout, done.stdout[-6000:]
    assert len(files) >= 10


@pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
def test_modules_are_whole_as_they_are_served(tmp_path: Path) -> None:
    """What is left out on the way must leave a module that still parses."""
    for number, text in enumerate(_files().values()):
        path = tmp_path / f"{number}.mjs"
        path.write_bytes(text)
    checked = subprocess.run(
        ["sh", "-c", 'for file in *.mjs; do "$0" --check "$file" || exit 1; done', str(NODE)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert checked.returncode == 0, checked.stderr
