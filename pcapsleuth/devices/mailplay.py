"""What a device makes of mail data: header fields, body, and an end that is split over segments."""

from __future__ import annotations

from collections.abc import Sequence

from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import BODY, END, HEADER, Event
from pcapsleuth.devices.treatments import treat

CRLF = b"\r\n"


def played(what: Sequence[Doing], data: bytes, cuts: Sequence[int], *, split: bool) -> tuple[bytes, int]:
    """The data as it comes out, and how many bytes at its end are lost (with the segments that hold them)."""
    done = treat(what, Event(END, "", b".", b".", detail="split" if split else ""))
    if done.went is None:
        lost = _last(cuts, len(data))
        return data[:-lost], lost
    header, blank, body = data.partition(CRLF + CRLF)
    if not blank:
        return data, 0
    text, end = (body[:-3], body[-3:]) if body.endswith(b".\r\n") else (body, b"")
    filled = treat(what, Event(BODY, "", text, text)).went
    return _header(what, header) + blank + (text if filled is None else filled) + end, 0


def first_half(data: bytes) -> bytes:
    """The lines of the first half: what comes out until a device has seen enough."""
    return data[: data.rfind(CRLF, 0, len(data) // 2) + len(CRLF)] if CRLF in data[: len(data) // 2] else b""


def _last(cuts: Sequence[int], length: int) -> int:
    """Bytes of the segments that hold the end, whole segments of at most five bytes, but two bytes at least."""
    lost = 0
    for cut in reversed(cuts):
        if lost + cut > len(b"\r\n.\r\n"):
            break
        lost += cut
    return min(lost or 2, length)


def _header(what: Sequence[Doing], header: bytes) -> bytes:
    """The fields as they come out."""
    fields: list[bytes] = []
    for line in header.split(CRLF):
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += CRLF + line
        else:
            fields.append(line)
    out = [_field(what, field) for field in fields]
    added = treat(what, Event(HEADER, "", None, None))
    if added.went is not None:
        out.insert(0, added.name.title().encode() + b": " + added.went)
    return CRLF.join(out)


def _field(what: Sequence[Doing], field: bytes) -> bytes:
    """One field."""
    name, colon, value = field.partition(b": ")
    if not colon:
        return field
    done = treat(what, Event(HEADER, name.decode("latin-1").upper(), value, value))
    return name + colon + (value if done.went is None else done.went)
