"""The Dockerfile's own commands, in order, in a clean Debian that debootstrap makes.

There is no Docker where this runs. Each instruction is done by `chroot`: RUN by the shell of the
root as the user and with the variables that stand before it, COPY from a context that .dockerignore
lets through, FROM python by Debian's own Python of that version. What only Docker does is not
covered: the base image itself, layers and their cache, volumes as mounts, capabilities, limits of
memory and processes, compose and its proxy. Packages are fetched outside, so pip's way to an index
from inside is not covered either.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.ui.empty import ROOT, copied, opens, pip, served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(os.geteuid() != 0, reason="chroot needs root"),
    pytest.mark.skipif(not shutil.which("debootstrap"), reason="apt-get install debootstrap"),
]

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
RELEASES = {"3.11": "bookworm", "3.13": "trixie"}  # of Debian, by their Python
MOST_BYTES = 2.5e9
PLACE = "/usr/sbin:/usr/bin:/sbin:/bin"


def instructions() -> Iterator[tuple[str, str]]:
    """Each with its argument, in order; continued lines are one, comments are none."""
    lines = (line for line in DOCKERFILE.splitlines() if not line.startswith("#"))
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, argument = line.strip().partition(" ")
            yield name, argument.strip()


def listed(wanted: str) -> list[str]:
    """The JSON list of an instruction that is there once."""
    (text,) = (text for name, text in instructions() if name == wanted)
    found: list[str] = json.loads(text[text.index("[") :])
    return found


@dataclass
class Stage:
    """A root folder, and what later instructions of its stage are done with."""

    root: Path
    variables: dict[str, str] = field(default_factory=lambda: {"PATH": PLACE})
    user: str = "root"
    folder: str = "/"

    def run(self, command: Sequence[str], **more: str) -> None:
        done = subprocess.run(
            self.entered(command), env={**self.variables, **more}, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"

    def entered(self, command: Sequence[str]) -> list[str]:
        """The command, inside and as the user of this moment, with what a container mounts."""
        root = shlex.quote(str(self.root))
        there = f"cd {shlex.quote(self.folder)} && exec {shlex.join(command)}"
        inside = shlex.join(
            ["chroot", f"--userspec={self.user}", str(self.root), "/bin/sh", "-c", there]
        )
        mounts = f"mount -t proc proc {root}/proc && mkdir -p {root}/dev/shm"
        mounts += f" && mount -t tmpfs -o size=64m tmpfs {root}/dev/shm"
        return ["unshare", "--mount", "/bin/sh", "-c", f"{mounts} && exec {inside}"]

    def inside(self, path: str) -> Path:
        return self.root / (Path("/") / self.folder / path).relative_to("/")


def build(base: Path, work: Path, wheels: Path) -> Stage:
    """Do what the Dockerfile says; the last stage."""
    context = sent(work / "context")
    arguments: dict[str, str] = {}
    stages: dict[str, Stage] = {}
    stage = Stage(base)
    for number, (name, text) in enumerate(instructions()):
        if name in ("FROM", "COPY", "ENV"):
            text = filled(text, {**arguments, **stage.variables})
        match name:
            case "ARG":
                key, _, value = text.partition("=")
                arguments[key] = value
            case "FROM":
                image, _, called = text.partition(" AS ")
                assert image == f"python:{arguments['PYTHON']}-slim"
                stage = Stage(work / f"stage-{number}")
                subprocess.run(["cp", "--archive", base, stage.root], check=True)
                stages[called] = stage
            case "RUN":
                shutil.copytree(wheels, stage.root / "wheels", copy_function=os.link)
                found = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels"}
                stage.run(["/bin/sh", "-c", text], **found)
                shutil.rmtree(stage.root / "wheels")
            case "COPY":
                options = re.findall(r"--(\w+)=(\S+)", text)
                *sources, target = re.sub(r"--\w+=\S+", "", text).split()
                copy(stage, sources, target, options=dict(options), context=context, stages=stages)
            case "ENV":
                stage.variables |= dict(pair.split("=", 1) for pair in shlex.split(text))
            case "USER":
                stage.user = text
                lines = (stage.root / "etc" / "passwd").read_text(encoding="utf-8").splitlines()
                entries = (line.split(":") for line in lines)
                (stage.variables["HOME"],) = (one[5] for one in entries if text in (one[0], one[2]))
            case "WORKDIR":
                stage.folder = text
                stage.inside(".").mkdir(parents=True, exist_ok=True)
            case "VOLUME" | "EXPOSE" | "HEALTHCHECK" | "CMD":
                pass
            case _:
                raise AssertionError(f"this test does not know {name}")
    return stage


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with $NAME and ${NAME} replaced."""
    return re.sub(r"\$\{?([A-Z_]+)\}?", lambda found: values.get(found[1], ""), text)


def sent(folder: Path) -> Path:
    """The build's context: what .dockerignore lets through."""
    *_, rest = patterns = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert patterns[0] == "*"
    assert rest == "**/__pycache__"  # which `copied` leaves out
    return copied([name.removeprefix("!") for name in patterns[1:-1]], folder)


def copy(
    stage: Stage,
    sources: Sequence[str],
    target: str,
    *,
    options: dict[str, str],
    context: Path,
    stages: dict[str, Stage],
) -> None:
    origin = stages[options["from"]].root if "from" in options else context
    for source in sources:
        there = origin / source.lstrip("/")
        assert there.exists(), f"COPY {source}: not in the context"
        goal = stage.inside(target)
        if there.is_file() and target.endswith("/"):
            goal = goal / there.name
        goal.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "--archive", "--no-target-directory", there, goal], check=True)
        if owner := options.get("chown"):
            subprocess.run(
                ["chroot", stage.root, "chown", "--recursive", owner,
                 f"/{goal.relative_to(stage.root)}"],
                check=True,
            )  # fmt: skip


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A clean Debian with a Python where the image has its own."""
    version = re.search(r"^ARG PYTHON=(\S+)$", DOCKERFILE, flags=re.MULTILINE)[1]  # type: ignore[index]
    root = tmp_path / "base"
    made = ["debootstrap", "--variant=minbase", f"--include=python{version},python3-venv"]
    subprocess.run([*made, RELEASES[version], root], check=True, capture_output=True)
    (root / "usr" / "bin" / "python").symlink_to(f"python{version}")
    subprocess.run(["chroot", root, "apt-get", "clean"], check=True)
    # As Docker writes it into every container; debootstrap writes none.
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost\n", encoding="utf-8")
    return root


def test_the_commands_of_the_image_make_an_app(
    base: Path, tmp_path: Path, browser: Browser, record_property: Callable[[str, object], None]
) -> None:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert f"ARG PYTHON={version}\n" in DOCKERFILE, "wheels are fetched for this Python"
    wheels = ["--requirement", "requirements.txt", "--constraint", "constraints.txt"]
    fetch = ["download", "--only-binary=:all:", "--dest", str(tmp_path / "wheels"), *wheels]
    pip(Path(sys.executable), *fetch, cwd=ROOT)
    stage = build(base, tmp_path, tmp_path / "wheels")
    size = int(subprocess.check_output(["du", "-sb", stage.root]).split()[0])
    record_property("image_bytes", size)
    assert size <= MOST_BYTES
    assert (stage.user, stage.variables["HOME"]) == ("1000", "/home/user")
    command, check = listed("CMD"), listed("HEALTHCHECK")
    with served(stage.entered(command), cwd=tmp_path, variables=stage.variables) as url:
        port = url.strip("/").rpartition(":")[2]
        stage.run([part.replace(":7860", f":{port}") for part in check])
        opens(browser, url, measured=True)
    written = [
        path
        for volume in listed("VOLUME")
        for path in stage.inside(volume).rglob("*")
        if path.is_file()
    ]
    assert written, "what was measured is kept on a volume"
