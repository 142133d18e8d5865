"""The browser's modules as files: all that a page needs, kept by the browser, and nothing else."""

import re
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from taskarith.ui.modules import JS, folder, names, route, starting

PAGES = {
    "explore": "explore/start.js",
    "compare": "compare/page.js",
    "geometry": "geometry/page.js",
    "recipes": "recipes/page.js",
    "passages": "passages/page.js",
    "teach": "teach/page.js",
}
IMPORT = re.compile(r'^(?:import|\} from|export) .*?"(\.[^"]+)";$', re.MULTILINE)
MOST_BYTES = 60_000  # of Explore's own modules, each compressed, as they are sent


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=[route()])) as client:
        yield client


def imported(name: str, seen: set[str]) -> set[str]:
    """The module `name` and everything that it imports."""
    if name not in seen:
        seen.add(name)
        for path in IMPORT.findall((JS / name).read_text(encoding="utf-8")):
            target = (JS / name).parent.joinpath(path).resolve().relative_to(JS)
            imported(target.as_posix(), seen)
    return seen


@pytest.mark.parametrize("page", PAGES)
def test_what_is_asked_for_ahead_is_what_the_page_imports(page: str) -> None:
    needed = imported(PAGES[page], set())
    assert needed <= set(names(page))
    assert {name for name in names(page) if "/" in name} <= needed  # nothing lies about
    assert PAGES[page] in starting(page, module=PAGES[page].partition("/")[2])


def test_no_page_imports_another_page() -> None:
    for page, start in PAGES.items():
        others = tuple(f"{other}/" for other in PAGES if other != page)
        assert not [name for name in imported(start, set()) if name.startswith(others)]


def test_a_browser_may_keep_them_for_good(client: TestClient) -> None:
    answer = client.get(f"/{folder()}/explore/start.js")
    assert answer.status_code == 200
    lines = (JS / "explore" / "start.js").read_text(encoding="utf-8").splitlines()
    served = answer.text.splitlines()
    assert len(served) == len(lines)  # an error's line is the file's
    assert all(line in ("", lines[i]) for i, line in enumerate(served))
    assert "@param" not in answer.text
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("name", sorted({name for page in PAGES for name in names(page)}))
def test_only_comments_stay_behind(name: str, client: TestClient) -> None:
    lines = (JS / name).read_text(encoding="utf-8").splitlines()
    served = client.get(f"/{folder()}/{name}").text.splitlines()
    gone = [line.strip() for line, kept in zip(lines, served, strict=True) if line != kept]
    assert all(line.startswith(("/**", "*", "//")) for line in gone)


def test_without_compression_too(client: TestClient) -> None:
    answer = client.get(f"/{folder()}/words.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert "export function" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        f"{folder()}/nothing.js",
        f"{folder()}/../modules.py",
        f"{folder()}/%2e%2e/modules.py",
        f"{folder()}/types.d.ts",
        "modules/0123456789abcdef/words.js",
    ],
)
def test_only_what_is_known_is_served(path: str, client: TestClient) -> None:
    answer = client.get(f"/{path}")
    assert answer.status_code == 404
    assert str(JS.parent) not in answer.text


def test_explore_is_light_as_it_is_sent(client: TestClient) -> None:
    sizes = [
        int(client.get(f"/{folder()}/{name}").headers["content-length"])
        for name in names("explore")
    ]
    assert 10_000 < sum(sizes) <= MOST_BYTES


def test_plotly_comes_from_here_and_is_kept(client: TestClient) -> None:
    answer = client.get(f"/{folder()}/plotly.js")
    assert answer.status_code == 200
    assert answer.text.startswith("/**\n* plotly.js v")
    assert "immutable" in answer.headers["cache-control"]
    assert "plotly.js" not in starting("recipes")  # only where there is a figure
