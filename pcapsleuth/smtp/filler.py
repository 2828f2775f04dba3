"""Bodies of one character: what is left of text that a device wrote over."""

from __future__ import annotations

LINE_ENDS = b"\r\n"


def filler(before: bytes | None, data: bytes) -> bytes | None:
    """Tell the one character of a body, line ends apart, that goes on with `data`.

    `before` is what was told of all before it: empty where only line ends were seen, None once it is text. Of text only
    the first bytes are looked at.
    """
    if before is None:
        return None
    rest = data.strip(before + LINE_ENDS)
    if rest and not before:
        before = rest[:1]
        rest = rest.strip(before + LINE_ENDS)
    return None if rest else before
