"""Header and look of the pages beside Explore."""

import re

from taskarith.figures.style import COLOURS
from taskarith.ui.chrome import frame, navigation
from taskarith.ui.site import PAGES

NAV = [("Explore", "./"), *((title, path) for title, path, _ in PAGES)]


def test_every_page_is_in_the_header_and_the_one_in_hand_is_marked() -> None:
    html = navigation(NAV, "Recipes")
    links = re.findall(r"<nav.*?</nav>", html)[0]
    assert re.findall(r'href="([^"]*)"', links) == [path for _, path in NAV]
    assert re.findall(r"aria-current=page>([^<]*)<", html) == ["Recipes"]


def test_titles_are_text() -> None:
    assert "<b>" not in navigation([("<b>", '"><i>')], "x")
    assert "<i>" not in navigation([("<b>", '"><i>')], "x")


def test_the_look_is_the_figures_own_and_asks_no_other_host() -> None:
    import gradio as gr

    with gr.Blocks(), frame(NAV, "Recipes", about="What it is for.") as header:
        pass
    sheet = str(header.html_template)
    for theme in COLOURS.values():
        for name, value in theme.items():
            assert f"--{name}: {value};" in sheet
    assert "http" not in sheet
    assert "@import" not in sheet
    # Gradio runs it through a template: these would be read as its own.
    assert not [mark for mark in ("`", "{{", "${", "\\") if mark in sheet]
