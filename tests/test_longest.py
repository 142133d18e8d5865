"""The longest files start first; the Makefile keeps pytest-xdist from another order."""

from tests.longest import LONGEST, ROOT, longest_first


class Found:
    """As much of a test as its place depends on."""

    def __init__(self, file: str) -> None:
        self.path, self.file = ROOT / file, file


def test_every_file_of_the_list_is_there() -> None:
    assert [file for file in LONGEST if not (ROOT / file).is_file()] == []
    assert len(set(LONGEST)) == len(LONGEST)


def test_they_start_first_and_the_rest_keeps_its_order() -> None:
    last, first = LONGEST[-1], LONGEST[0]
    items = [Found(file) for file in ("tests/b.py", last, "tests/a.py", first, first)]
    longest_first(items)  # type: ignore[arg-type]
    assert [item.file for item in items] == [first, first, last, "tests/b.py", "tests/a.py"]


def test_the_makefile_keeps_the_order() -> None:
    assert "--dist loadfile --no-loadscope-reorder" in (ROOT / "Makefile").read_text()
