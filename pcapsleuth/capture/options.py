"""The blocks of a pcapng file that tell about interfaces (draft-ietf-opsawg-pcapng sections 3.5, 4.2 and 4.6)."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

from pcapsleuth.capture.records import Interface
from pcapsleuth.capture.ticks import MICROSECONDS

_END, _NAME, _DESCRIPTION, _RESOLUTION, _OFFSET = 0, 2, 3, 9, 14
_DROPPED_BY_INTERFACE, _DROPPED_BY_SYSTEM = 5, 7
_MOST_OPTIONS = 256


def read_interface(body: bytes, order: str) -> Interface | None:
    """Read an interface description block, without its frame of type and lengths; None if it is too short."""
    if len(body) < 8:
        return None
    link_type, _, snaplen = Struct(order + "HHI").unpack_from(body)
    values = dict(_options(body[8:], order))
    resolution = values.get(_RESOLUTION, b"")
    offset = values.get(_OFFSET, b"")
    return Interface(
        link_type,
        snaplen,
        name=_text(values.get(_NAME, b"")),
        description=_text(values.get(_DESCRIPTION, b"")),
        resolution=resolution[0] if resolution else MICROSECONDS,
        offset=int.from_bytes(offset, "little" if order == "<" else "big", signed=True) if len(offset) == 8 else 0,
    )


def read_statistics(body: bytes, order: str) -> tuple[int, int] | None:
    """Read an interface statistics block: the interface, and how many frames it lost; None where it does not say."""
    if len(body) < 12:
        return None
    (interface,) = Struct(order + "I").unpack_from(body)
    values = dict(_options(body[12:], order))
    counts = [
        int.from_bytes(values[code], "little" if order == "<" else "big")
        for code in (_DROPPED_BY_INTERFACE, _DROPPED_BY_SYSTEM)
        if len(values.get(code, b"")) == 8
    ]
    return (interface, sum(counts)) if counts else None


def _options(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield codes and values; those that do not fit into the block end the list."""
    head = Struct(order + "HH")
    at = 0
    for _ in range(_MOST_OPTIONS):
        if at + 4 > len(data):
            return
        code, length = head.unpack_from(data, at)
        if code == _END or at + 4 + length > len(data):
            return
        yield code, data[at + 4 : at + 4 + length]
        at += 4 + (length + 3 & ~3)


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode(errors="replace")
