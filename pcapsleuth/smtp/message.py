"""The header of a message, as far as comparing needs it (RFC 5322 section 2.2)."""

from __future__ import annotations

import re
from typing import NamedTuple

import xxhash

BLANK_LINE = re.compile(rb"\n\r?\n")
"""The end of a header line and the empty line behind it."""

_MESSAGE_ID = re.compile(rb"\nmessage-id[ \t]*:(?:[ \t]|\r?\n[ \t])*+<?([^<>\r\n]*)", re.IGNORECASE)

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
"""A field name and its value, folded lines included (RFC 5322 section 2.2.3)."""

_NAMING = (b"content-disposition", b"content-type")
"""The fields that say how a file is called (RFC 2183 section 2.3; the other is older)."""

_NAME = re.compile(
    rb"[;\s]((?:file)?name)(\*\d{1,4})?\*?[ \t]*=[ \t]*"
    rb"(?:\"([^\"\\]*+(?:\\.[^\"\\]*+)*+)\"|([^;\s]*+))",
    re.IGNORECASE,
)
"""A parameter with a file name, in quotes or without, or a part of it (RFC 2231 section 3)."""

_FOLD = re.compile(rb"\r?\n(?=[ \t])")


class HeaderField(NamedTuple):
    """One header field, without its text."""

    name: bytes
    """As sent."""
    value_digest: int
    """XXH3-64 of the value, white space runs counted as one blank: folding is no change of content."""
    offset: int
    """Of its first byte within the header."""
    length: int
    """Bytes, line end included."""


def message_id(header: bytes) -> bytes:
    """Return the Message-ID without angle brackets; empty if there is none."""
    lines = b"\n" + header
    folded = lines.lower()
    at = folded.find(b"\nmessage-id")
    while at >= 0:
        if found := _MESSAGE_ID.match(lines, at):
            return found[1].strip()
        at = folded.find(b"\nmessage-id", at + 1)
    return b""


def header_fields(header: bytes) -> list[HeaderField]:
    """Split a header into its fields; lines that are none are passed over."""
    fields: list[HeaderField] = []
    position = 0
    while position < len(header):
        found = _FIELD.match(header, position)
        if found is None:
            position = header.find(b"\n", position) + 1 or len(header)
            continue
        value = b" ".join(found[2].split())
        fields.append(HeaderField(found[1], xxhash.xxh3_64_intdigest(value), position, found.end() - position))
        position = found.end()
    return fields


def longest_file_name(header: bytes) -> int:
    """Return how many octets the longest file name has in a header of a message or of a part; 0 where there is none.

    They are counted as they stand there: encoded words as such, a name in several parameters as one.
    """
    if b"name" not in header.lower():
        return 0
    fields = (field for field in header_fields(header) if field.name.lower() in _NAMING)
    lengths = (_name_length(header[field.offset : field.offset + field.length]) for field in fields)
    return max(lengths, default=0)


def _name_length(field: bytes) -> int:
    """The octets of the longest file name in a field."""
    lengths: dict[bytes, int] = {}
    for parameter, continued, quoted, plain in _NAME.findall(_FOLD.sub(b"", field)):
        key = parameter.lower()
        before = lengths.get(key, 0)
        length = len(quoted or plain)
        lengths[key] = before + length if continued else max(before, length)
    return max(lengths.values(), default=0)
