import json
import re

import pytest

from taskarith.evaluation import Estimate
from taskarith.figures import Bar, Curve, bars_figure, curve_figure, page_style

THEMES = ("light", "dark")


def estimates(*correct: int, n: int = 100) -> list[Estimate]:
    return [Estimate.share(correct=c, n=n, total=n, split="validation") for c in correct]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


CURVES = [
    Curve("Letters", "other", (-1.0, 0.0, 1.0), estimates(40, 50, 60)),
    Curve("Objects", "control", (-1.0, 0.0, 1.0), estimates(55, 60, 58)),
    Curve("Digits", "target", (-1.0, 0.0, 1.0), estimates(10, 50, 95)),
]


def test_a_curve_has_a_line_and_the_two_that_matter_a_band() -> None:
    figure = curve_figure(CURVES, along="digits", at=-0.5, floor=0.57)
    lines = {trace.name: trace for trace in figure.data if trace.name}
    assert list(lines) == ["Letters", "Objects", "Digits"]
    assert list(lines["Digits"].y) == [0.10, 0.50, 0.95]
    assert sum(trace.fill == "toself" for trace in figure.data) == 2
    assert figure.layout.xaxis.title.text == "λ(digits)"
    assert [note.text for note in figure.layout.annotations] == ["Letters", "Objects", "Digits"]
    assert [(shape.x0, shape.y0) for shape in figure.layout.shapes] == [(0, 0.57), (-0.5, 0)]


def test_a_band_is_the_interval() -> None:
    figure = curve_figure(CURVES[2:], along="digits")
    band = next(trace for trace in figure.data if trace.fill == "toself")
    low = [e.low for e in CURVES[2].estimates]
    high = [e.high for e in CURVES[2].estimates]
    assert list(band.y) == pytest.approx([*high, *reversed(low)])


def test_bars_carry_interval_and_what_is_known_to_compare_with() -> None:
    (now,) = estimates(30)
    figure = bars_figure(
        [
            Bar("Digits", "target", now, pretrained=0.5, finetuned=0.95, chance=0.1),
            Bar("Objects", "control", now, pretrained=0.6),
        ]
    )
    marks = {trace.name: list(trace.x) for trace in figure.data}
    assert marks == {
        "now": [0.3, 0.3], "zero-shot": [0.5, 0.6], "fine-tuned": [0.95], "chance": [0.1],
    }  # fmt: skip
    assert list(figure.data[0].error_x.array) == pytest.approx([now.high - 0.3] * 2)


@pytest.mark.parametrize("theme", THEMES)
def test_the_page_draws_with_the_same_lines(theme: str) -> None:
    style = json.loads(json.dumps(page_style()))[theme]
    figure = curve_figure(CURVES, along="digits", theme=theme)
    for curve, trace in zip(CURVES, (t for t in figure.data if t.name), strict=True):
        assert trace.line.to_plotly_json() == style["traces"][curve.role]["line"]
        assert trace.marker.to_plotly_json() == style["traces"][curve.role]["marker"]
    assert figure.layout.paper_bgcolor == style["colours"]["paper"]


@pytest.mark.parametrize("theme", THEMES)
def test_what_matters_stands_out_from_the_paper(theme: str) -> None:
    colours = page_style()[theme]["colours"]
    for text in ("ink", "muted", "target", "control", "warn", "good"):
        assert contrast(colours[text], colours["paper"]) >= 4.5, text
    assert contrast(colours["pinned"], colours["paper"]) >= 3
    # Grey lines recede behind text, and can be seen by everybody (WCAG 1.4.11).
    assert 3 <= contrast(colours["other"], colours["paper"]) < 4.5


def test_roles_differ_in_more_than_colour() -> None:
    traces = page_style()["light"]["traces"]
    looks = {
        (t["line"]["dash"], t["line"]["width"], t["marker"]["symbol"]) for t in traces.values()
    }
    assert len(looks) == len(traces) == 4
    assert all(t["line"]["width"] >= 2.5 for t in traces.values())


def test_nothing_in_the_style_comes_from_another_host() -> None:
    assert not re.search(r"https?://", json.dumps(page_style()))
