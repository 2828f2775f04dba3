"""The TCP options of a SYN (RFC 9293 section 3.2; RFC 7323; RFC 2018)."""

from __future__ import annotations

from pcapsleuth.tcp.connection import SynOptions

_END, _NO_OPERATION = 0, 1
_MSS, _WINDOW_SCALE, _SACK_PERMITTED, _TIMESTAMPS = 0x0204, 0x0303, 0x0402, 0x080A
"""Kind and length, which must be that."""


def copied(buffer: memoryview, start: int, size: int) -> bytes:
    """Copy the options of a segment whose `options_length` this is; `parse` sees by their number that some were cut."""
    if size >= 0:
        return bytes(buffer[start : start + size])
    size = ~size
    return bytes(buffer[start : start + size]) + b"\x01" * (size % 4 == 0)


def parse(options: bytes) -> SynOptions:
    """Read the options; what is cut, malformed or unknown is passed over.

    The header is made of words of four bytes (RFC 9293 section 3.1): a list that is not was cut by a snaplen.
    """
    found = SynOptions()
    at, size = 0, len(options)
    options += b"\0\0"  # so that a cut option has a length, and every list an end
    while (kind := options[at]) != _END:
        if kind == _NO_OPERATION:
            at += 1
            continue
        length = options[at + 1]
        if length < 2 or at + length > size:  # noqa: PLR2004  kind and length themselves
            found.whole = False
            break
        head = kind << 8 | length
        if head == _MSS:
            found.mss = options[at + 2] << 8 | options[at + 3]
        elif head == _WINDOW_SCALE:
            found.window_scale = options[at + 2]
        elif head == _SACK_PERMITTED:
            found.sack_permitted = True
        elif head == _TIMESTAMPS:
            found.timestamp = int.from_bytes(options[at + 2 : at + 6])
        at += length
    if at >= size and size % 4:
        found.whole = False
    return found
