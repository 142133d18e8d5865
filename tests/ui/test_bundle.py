"""Modules linked into one: in order, and refused where they are written in another style."""

import shutil
import subprocess
from pathlib import Path

import pytest

from taskarith.ui import bundle as bundling
from taskarith.ui.bundle import bundle
from taskarith.ui.modules import names

NODE = shutil.which("node")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    texts: dict[str, str] = {}
    monkeypatch.setattr(bundling, "text_of", texts.__getitem__)
    return texts


@pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
def test_linked_modules_do_what_they_do_apart(written: dict[str, str], tmp_path: Path) -> None:
    written["a.js"] = (
        'import {\n  one,\n  two as zwei,\n} from "./deep/b.js";\n'
        'export async function sum() {\n  const { later } = await import("./c.js");\n'
        "  return one() + zwei + later(1);\n}\n"
    )
    written["deep/b.js"] = "export function one() {\n  return 1;\n}\nexport const two = 2;\n"
    written["c.js"] = 'import { two } from "./deep/b.js";\nexport const later = (x) => x + two;\n'
    file = tmp_path / "linked.mjs"
    file.write_text(bundle(["a.js"], then='console.log(await __modules["a.js"].sum());'))
    done = subprocess.run([str(NODE), str(file)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "6"


@pytest.mark.skipif(NODE is None, reason="node is not on the PATH")
@pytest.mark.parametrize("entry", ["static/start.js", "notebook/start.js"])
def test_what_we_bundle_parses_and_is_whole(entry: str, tmp_path: Path) -> None:
    file = tmp_path / "linked.mjs"
    text = bundle([entry])
    file.write_text(text, encoding="utf-8")
    subprocess.run([str(NODE), "--check", str(file)], check=True, capture_output=True)
    for name in {*names("explore"), *names("stage"), entry} - {"explore/start.js"}:
        assert f'__modules["{name}"] = ' in text


def test_modules_in_a_circle_are_refused(written: dict[str, str]) -> None:
    written["a.js"] = 'import { b } from "./b.js";\nexport const a = 1;'
    written["b.js"] = 'import { a } from "./a.js";\nexport const b = 1;'
    with pytest.raises(ValueError, match=r"a\.js → b\.js → a\.js"):
        bundle(["a.js"])


@pytest.mark.parametrize(
    "line", ["export default 1;", 'import all from "./b.js";', "export let x = 1;", "export { y };"]
)
def test_another_style_is_refused(written: dict[str, str], line: str) -> None:
    written["a.js"] = line
    with pytest.raises(ValueError, match="another style"):
        bundle(["a.js"])
