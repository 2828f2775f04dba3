"""Capture files, read and written with nothing but struct: the lab trusts no library that the project trusts."""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MICRO, _NANO = 0xA1B2C3D4, 0xA1B23C4D
_BILLION = 1_000_000_000


@dataclass(frozen=True)
class Record:
    """One frame: when it was seen, its bytes, and how long it was on the wire."""

    time: int
    data: bytes
    length: int


@dataclass(frozen=True)
class Form:
    """How a capture is written."""

    suffix: str = ".pcap"
    order: str = "<"
    nano: bool = False
    link: int = 1
    snaplen: int = 262144
    comment: str = ""


def read(path: Path) -> list[Record]:
    """Read a pcap file as tcpdump writes it on this machine."""
    raw = path.read_bytes()
    scale = 1 if struct.unpack_from("<I", raw)[0] == _NANO else 1000
    at, records = 24, []
    while at + 16 <= len(raw):
        seconds, fraction, kept, length = struct.unpack_from("<IIII", raw, at)
        records.append(Record(seconds * _BILLION + fraction * scale, raw[at + 16 : at + 16 + kept], length))
        at += 16 + kept
    return records


def write(path: Path, records: list[Record], form: Form) -> Path:
    """Write records in the chosen form and return the path with its suffix."""
    body = _pcapng(records, form) if ".pcapng" in form.suffix else _pcap(records, form)
    target = path.with_suffix(form.suffix)
    target.write_bytes(gzip.compress(body, mtime=0) if form.suffix.endswith(".gz") else body)
    return target


def _pcap(records: list[Record], form: Form) -> bytes:
    magic, scale = (_NANO, 1) if form.nano else (_MICRO, 1000)
    out = [struct.pack(form.order + "IHHiIII", magic, 2, 4, 0, 0, form.snaplen, form.link)]
    for record in records:
        seconds, rest = divmod(record.time, _BILLION)
        out.append(struct.pack(form.order + "IIII", seconds, rest // scale, len(record.data), record.length))
        out.append(record.data)
    return b"".join(out)


def _pcapng(records: list[Record], form: Form) -> bytes:
    section = struct.pack(form.order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    section += _note(form)
    resolution = struct.pack(form.order + "HHB3xHH", 9, 1, 9, 0, 0)
    interface = struct.pack(form.order + "HHI", form.link, 0, form.snaplen) + resolution
    blocks = [_block(form, 0x0A0D0D0A, section), _block(form, 1, interface)]
    if form.comment:
        name = struct.pack(form.order + "HH", 1, 8) + bytes((10, 1, 1, 25)) + b"mx1\0"
        blocks += [
            _block(form, 4, name + bytes(4)),
            _block(form, 0xBAD, struct.pack(form.order + "I", 32473) + b"note"),
        ]
    for record in records:
        size = struct.pack(form.order + "II", len(record.data), record.length)
        head = struct.pack(form.order + "III", 0, record.time >> 32, record.time & 0xFFFFFFFF)
        padding = bytes(-len(record.data) % 4) if form.comment else b""
        blocks.append(_block(form, 6, head + size + record.data + padding + _note(form)))
    if form.comment:
        blocks.append(_block(form, 5, struct.pack(form.order + "III", 0, 0, 0)))
    return b"".join(blocks)


def _note(form: Form) -> bytes:
    """Return the options of a block that carries the comment, if there is one."""
    if not form.comment:
        return b""
    text = form.comment.encode()
    return struct.pack(form.order + "HH", 1, len(text)) + text + bytes(-len(text) % 4 + 4)


def _block(form: Form, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack(form.order + "I", len(body) + 12)
    return struct.pack(form.order + "I", kind) + size + body + size
