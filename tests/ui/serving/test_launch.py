"""Starting the page: ports, hosts, what is loaded when, and what goes wrong."""

import socket
import subprocess
import sys

import pytest

from taskarith.cli import main
from taskarith.errors import PortInUseError, UnknownNameError
from taskarith.ui import launch
from taskarith.ui.explore.instrument import HERE
from taskarith.ui.modules import JS
from taskarith.ui.serving.launch import listening_host
from tests.ui.conftest import free_port


def test_a_port_in_use_says_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=rf"{port}.*--port {port + 1}"):
            launch(port=port)


def test_the_command_line_says_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["app", "--port", str(port)]) == 2
    assert f"cannot open on 127.0.0.1:{port}" in capsys.readouterr().err


def test_a_server_is_the_owners_or_for_visitors_and_not_both(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit):
        main(["app", "--owner", "--public"])
    assert "not allowed with argument" in capsys.readouterr().err
    monkeypatch.setenv("TASKARITH_ACCESS", "everybody")
    assert main(["app"]) == 2
    assert "say owner or public" in capsys.readouterr().err


def test_an_unknown_suite_ends_the_launch_and_frees_the_port() -> None:
    port = free_port()
    with pytest.raises(UnknownNameError, match="unknown suite 'huge'"):
        launch(suite="huge", port=port)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ({}, "127.0.0.1"),
        ({"SPACE_ID": "me/demo"}, "0.0.0.0"),
        ({"GRADIO_SERVER_NAME": "10.0.0.1"}, "10.0.0.1"),
        ({"GRADIO_SERVER_NAME": "10.0.0.1", "SPACE_ID": "me/demo"}, "10.0.0.1"),
    ],
)
def test_only_this_machine_listens_unless_told_otherwise(
    environment: dict[str, str], host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SPACE_ID", "GRADIO_SERVER_NAME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert listening_host() == host


def test_the_page_is_built_without_torch() -> None:
    code = (
        "import sys, taskarith.ui.site; from concurrent.futures import Future; "
        "from taskarith.ui.serving.explorers import Explorers; "
        "taskarith.ui.site.build(Explorers('mini', Future(), open_suite=print)); "
        "taskarith.ui.hello.describe('mini'); "
        "print('torch' in sys.modules, 'plotly' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["False", "False"]


def test_importing_the_page_writes_nothing_beside_it() -> None:
    assert list(HERE.rglob("*.pyi")) == []


def test_the_browsers_part_asks_no_other_host() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in JS.rglob("*.js"))
    style = (HERE / "instrument.css").read_text(encoding="utf-8")
    for text in (source.replace("http://www.w3.org/2000/svg", ""), style):
        assert "http://" not in text
        assert "https://" not in text
        assert "@import" not in text
    # Gradio runs the style sheet through a template: these would be read as its own.
    assert not {"`", "{{", "${", "\\"} & {
        style[i : i + n] for n in (1, 2) for i in range(len(style))
    }
