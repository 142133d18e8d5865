"""QR codes: a grid that a reader reads, or the reason why there is none."""

import builtins
from typing import Any

import pytest

from taskarith.errors import ExportError, MissingDependencyError
from taskarith.ui.qr import LONGEST, code

LINK = "https://me-demo.hf.space/?suite=mini&set=letters:-0.5&focus=letters"
FINDER = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]


def test_a_code_is_a_square_with_its_three_finders() -> None:
    rows = code(LINK)
    assert {len(row) for row in rows} == {len(rows)}
    assert {cell for row in rows for cell in row} == {"0", "1"}
    assert [row[:7] for row in rows[:7]] == FINDER
    assert [row[-7:] for row in rows[:7]] == FINDER
    assert [row[:7] for row in rows[-7:]] == FINDER


def test_another_link_is_another_code() -> None:
    assert code(LINK) == code(LINK) != code(LINK.replace("0.5", "0.6"))


def test_the_longest_link_fits() -> None:
    assert len(code("x" * LONGEST)) <= 77  # version 15: a module of a millimetre on a hand's width
    with pytest.raises(ExportError, match="has 301 characters"):
        code("x" * (LONGEST + 1))


@pytest.mark.parametrize("wrong", [None, "", 7, ["a"], {}])
def test_only_texts(wrong: object) -> None:
    with pytest.raises(ExportError, match="asked for with a text"):
        code(wrong)


def test_without_segno_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "segno":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependencyError, match="pip install segno"):
        code(LINK)
