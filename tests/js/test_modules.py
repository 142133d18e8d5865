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
# Parses every file as a module, in one process: to start one for each took 7 s.
PARSE = """
const { readFileSync } = require("node:fs");
const { SourceTextModule } = require("node:vm");
const files = process.argv.slice(1);
for (const file of files) new SourceTextModule(readFileSync(file, "utf8"), { identifier: file });
console.log(files.length);
"""


def parsed(files: list[Path]) -> "subprocess.CompletedProcess[str]":
    command = [str(NODE), "--experimental-vm-modules", "--eval", PARSE, *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True)


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
        (tmp_path / f"{number}.mjs").write_bytes(text)
    files = sorted(tmp_path.glob("*.mjs"))
    checked = parsed(files)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.split() == [str(len(files))]
    files[-1].write_bytes(b"export const whole = ;")
    assert "SyntaxError" in parsed(files).stderr
