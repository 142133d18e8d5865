import csv
import io
import json
import math

import pandas
import pytest

from taskarith.errors import UnknownNameError
from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.interval import Interval
from taskarith.recipes.result import Span, Table, as_csv, as_markdown, as_text, plain, shown
from taskarith.recipes.soup.result import SoupResult
from tests.recipes.fakes import FakeLab
from tests.recipes.soup.test_soup import RECIPE, accuracy

ESTIMATE = Estimate.share(correct=3, n=4, total=8, split="validation")
CHANGE = PairedDifference.counted(gained=2, lost=1, n=10)
MEAN = Interval(0.5, 0.4, 0.6, "8 quadruples", percent=True)
TABLE = Table(
    "t",
    [
        {"task": "a", "now": ESTIMATE, "change": CHANGE, "mean": MEAN, "λ": -0.5},
        {"task": "b", "now": None, "change": None, "mean": None, "λ": None},
    ],
)


def test_every_row_has_the_same_flat_columns() -> None:
    one, two = TABLE.flat()
    assert list(one) == list(two)
    assert one["now"] == 0.75
    assert (one["now n"], one["now split"]) == (4, "validation")
    assert (one["change"], one["change n"]) == (0.1, 10)
    assert one["mean low"] == 0.4
    assert {value for key, value in two.items() if key != "task"} == {None}


def test_csv_is_what_a_spreadsheet_reads() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(TABLE))))
    assert [row["task"] for row in rows] == ["a", "b"]
    assert float(rows[0]["now high"]) == ESTIMATE.high
    assert rows[1]["now"] == ""


def test_plain_values_are_json_whatever_is_in_them() -> None:
    value = {0.5: (ESTIMATE, MEAN), "x": [math.nan, math.inf, None, True, TABLE]}
    read = json.loads(json.dumps(plain(value), allow_nan=False))
    assert read["0.5"][0]["value"] == 0.75
    assert read["x"][:3] == [None, None, None]
    assert read["x"][4]["title"] == "t"


def result() -> SoupResult:
    return RECIPE.run(FakeLab(accuracy).lab)


def test_a_result_is_json_text_and_a_section_of_a_report() -> None:
    soup = result()
    data = json.loads(json.dumps(soup.to_json(), allow_nan=False))
    assert data["recipe"] == "soup"
    assert data["protocol"] == soup.protocol()
    assert [table["title"] for table in data["tables"]] == [t.title for t in soup.tables()]
    assert data["result"]["models"][0]["kind"] == "best single"
    section = as_markdown(soup)
    assert section.startswith("## Recipe: Model soups\n\n4 ingredients")
    assert "| best single | 1 | 84.0 [81.6, 86.1] | – |" in section
    for words in (as_text(soup), section):
        assert all(finding in words for finding in soup.findings())


def test_a_long_table_is_counted_not_printed() -> None:
    class Long(SoupResult):
        def tables(self) -> list[Table]:
            return [Table("Many", [{"n": n} for n in range(999)], long=True)]

    long = Long(**vars(result()))
    assert "999 rows, in the recipe's JSON." in as_text(long)
    assert len(as_markdown(long).splitlines()) < 20


def test_what_the_paper_found_stands_beside_and_apart() -> None:
    soup = result()
    (line,) = [line for line in as_text(soup).splitlines() if line.startswith("- published: ")]
    assert line in as_markdown(soup)
    assert line == f"- published: {soup.published}"
    assert soup.to_json()["published"] == soup.published
    assert not any(soup.published in finding for finding in soup.findings())


def test_a_frame_has_what_the_csv_has() -> None:
    soup = result()
    for table in soup.tables():
        frame = soup.frame(table.title)
        read = pandas.read_csv(io.StringIO(as_csv(table)))
        assert list(read.columns) == list(frame.columns)
        assert len(set(read.columns)) == len(read.columns)
        assert not any("Unnamed" in name or name.endswith(".1") for name in read.columns)
        pandas.testing.assert_frame_equal(read, frame, check_dtype=False)
    assert list(soup.frame()["model"]) == [model.kind for model in soup.models]
    with pytest.raises(UnknownNameError, match="did you mean 'Weights'"):
        soup.frame("Weigths")


def test_a_span_has_a_column_for_each_end() -> None:
    table = Table("t", [{"task": "digits", "spread": Span(-0.25, 0.5)}])
    assert as_csv(table) == "task,spread low,spread high\ndigits,-0.25,0.5\n"
    assert shown(Span(-0.25, 0.5)) == "-0.25 to 0.50"
