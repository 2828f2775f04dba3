"""The PROXY protocol header that a load balancer puts before the dialogue (its specification, sections 2.1 and 2.2)."""

from __future__ import annotations

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
"""The first twelve bytes of a version 2 header."""

V1 = b"PROXY "
"""The first bytes of a version 1 header, which is one line."""

LIMIT = 2_048
"""The longest header believed: addresses and a few tags take a tenth of it."""

_FIXED = 16


def header_length(head: bytes) -> int | None:
    """Return the length of the version 2 header that begins here: 0 if none does, None if more bytes must tell."""
    if not SIGNATURE.startswith(head[: len(SIGNATURE)]):
        return 0
    if len(head) < _FIXED:
        return None
    length = _FIXED + int.from_bytes(head[14:16], "big")
    if length > LIMIT:
        return 0
    return length if len(head) >= length else None
