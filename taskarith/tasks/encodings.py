"""What a table may be written in, and reading it as that. Knows bytes; guesses nothing."""

import codecs
from contextlib import suppress

from taskarith.errors import AssetError, unknown_name

__all__ = ["ENCODINGS", "UTF8", "decoded"]

UTF8 = "utf-8"
# UTF-16 has a mark in front; nothing tells the others apart.
ENCODINGS = (UTF8, "utf-16", "cp1252", "cp1250", "cp1251", "gb18030", "big5", "shift_jis", "euc_kr")


def decoded(content: bytes, encoding: str, *, name: str) -> str:
    """The text in `content`, with or without the mark that some programs put first.

    UTF-16 that says so is read where UTF-8 is asked for. Raises UnknownNameError for an encoding
    that is not in `ENCODINGS`, AssetError for bytes that are not in it.

    >>> decoded("café".encode("cp1252"), "cp1252", name="menu.csv")
    'café'
    """
    if encoding not in ENCODINGS:
        raise unknown_name("encoding", encoding, existing=ENCODINGS)
    if encoding == UTF8 and content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        with suppress(UnicodeDecodeError):
            return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig" if encoding == UTF8 else encoding)
    except UnicodeDecodeError as error:
        others = ", ".join(one for one in ENCODINGS if one != encoding)
        raise AssetError(
            f"{name} is no {encoding.upper()} text (byte {error.start}); save it as UTF-8, or say "
            f"what it is written in: {others}"
        ) from error
