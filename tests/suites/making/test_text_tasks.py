"""Tasks of texts of one's own: tables and datasets, whichever head answers."""

from pathlib import Path

import pytest

from taskarith import Edit, load_suite
from taskarith.errors import AssetError, SourceError, UnknownNameError
from taskarith.evaluation import Evaluator, measure
from taskarith.suites.making.base_kind import kind_of_base
from taskarith.suites.making.creating import create_suite
from taskarith.suites.making.text_tasks import TEXT_HEADS, text_task_entry
from tests.suites.text_suite import BUILT, write_text_suite

ROWS = [(f"w{i % 50} w{i % 7}", ("w5", "w6")[i % 2]) for i in range(60)]


def write_table(path: Path, *, label: str = "label") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    splits = ("train", "validation", "test")
    lines = [f"text,{label},split"]
    lines += [f"{text},{name},{splits[i % 3]}" for i, (text, name) in enumerate(ROWS)]
    path.write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize("kind", BUILT)
def test_what_a_base_is_is_read_from_what_it_says(tmp_path: Path, kind: str) -> None:
    write_text_suite(tmp_path, kind)
    assert kind_of_base(f"file:{tmp_path / 'base'}") == kind
    assert kind_of_base("open_clip:ViT-B-32/openai") is None  # its name says it
    (tmp_path / "base" / "config.json").unlink()
    with pytest.raises((AssetError, SourceError), match="does not say what it is"):
        kind_of_base(f"file:{tmp_path / 'base'}")


@pytest.mark.parametrize(
    ("kind", "heads"),
    [
        ("causal", ["label-likelihood", "language-modelling"]),
        ("t5", ["generation", "language-modelling"]),
        ("encoder", ["prototypes", "linear-probe"]),
    ],
)
def test_a_suite_of_ones_own_answers(tmp_path: Path, kind: str, heads: list[str]) -> None:
    write_text_suite(tmp_path / "parts", kind)
    folder = tmp_path / "own"
    for name in ("apples", "plain"):
        write_table(folder / "texts" / f"{name}.csv")
    target, control = (
        text_task_entry(name, f"texts/{name}.csv", folder=folder, head=head)
        for name, head in zip(("apples", "plain"), heads, strict=True)
    )
    base = f"file:{tmp_path / 'parts' / 'base'}"
    create_suite(
        folder,
        name="own",
        base=base,
        kind=kind_of_base(base),
        tasks=[target],
        vectors={"apples": f"file:{tmp_path / 'parts' / 'apples'}"},
        control=control,
    )
    suite = load_suite(folder)
    expected = () if heads[0] == "language-modelling" else ("w5", "w6")
    assert suite.task("apples").classnames == expected
    found = measure(
        Evaluator(suite, device="cpu"),
        Edit("own", {"apples": 0.5}),
        tasks=["apples", "plain"],
        split="test",
    )
    assert (found["apples"].n, found["plain"].n) == (20, 20)


def test_what_cannot_be_a_task_of_texts(tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv")
    write_table(tmp_path / "b.csv", label="kind")

    def entry(source: str = "a.csv", **asked: object) -> dict[str, object]:
        given = {"head": "label-likelihood", "folder": tmp_path, **asked}
        return text_task_entry("a", source, **given)  # type: ignore[arg-type]

    with pytest.raises(UnknownNameError, match="head of the texts of 'a'"):
        entry(head="words")
    with pytest.raises(AssetError, match=r"row 1 has no column 'label'; it has text, kind, split"):
        entry("b.csv")
    assert entry("b.csv", columns={"label": "kind"})["classnames"] == ["w5", "w6"]
    with pytest.raises(AssetError, match="copy the table there"):
        entry("../elsewhere.csv")
    with pytest.raises(AssetError, match="a table has one text a row"):
        entry(text="Is {text} good?")
    (tmp_path / "one.csv").write_text("text,label\nw1,a\nw2,a\n")
    with pytest.raises(AssetError, match=r"1 labels .* tells at least two apart"):
        entry("one.csv")
    assert set(TEXT_HEADS) >= {"label-likelihood", "checkpoint", "language-modelling"}
