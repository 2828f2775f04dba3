"""Compare mail data by its digests: equal, altered, or not known."""

from __future__ import annotations

from typing import NamedTuple

from pcapsleuth.smtp.dialogue import Mail
from pcapsleuth.smtp.message import header_fields

CHUNK = 65_536
"""Bytes of body behind one digest of `Mail.chunks`."""


class Alteration(NamedTuple):
    """Where mail data differs."""

    part: str
    """`header`, `overwritten-header` (same length) or `body`."""
    chunk: int
    """Index of the first differing 64 KiB of the body; -1 in the header."""


def alteration(one: Mail, other: Mail) -> Alteration | None:
    """Tell where two views of one mail differ; None if they agree as far as both are known."""
    digest, other_digest = (
        (one.plain_digest, other.plain_digest) if one.chunked != other.chunked else (one.digest, other.digest)
    )
    if digest is None or other_digest is None or not _as_much(one, other):
        return _partial(one, other)
    if digest == other_digest:
        return None
    if one.body_offset < 0 or other.body_offset < 0:
        return _without_body(one, other)
    if one.body_digest is None or other.body_digest is None or one.body_digest == other.body_digest:
        same = one.length == other.length and one.body_offset == other.body_offset
        return Alteration("overwritten-header" if same else "header", -1)
    return Alteration("body", _first_difference(one, other, max(len(one.chunks), len(other.chunks))))


def other_message(sent: Mail, came: Mail) -> bool:
    """Tell whether two whole mails have neither Message-ID nor body in common: no device leaves so little of one."""
    ids, bodies = (sent.message_id, came.message_id), (sent.body_digest, came.body_digest)
    return all(ids) and None not in bodies and ids[0] != ids[1] and bodies[0] != bodies[1]


def _as_much(one: Mail, other: Mail) -> bool:
    """Tell whether both sides have a mail to its end, or all of it but its end."""
    return (one.ended and other.ended) or (one.length == other.length and one.chunked == other.chunked)


def _without_body(one: Mail, other: Mail) -> Alteration:
    """Tell where mails differ of which one has no blank line: overwritten, taken out, just made, or never there.

    What no header field begins is body all of it (RFC 5322 section 3.5), and a relay puts a header in front.
    """
    if one.length == other.length and one.chunked == other.chunked:
        return Alteration("overwritten-header", -1)
    if one.body_offset < 0 <= other.body_offset:
        kept = not other.body_length or other.body_digest == one.digest
    else:
        kept = one.body_offset == other.body_offset and bool(header_fields(one.header))
    return Alteration("header", -1) if kept else Alteration("body", 0)


def _partial(one: Mail, other: Mail) -> Alteration | None:
    """Compare what both have whole: the header, and pieces of 64 KiB behind which more of the body follows."""
    if one.body_offset < 0 or other.body_offset < 0 or one.chunked != other.chunked:
        return None
    whole = min(one.body_length, other.body_length) // CHUNK
    chunk = _first_difference(one, other, whole)
    if chunk >= 0:
        return Alteration("body", chunk)
    if one.header == other.header or not (_has_header(one) and _has_header(other)):
        return None
    return Alteration("overwritten-header" if one.body_offset == other.body_offset else "header", -1)


def _has_header(mail: Mail) -> bool:
    """Tell whether a mail's header is known whole: nothing of it is missing, and it is not too long to be kept."""
    return len(mail.header) == mail.body_offset


def _first_difference(one: Mail, other: Mail, count: int) -> int:
    """Find the first piece that both know and that differs; -1 if there is none."""
    for i, (a, b) in enumerate(zip(one.chunks[:count], other.chunks[:count], strict=False)):
        if a is not None and b is not None and a != b:
            return i
    return -1


def chunk_frame(mail: Mail, chunk: int) -> int:
    """The frame where a piece of the body (or, for -1, the header) begins."""
    if 0 <= chunk < len(mail.chunk_frames):
        return mail.chunk_frames[chunk]
    return mail.header_frames[0]
