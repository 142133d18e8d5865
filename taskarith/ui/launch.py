"""Opens the page: the server first, then what it shows, so that nobody waits for torch.

Knows ports, hosts and the order in which things start; not what the page does.
"""

import importlib.util
import os
import socket
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from taskarith.errors import MissingDependencyError, PortInUseError

if TYPE_CHECKING:
    from gradio.routes import App

    from taskarith.ui.session import Explorer

__all__ = ["launch", "listening_host"]

PLOTLY_PATH = "/taskarith/plotly.js"
PORT = 7860
# Starts with the document, not after Gradio's own scripts. Our own reference is kept: a gr.Plot
# elsewhere would put Gradio's older bundle in its place.
PLOTLY_SCRIPT = f"""<script async src=".{PLOTLY_PATH}" onload="window.taskarithPlotly =
window.Plotly; window.dispatchEvent(new Event('taskarith-plotly'))"></script>"""


def launch(
    *,
    suite: str = "mini",
    host: str | None = None,
    port: int | None = None,
    device: str | None = None,
) -> None:
    """Serve the Explore page until it is interrupted.

    Args:
        suite: name of a suite, or path of its folder.
        host: address to listen on; this machine only unless told otherwise, or in a Space.
        port: 7860 unless told otherwise.
        device: "cpu", "cuda" or "mps"; the fastest this machine has if None.

    Raises:
        PortInUseError: another program listens there.
        TaskArithError: the suite is not there or its manifest is damaged.
        MissingDependencyError: gradio or plotly is not installed.
    """
    host = host or listening_host()
    port = port or int(os.environ.get("GRADIO_SERVER_PORT", PORT))
    _check_port(host, port)
    # Only this exact value keeps Gradio from looking up other hosts at its start.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    try:
        from taskarith.ui.explore import PAGE_CSS, build
    except ImportError as error:
        raise MissingDependencyError(
            f"The page needs gradio, which cannot be imported ({error}): pip install gradio"
        ) from error
    plotly = _plotly_bundle()
    opening: Future[Explorer] = Future()
    page = build(opening)
    app, _, _ = page.launch(
        server_name=host,
        server_port=port,
        css=PAGE_CSS,
        head=PLOTLY_SCRIPT,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        prevent_thread_lock=True,
        quiet=True,
    )
    _serve_file(app, PLOTLY_PATH, plotly)
    print(f"Task Arithmetic Explorer is at http://{_shown(host)}:{port} (Ctrl+C stops it)")
    try:
        explorer = _open_explorer(suite, device=device)
        opening.set_result(explorer)
        page.block_thread()
        explorer.close()
    finally:
        page.close(verbose=False)


def listening_host() -> str:
    """The address to listen on: $GRADIO_SERVER_NAME, everyone's in a Space, else this machine's."""
    everyone = "0.0.0.0" if os.environ.get("SPACE_ID") else "127.0.0.1"
    return os.environ.get("GRADIO_SERVER_NAME", everyone)


def _open_explorer(source: str, *, device: str | None) -> "Explorer":
    """Open the suite; the engine goes on loading on its own thread."""
    from taskarith.evaluation import Evaluator, ResultCache, choose_device
    from taskarith.suites import load_suite
    from taskarith.ui.session import Explorer

    suite = load_suite(source)
    chosen = choose_device(device)
    return Explorer(
        suite,
        source=source,
        make_evaluator=lambda: Evaluator(suite, device=chosen),
        cache=ResultCache(),
    )


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # as the server itself does; elsewhere this would hide a clash
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise PortInUseError(
                f"The page cannot open on {host}:{port} ({error}). Another program may listen "
                f"there: stop it, or choose another port, as in "
                f"`python -m taskarith app --port {port + 1 if port < 65535 else PORT}`."
            ) from error


def _plotly_bundle() -> Path:
    """Plotly's JavaScript inside the installed package; finding it imports nothing."""
    package = importlib.util.find_spec("plotly")
    if package is None or package.origin is None:
        raise MissingDependencyError(
            "The page draws with plotly, which is not installed: pip install plotly"
        )
    return Path(package.origin).parent / "package_data" / "plotly.min.js"


def _serve_file(app: "App", path: str, file: Path) -> None:
    from gradio.routes import FileResponse

    @app.get(path)
    def serve() -> FileResponse:
        return FileResponse(
            file, media_type="text/javascript", headers={"Cache-Control": "public, max-age=86400"}
        )


def _shown(host: str) -> str:
    return "127.0.0.1" if host == "0.0.0.0" else host
