"""Grids of coefficients: what a file may hold, what is refused, and how a stopped sweep goes on."""

import json
from pathlib import Path

import pytest

from taskarith.core import Edit
from taskarith.errors import CoefficientError
from taskarith.evaluation import Evaluator, ResultCache, measure
from taskarith.evaluation.grids import MAX_POINTS, grid_columns, read_grid, sweep_grid
from taskarith.suites import Suite
from taskarith.tasks.parquet_files import NOTE, write_parquet

GRID = [{"apples": -0.5, "coins": 0.2}, {"apples": 0.0, "coins": 1.0}, {"apples": 0.5, "coins": 0}]
TASKS = ["apples", "coins"]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("g.csv", "a, b\n0.5,1\n\n−1,0\n", [{"a": 0.5, "b": 1.0}, {"a": -1.0, "b": 0.0}]),
        ("g.CSV", "\ufeffa\n3\n", [{"a": 3.0}]),
        (
            "g.json",
            '[{"a": 1, "b": 2}, {"b": 0.5, "a": 0}]',
            [{"a": 1, "b": 2}, {"a": 0, "b": 0.5}],
        ),
        ("g.json", '{"a": [0, 1], "b": [2]}', [{"a": 0, "b": 2}, {"a": 1, "b": 2}]),
    ],
)
def test_a_grid_is_read(name: str, text: str, found: object, tmp_path: Path) -> None:
    assert read_grid(write(tmp_path, name, text)) == found


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("g.csv", "", "has no points"),
        ("g.csv", "a,b\n", "has no points"),
        ("g.csv", "a,a\n1,1\n", "names each vector once"),
        ("g.csv", "a,b\n1\n", "row 2 of g.csv has 1 values for 2 vectors"),
        ("g.csv", "a\nmuch\n", "must be a finite number"),
        ("g.csv", "a\n9\n", "out of range"),
        ("g.csv", 'a\n"' + "x" * 200_000, "is no CSV"),
        ("g.json", "{", "is no JSON"),
        ("g.json", "[" * 100_000, "is no JSON"),
        ("g.json", "7", "a list of points"),
        ("g.json", "[1, 2]", "a list of points"),
        ("g.json", "[]", "has no points"),
        ("g.json", "{}", "name no vectors"),
        ("g.json", '[{"a": 1}, {"b": 1}]', "point 2 of g.json names b, the first one a"),
        ("g.json", '{"a": [], "b": [1]}', "has no points"),
        ("g.json", '{"a": [null]}', "must be a finite number"),
        ("g.json", '{"a": [NaN]}', "must be a finite number"),
        ("g.txt", "a\n1\n", "a .csv or a .json file"),
    ],
)
def test_what_is_no_grid_is_refused_in_words(
    name: str, text: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(CoefficientError, match=says) as error:
        read_grid(write(tmp_path, name, text))
    assert len(str(error.value)) < 300


def test_a_grid_of_a_billion_points_is_refused_before_it_is_made(tmp_path: Path) -> None:
    text = json.dumps({name: [step / 1000 for step in range(1000)] for name in "abc"})
    with pytest.raises(CoefficientError, match=r"1,000,000,000 points \(1000 × 1000 × 1000\)"):
        read_grid(write(tmp_path, "g.json", text))
    lines = write(tmp_path, "g.csv", "a\n" + "1\n" * (MAX_POINTS + 5))
    with pytest.raises(CoefficientError, match="100,001 points or more"):
        read_grid(lines)
    with pytest.raises(CoefficientError, match=r"could not read the grid gone\.csv"):
        read_grid(tmp_path / "gone.csv")


def test_every_point_is_the_edit_it_says(tiny_suite: Suite) -> None:
    evaluator = Evaluator(tiny_suite, device="cpu")
    fixed = Edit("tiny", {"dice": 0.3, "coins": 3.0}, method="ties")
    rows = sweep_grid(evaluator, fixed, GRID, tasks=TASKS, n=16)
    assert [(row.point, row.task) for row in rows] == [(p, t) for p in range(3) for t in TASKS]
    for row in rows:
        edit = Edit("tiny", {"dice": 0.3, **row.coefficients}, method="ties")
        assert row.estimate == measure(evaluator, edit, tasks=[row.task], n=16)[row.task]


class Stopped(Exception):
    pass


def test_a_stopped_sweep_goes_on_where_it_stopped(tiny_suite: Suite, tmp_path: Path) -> None:
    journal, edit = tmp_path / "rows.journal", Edit("tiny")

    def stop(done: int) -> None:
        if done == 2:
            raise Stopped

    evaluator = Evaluator(tiny_suite, device="cpu")
    whole = sweep_grid(evaluator, edit, GRID, tasks=TASKS, n=16)
    with pytest.raises(Stopped):
        sweep_grid(evaluator, edit, GRID, tasks=TASKS, n=16, journal=journal, progress=stop)
    with journal.open("a") as file:
        file.write('{"point": 2, "estimates": {"app')  # cut off in the middle
    used: list[Edit] = []

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(evaluator, name)

        def use(self, asked: Edit) -> object:
            used.append(asked)
            return evaluator.use(asked)

    def again(grid: list[dict[str, float]], n: int) -> object:
        used.clear()
        return sweep_grid(
            Counting(),  # type: ignore[arg-type]
            edit, grid, tasks=TASKS, n=n, journal=journal, cache=ResultCache(on_disk=False),
        )  # fmt: skip

    assert again(GRID, 16) == whole
    assert [one.coefficients for one in used] == [Edit("tiny", GRID[2]).coefficients]
    again(GRID, 16)
    assert not used
    again(GRID, 8)  # other examples: nothing of the journal holds
    assert len(used) == 3
    again(GRID[:2], 8)
    assert len(used) == 2


def test_a_sweep_is_a_parquet_file_of_the_documented_schema(
    tiny_suite: Suite, tmp_path: Path
) -> None:
    import pandas
    import pyarrow.parquet

    rows = sweep_grid(Evaluator(tiny_suite, device="cpu"), Edit("tiny"), GRID, tasks=TASKS, n=16)
    path = tmp_path / "rows.parquet"
    write_parquet(path, grid_columns(rows), about={"suite": "tiny"})
    schema = pyarrow.parquet.read_schema(path)
    assert {field.name: str(field.type) for field in schema} == {
        "point": "int64", "λ apples": "double", "λ coins": "double", "task": "string",
        "split": "string", "metric": "string", "value": "double", "low": "double",
        "high": "double", "n": "int64", "total": "int64",
    }  # fmt: skip
    assert json.loads(schema.metadata[NOTE]) == {"suite": "tiny"}
    frame = pandas.read_parquet(path)
    assert frame["value"].tolist() == [row.estimate.value for row in rows]
    assert list(tmp_path.iterdir()) == [path]
