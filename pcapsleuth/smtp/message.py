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
