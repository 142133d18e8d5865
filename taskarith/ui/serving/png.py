"""Pictures for the browser: small PNG files inside the page's own messages.

Knows pixels, not what they show.
"""

import base64
import struct
import zlib

import numpy as np

__all__ = ["data_url", "png"]


def png(pixels: np.ndarray) -> bytes:
    r"""A PNG file of `pixels`, uint8 [height, width, 3].

    Written by hand (signature, IHDR, IDAT, IEND; W3C PNG, third edition): an imaging library
    would be a dependency for twenty lines.

    >>> png(np.zeros((2, 3, 3), dtype=np.uint8))[:8]
    b'\x89PNG\r\n\x1a\n'
    """
    height, width, _ = pixels.shape
    # Each row starts with its filter: 0, the bytes as they are.
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)
    rows[:, 1:] = pixels.reshape(height, 3 * width)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def data_url(pixels: np.ndarray) -> str:
    """The picture as a `data:` URL, which needs no request of its own."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode("ascii")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
