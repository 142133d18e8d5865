"""`taskarith export`, `import`, `verify` and `vector publish`, as they are typed."""

import json
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from taskarith.cli import main
from taskarith.export.account import Account
from taskarith.export.provenance import METADATA_KEY, Provenance
from taskarith.sources import read_metadata, read_tensors, write_tensors
from taskarith.suites import load_suite
from tests.hub.server import LoopbackHub, User

EDIT = ("--set", "apples=0.7", "--set", "birds=-0.4")
TOKEN = "hf_plantedPLANTEDplanted0123456789"


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test adds a suite to the user's."""
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path / "suites-home"))


def run(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    assert main([*map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def refuse(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([*map(str, arguments)]) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("to", ["open_clip", "transformers", "vector"])
def test_what_is_exported_verifies(
    tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], to: str
) -> None:
    shutil.copytree(tiny_folder, tmp_path / "suites" / "tiny")
    suite = tmp_path / "suites" / "tiny"
    run(capsys, "suites", "add", suite)
    done = run(capsys, "export", "--suite", suite, *EDIT, "--to", to, "-o", tmp_path / to)
    assert done["edit"]["coefficients"] == {"apples": 0.7, "birds": -0.4}
    assert {"README.md", "provenance.json"} < set(done["files"])
    found = run(capsys, "verify", f"file:{tmp_path / to}")
    assert found["equal"] is True
    assert found["tensors"] > 0

    # One bit of one number.
    [path] = (tmp_path / to).glob("*.safetensors")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    found = run(capsys, "verify", f"file:{tmp_path / to}", code=1)
    assert found["equal"] is False
    assert len(found["differing"]) == 1
    assert found["changed_parents"] == []

    # A parent that is not what it was, and one that has vanished.
    vector = suite / "vectors" / "apples.safetensors"
    write_tensors(vector, {name: 2 * t for name, t in read_tensors(vector).items()})
    assert main(["verify", f"file:{tmp_path / to}"]) == 1
    assert "Changed since: apples (tiny/vectors/apples.safetensors)" in capsys.readouterr().out
    shutil.rmtree(suite)
    message = refuse(capsys, "verify", f"file:{tmp_path / to}")
    assert "a parent has vanished: it was made from the suite 'tiny'" in message


def test_accuracies_for_the_card(
    tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(
        capsys, "export", "--suite", tiny_folder, *EDIT, "--to", "open_clip", "--measure", "40",
        "--device", "cpu", "-o", tmp_path / "m",
    )  # fmt: skip
    card = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    assert "40 of 80 | validation" in card
    assert "metric_args" not in card.split("---\n")[2]
    provenance = json.loads((tmp_path / "m" / "provenance.json").read_text(encoding="utf-8"))
    apples = next(a for a in provenance["accuracies"] if a["task"] == "apples")
    evaluated = run(
        capsys, "evaluate", "--suite", tiny_folder, *EDIT, "--n", "40", "--device", "cpu"
    )
    assert apples["edited"]["value"] == evaluated["estimates"]["apples"]["value"]


def test_a_card_has_accuracies_unless_they_are_refused(
    tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def exported(name: str, *more: str, suite: Path = tiny_folder) -> str:
        run(
            capsys, "export", "--suite", suite, *EDIT, "--to", "open_clip", *more,
            "--device", "cpu", "-o", tmp_path / name,
        )  # fmt: skip
        return (tmp_path / name / "README.md").read_text(encoding="utf-8")

    assert "| 80 of 80 | validation |" in exported("default")
    assert "No accuracy was measured" in exported("none", "--measure", "0")

    # Without the pictures it is exported all the same, unless they were asked for.
    bare = tmp_path / "bare"
    shutil.copytree(tiny_folder, bare)
    for pictures in (bare / "pictures").iterdir():
        pictures.unlink()
    start = ("export", "--suite", bare, *EDIT, "--to", "open_clip", "--device", "cpu")
    assert main([*map(str, start), "-o", str(tmp_path / "bare-model")]) == 0
    assert "The card will state no accuracies: " in capsys.readouterr().err
    assert (tmp_path / "bare-model" / "open_clip_model.safetensors").exists()
    refuse(capsys, *start, "--measure", "16", "-o", tmp_path / "measured")
    assert not (tmp_path / "measured").exists()


def test_small_formats(
    tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for to, file in (("json", "edit.json"), ("python", "edit.py"), ("mergekit", "merge.yml")):
        done = run(capsys, "export", "--suite", tiny_folder, *EDIT, "--to", to, "-o", tmp_path / to)
        assert file in done["files"]
    assert json.loads((tmp_path / "json" / "edit.json").read_text())["suite"] == "tiny"
    found = run(capsys, "import", tmp_path / "mergekit" / "merge.yml", "--suite", tiny_folder)
    assert found["edit"] == json.loads((tmp_path / "json" / "edit.json").read_text())
    assert (
        main(["import", str(tmp_path / "mergekit" / "merge.yml"), "--suite", str(tiny_folder)]) == 0
    )
    assert "--set apples=0.7 --set birds=-0.4" in capsys.readouterr().out


def test_the_command_that_import_prints_measures_the_same_edit(
    tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = ("--set", "random:birds=-0.4", "--seed", "7", "--setting", 'layers={"*":{"ends":0.5}}')
    told = run(capsys, "export", "--suite", tiny_folder, *own, "--to", "mergekit", "-o",
               tmp_path / "mine")["edit"]  # fmt: skip
    assert main(["import", str(tmp_path / "mine/merge.yml"), "--suite", str(tiny_folder)]) == 0
    command = shlex.split(capsys.readouterr().out.splitlines()[-1])
    assert command[:2] == ["taskarith", "evaluate"]
    again = run(capsys, "export", *command[2:], "--to", "json", "-o", tmp_path / "again")["edit"]
    assert again == told
    assert again["seed"] == 7


@pytest.mark.parametrize("to", ["mergekit", "json", "python"])
def test_recipes_and_edits_verify(
    tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], to: str
) -> None:
    suite, folder = tmp_path / "suites" / "tiny", tmp_path / to
    shutil.copytree(tiny_folder, suite)
    run(capsys, "suites", "add", suite)
    edit = (*EDIT, "--set", "random:coins=0.2", "--seed", "7")
    done = run(capsys, "export", "--suite", suite, *edit, "--to", to, "-o", folder)
    told = json.loads((folder / "provenance.json").read_text())
    assert told["versions"].keys() == {"taskarith", "torch"}
    assert told["edit"]["seed"] == 7
    assert done["fingerprint"] == (told["fingerprint"] or None)
    assert bool(told["fingerprint"]) == (to == "mergekit")
    parents = (told["base"], *told["vectors"].values())
    assert [len(parent["fingerprint"]) for parent in parents] == [64] * 4
    if to == "python":
        script = (folder / "edit.py").read_text()
        assert all(parent["fingerprint"] in script for parent in parents)
        assert f"# Seed 7; taskarith {told['versions']['taskarith']}, torch " in script
    text = {"mergekit": "merge.yml", "json": "edit.json", "python": "edit.py"}[to]
    for reference in (folder, folder / text):
        found = run(capsys, "verify", f"file:{reference}")
        assert (found["equal"], found["parents"], found["altered"]) == (True, 4, [])
        assert bool(found["tensors"]) == (to == "mergekit")
    assert main(["verify", f"file:{folder}"]) == 0
    words = "Bit-equal: all" if to == "mergekit" else "no weights to compare. The fingerprints of a"
    assert words in capsys.readouterr().out

    # A text that says something else, a model with another bit, a parent that has changed.
    if to != "python":
        kept = (folder / text).read_text()
        (folder / text).write_text(kept.replace("0.7", "0.8"))
        assert run(capsys, "verify", f"file:{folder}", code=1)["altered"] == [text]
        assert main(["verify", f"file:{folder}"]) == 1
        assert f"{text} says something else than its provenance" in capsys.readouterr().out
        (folder / text).write_text(kept)
    if to == "mergekit":
        path = folder / "random_coins.safetensors"
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        [name] = run(capsys, "verify", f"file:{folder}", code=1)["differing"]
        assert name.startswith("random_coins.safetensors: ")
        path.unlink()
        assert f"{path} is missing" in refuse(capsys, "verify", f"file:{folder}")
        return
    vector = suite / "vectors" / "apples.safetensors"
    write_tensors(vector, {name: 2 * t for name, t in read_tensors(vector).items()})
    found = run(capsys, "verify", f"file:{folder}", code=1)
    assert found["equal"] is False
    assert [words.partition(" ")[0] for words in found["changed_parents"]] == ["apples"]
    shutil.rmtree(suite)
    assert "a parent has vanished" in refuse(capsys, "verify", f"file:{folder}")


def test_a_strangers_provenance_is_checked(
    tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "json"
    run(capsys, "export", "--suite", tiny_folder, *EDIT, "--to", "json", "-o", folder)
    path = folder / "provenance.json"
    told = json.loads(path.read_text())
    for changed in (
        {"kind": "nonsense"}, {"library": "nonsense"}, {"dtype": "int3"}, {"vectors": {}},
        {"suite": "other"}, {"suite": "/tmp", "edit": {"suite": "/tmp"}}, {"edit": 3},
        {"base": None}, {"fingerprint": 1}, {"library": "open_clip"}, {"kind": "recipe"},
    ):  # fmt: skip
        path.write_text(json.dumps(told | changed))
        assert "its provenance is damaged" in refuse(capsys, "verify", f"file:{folder}")
    path.write_text("{")
    assert "cannot be read" in refuse(capsys, "verify", f"file:{folder}")
    path.write_text(" " * (5 * 2**20))
    assert "far larger than a provenance" in refuse(capsys, "verify", f"file:{folder}")


@pytest.mark.parametrize(
    "changed", [{"library": "nonsense"}, {"library": ""}, {"kind": "recipe"}, {"kind": "nonsense"}]
)
def test_a_strangers_weights_are_checked(
    tiny_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, str],
) -> None:
    start = ("export", "--suite", tiny_folder, *EDIT, "--to", "open_clip", "--measure", "0")
    run(capsys, *start, "-o", tmp_path / "m")
    path = tmp_path / "m" / "open_clip_model.safetensors"
    told = Provenance.from_metadata(read_metadata(path)).to_json()
    write_tensors(path, read_tensors(path), {METADATA_KEY: json.dumps(told | changed)})
    assert "its provenance is damaged" in refuse(capsys, "verify", f"file:{tmp_path / 'm'}")


def test_refusals(tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start = ("export", "--suite", tiny_folder, *EDIT, "-o", tmp_path / "x")
    assert "mergekit has no such method" in refuse(
        capsys, *start, "--to", "mergekit", "--method", "tsv-m"
    )
    (tmp_path / "x").write_text("mine")
    assert "is already there" in refuse(capsys, *start, "--to", "json")
    assert (tmp_path / "x").read_text() == "mine"
    (tmp_path / "bad.yml").write_bytes(b"\xff\xfe")
    assert "no text in UTF-8" in refuse(capsys, "import", tmp_path / "bad.yml")
    write_tensors(tmp_path / "w" / "model.safetensors", {"w": torch.ones(1)})
    assert "does not say what it was made of" in refuse(capsys, "verify", f"file:{tmp_path / 'w'}")


# `python -m taskarith`, which waits a little at every tensor that it writes.
SLOW_WRITER = """
import runpy, signal, time
from taskarith.sources import streaming
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where tests run in the background
whole = streaming.all_finite
streaming.all_finite = lambda tensor: (time.sleep(0.1), whole(tensor))[1]
runpy.run_module("taskarith", run_name="__main__", alter_sys=True)
"""


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    """Pressed while weights are being written, in a program of its own that takes its time."""
    arguments = ["export", "--suite", "mini", "--to", "mergekit", "-o", str(tmp_path / "x")]
    for name in load_suite("mini").vectors:
        arguments += ["--set", f"{name}=0.1"]
    run_it = [sys.executable, "-c", SLOW_WRITER, *arguments]
    with subprocess.Popen(run_it, stderr=subprocess.PIPE, text=True) as program:
        while not list(tmp_path.rglob("*.safetensors")):
            assert program.poll() is None, program.communicate()[1]
            time.sleep(0.002)
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=60)
    assert said.splitlines()[-1] == "taskarith: interrupted"
    assert program.returncode == 130
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not (tmp_path / "x").exists()


def test_publish_asks_first(
    hub: LoopbackHub,
    tiny_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    run(capsys, "export", "--suite", tiny_folder, *EDIT, "--to", "vector", "-o", tmp_path / "v")
    publish = ("vector", "publish", tmp_path / "v", "alice/forgot")
    assert "not logged in" in refuse(capsys, *publish)
    hub.users[TOKEN] = User("alice")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert Account().names() == ("alice",)
    message = refuse(capsys, *publish)
    assert "add --yes" in message
    assert "license: apache-2.0" in message
    assert "for you alone (private)" in message
    assert ("models", "alice/forgot") not in hub.commits
    done = run(capsys, *publish, "--yes")
    assert done["private"] is True
    assert done["url"] == f"{hub.url}/alice/forgot"
    assert "holds README.md, provenance.json" in refuse(capsys, *publish, "--yes")
    run(capsys, *publish, "--yes", "--overwrite")

    shutil.copytree(tiny_folder, tmp_path / "tiny")
    run(capsys, "suites", "add", tmp_path / "tiny")
    assert run(capsys, "verify", "alice/forgot", "--yes")["equal"] is True
    assert TOKEN not in "".join(capsys.readouterr())


def test_a_vector_of_two_models_verifies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = {"layer.w": torch.linspace(-1, 1, 12).view(3, 4)}
    write_tensors(tmp_path / "base" / "model.safetensors", base)
    write_tensors(tmp_path / "tuned" / "model.safetensors", {n: t + 0.3 for n, t in base.items()})
    parents = ("--base", f"file:{tmp_path / 'base'}", "--finetuned", f"file:{tmp_path / 'tuned'}")
    run(capsys, "vector", "make", *parents, "-o", tmp_path / "v")
    assert "does not name its base" in refuse(capsys, "verify", f"file:{tmp_path / 'v'}")
    assert run(capsys, "verify", f"file:{tmp_path / 'v'}", *parents)["equal"] is True
    swapped = ("--base", parents[3], "--finetuned", parents[1])
    found = run(capsys, "verify", f"file:{tmp_path / 'v'}", *swapped, code=1)
    assert float(found["differing"]["layer.w"]) == pytest.approx(0.6)
    assert len(found["changed_parents"]) == 2
