import pytest

from taskarith.errors import AssetError, UnknownNameError
from taskarith.tasks.encodings import ENCODINGS, decoded


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_is_written_is_read(encoding: str) -> None:
    assert decoded("text,label\n".encode(encoding), encoding, name="it") == "text,label\n"


def test_marks_in_front_are_no_text() -> None:
    assert decoded("\ufeffé".encode(), "utf-8", name="it") == "é"
    assert decoded("é".encode("utf-16"), "utf-8", name="it") == "é"


def test_nothing_is_guessed() -> None:
    with pytest.raises(AssetError, match=r"it is no UTF-8 text \(byte 3\); save .* cp1252"):
        decoded("café".encode("cp1252"), "utf-8", name="it")
    with pytest.raises(UnknownNameError, match="zip"):
        decoded(b"", "zip", name="it")
