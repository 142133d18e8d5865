"""Tables as HTML: numbers with their intervals, and nothing that could be read as markup."""

import json
import re
from urllib.parse import unquote

from taskarith.core import Edit
from taskarith.evaluation import Estimate
from taskarith.recipes.result import Table, as_csv
from taskarith.ui.recipes.result_html import edits_html, table_html
from taskarith.ui.recipes.runs import Chosen

ESTIMATE = Estimate.share(correct=50, n=100, total=100, split="validation")


def test_a_cell_has_its_interval_in_small() -> None:
    half = Estimate.share(correct=50, n=100, total=100, split="validation")
    html = table_html(Table("t", [{"task": "digits", "λ": -0.5, "now": half, "then": None}]))
    assert '<th scope="col" aria-sort="none"><button type="button">now</button></th>' in html
    assert "<td>digits</td>" in html
    assert '<td class="number" data-value="-0.5">-0.50</td>' in html
    assert '<td class="number" data-value="0.5">50.0 <small>[40.4, 59.6]</small></td>' in html
    assert '<td class="number">–</td>' in html


def test_names_are_text() -> None:
    html = table_html(Table("t", [{"<i>": "<script>alert(1)</script>"}]))
    assert "<script" not in html
    assert "<i>" not in html


def test_a_long_text_takes_several_lines_and_a_long_table_is_counted() -> None:
    assert '<td class="wide">' in table_html(Table("t", [{"a": "x" * 60}]))
    long = table_html(Table("t", [{"a": 1}] * 7, long=True))
    assert long.startswith("<p>7 rows.</p>")
    assert "<table" not in long
    assert table_html(Table("t", [])) == "<p>Nothing to show.</p>"


def test_a_table_can_be_taken_as_csv_and_json() -> None:
    table = Table("By task & model", [{"task": 'a "b", c', "now": ESTIMATE}])
    files = dict(re.findall(r"download='([^']+)' href='data:[^,]+,([^']*)'", table_html(table)))
    assert list(files) == ["by-task-model.csv", "by-task-model.json"]
    csv, told = (unquote(text) for text in files.values())
    assert csv == as_csv(table)
    assert json.loads(told)[0]["now low"] == ESTIMATE.low


def test_an_edit_is_a_link_into_explore() -> None:
    html = edits_html([Chosen("forgotten", Edit("mini", {"letters": -0.5}))], theme="dark")
    assert 'href="./?suite=mini&amp;set=letters:-0.5&amp;__theme=dark"' in html
    assert "θ = θ₀ − 0.50·τ(letters)" in html
    assert edits_html([], theme="light") == ""
