from pathlib import Path

import pytest

from taskarith.errors import AssetError
from taskarith.tasks.tables import (
    MAX_CHARACTERS,
    columns_of_table,
    labelled_texts,
    table_texts,
)

CLASSES = ("bad", "good")


def read(path: Path, split: str = "train", **columns: str) -> list[tuple[str, int]]:
    found = table_texts({"path": str(path), **columns}, split, classnames=CLASSES, of="soup")
    return list(zip(found.texts, found.labels.tolist(), strict=True))


def written(folder: Path, text: str, name: str = "soup.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_labels_are_names_or_numbers(tmp_path: Path) -> None:
    path = written(tmp_path, "text,label,split\nIt was cold.,bad,train\nLovely!,1,train\n")
    assert read(path) == [("It was cold.", 0), ("Lovely!", 1)]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufefftext,label,split\nLovely!,good,train\n")
    assert read(path) == [("Lovely!", 1)]


def test_columns_go_by_other_names(tmp_path: Path) -> None:
    path = written(tmp_path, "sentence\tmood\tsplit\nLovely!\tgood\ttest\n", "soup.tsv")
    assert read(path, "test", text="sentence", label="mood") == [("Lovely!", 1)]


def test_json_lines_hold_answers(tmp_path: Path) -> None:
    path = written(tmp_path, '{"text": "1 + 1 =", "answer": "2", "split": "train"}\n', "s.jsonl")
    found = table_texts({"path": str(path)}, "train", classnames=(), of="sums")
    assert (list(found.texts), found.answers) == (["1 + 1 ="], ("2",))


def test_without_a_split_each_text_has_one_and_keeps_it(tmp_path: Path) -> None:
    rows = [f"text {n},good" for n in range(200)]
    path = written(tmp_path, "text,label\n" + "\n".join(rows) + "\n")
    splits = {name: {t for t, _ in read(path, name)} for name in ("train", "validation", "test")}
    assert sum(map(len, splits.values())) == 200
    assert set.union(*splits.values()) == {f"text {n}" for n in range(200)}
    assert all(len(texts) > 20 for texts in splits.values())
    more = written(tmp_path, "text,label\nnew,bad\n" + "\n".join(rows) + "\n", "more.csv")
    assert {t for t, _ in read(more, "test")} - {"new"} == splits["test"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"text,label\n\xff\xfe,good\n", "is no UTF-8 text"),
        (b"words,label\nsoup,good\n", "has no column 'text'; it has words, label"),
        (b"text,mood,split\nsoup,good,train\n", "has no column 'label'"),
        (b"text,label,split\nsoup,-1,train\n", "the label '-1', which is none of bad, good"),
        (b"text,label,split\nsoup,splendid,train\n", "the label 'splendid'"),
        (b"text,label,split\nsoup,good,test\n", "has no train texts for 'soup'"),
        (b"text,label,split\n,good,train\n", "is empty"),
        (b"text,label,split\n" + b"a" * (MAX_CHARACTERS + 1) + b",good,train\n", "characters"),
    ],
)
def test_what_is_wrong_is_said(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "soup.csv"
    path.write_bytes(content)
    with pytest.raises(AssetError, match=words.replace("(", r"\(")):
        read(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match=r"could not read none\.csv"):
        read(tmp_path / "none.csv")


def test_whole_tables_by_any_columns(tmp_path: Path) -> None:
    path = written(tmp_path, 'id;review;mood;split\n1;"cold; bad";bad ;train\n2;fine;good;\n')
    found = labelled_texts(path, text="review", label="mood")
    assert found == [("cold; bad", "bad", "train"), ("fine", "good", "")]
    assert columns_of_table(path) == ({"id": 2, "review": 2, "mood": 2, "split": 2}, 2)
    path.write_bytes("text,label\ncafé,bon\n".encode("cp1252"))
    assert labelled_texts(path, encoding="cp1252") == [("café", "bon", "")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has no rows"),
        (b"text,label\n", "has no rows"),
        (b"text,label\na, b,good\n", "row 1 has more cells than there are columns; put quotes"),
        (b"text,label\nfine\n", "row 1 has no label"),
        (b"said,mood\nfine,good\n", "has no column 'text'; it has said, mood"),
        (b'text,label\n"' + b"x" * 200_000 + b'",good\n', "is no table: field larger"),
        (b"\x89PNG\r\n\x1a\n\xff", "is no UTF-8 text"),
    ],
)
def test_tables_that_cannot_be_read_whole(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "soup.csv"
    path.write_bytes(content)
    with pytest.raises(AssetError, match=words):
        print(columns_of_table(path), labelled_texts(path))
