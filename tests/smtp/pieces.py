"""Mail data in pieces."""

from __future__ import annotations

from collections.abc import Sequence

from pcapsleuth.smtp.dialogue import Mail
from pcapsleuth.smtp.mail import MailReader


def read(*pieces: bytes) -> Mail:
    """Read mail data; each piece is a frame, counted from 1."""
    reader = MailReader(0, 1, (0, 0, 2))
    for frame, piece in enumerate(pieces, 1):
        reader.feed(piece, frame, frame)
    return reader.finish(0, (0,))


def cut(data: bytes, sizes: Sequence[int]) -> list[bytes]:
    """Cut data into pieces of these sizes, taken in turn."""
    pieces: list[bytes] = []
    at = 0
    while at < len(data):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(data[at : at + size])
        at += size
    return pieces
