"""The TCP options of a SYN (RFC 9293 section 3.2; RFC 7323; RFC 2018)."""

from __future__ import annotations

from pcapsleuth.tcp.connection import SynOptions

END, NO_OPERATION, MSS, WINDOW_SCALE, SACK_PERMITTED, TIMESTAMPS = 0, 1, 2, 3, 4, 8
_LENGTHS = {MSS: 4, WINDOW_SCALE: 3, SACK_PERMITTED: 2, TIMESTAMPS: 10}


def parse(options: bytes) -> SynOptions:
    """Read the options; what is cut, malformed or unknown is passed over."""
    found = SynOptions()
    at = 0
    while at < len(options) and options[at] != END:
        kind = options[at]
        if kind == NO_OPERATION:
            at += 1
            continue
        length = options[at + 1] if at + 1 < len(options) else 0
        if length < 2 or at + length > len(options):  # noqa: PLR2004  kind and length themselves
            break
        if _LENGTHS.get(kind) == length:
            _take(found, kind, options[at + 2 : at + length])
        at += length
    return found


def _take(found: SynOptions, kind: int, value: bytes) -> None:
    """Note one option of the right length."""
    if kind == MSS:
        found.mss = int.from_bytes(value)
    elif kind == WINDOW_SCALE:
        found.window_scale = value[0]
    elif kind == SACK_PERMITTED:
        found.sack_permitted = True
    else:
        found.timestamp = int.from_bytes(value[:4])
