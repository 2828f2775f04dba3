"""What dialogues are made of: a row for each unit of a dialogue, and the facts of each mail.

A row is a plain tuple, so that hundreds of thousands of sessions are cheap to make, to spool and to compare.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import NamedTuple


class Kind(IntEnum):
    """What a row is."""

    COMMAND = 1
    """A command line: verb and argument."""
    REPLY = 2
    """A whole reply, of one line or several; also a line without a code (`OK`, `*****`)."""
    MAIL = 3
    """Mail data of a DATA command, up to its terminator; `Dialogue.mails` has its facts."""
    CHUNK = 4
    """The bytes of a BDAT chunk or of an XEXCH50 blob."""
    SECRET = 5
    """A client line of an AUTH exchange: its bytes are never kept."""
    TLS = 6
    """Opaque bytes after STARTTLS: one row a direction, grown to the end."""
    GAP = 7
    """Missing bytes; `word` says why."""
    PROXY = 8
    """A PROXY protocol header (v1 or v2) before the dialogue."""
    STRAY = 9
    """Bytes that fit nowhere: the rest of a line behind a gap."""


class Flag(IntFlag):
    """What else is known of a row."""

    UNCERTAIN = 1
    """Read after a gap, or of a guessed state."""
    REDACTED = 2
    """The text is not what was sent: credentials were taken out."""
    BARE_LF = 4
    """A line ended in LF without CR."""
    BARE_CR = 8
    UNTERMINATED = 16
    """The line, the reply or the mail data never ended."""
    CUT = 32
    """The text was longer than what is kept; `length` is true."""
    CODELESS = 64
    """A reply, or a line of it, without a code."""
    EARLY = 128
    """Sent before the peer's turn: a command before the greeting."""
    GREETING = 256
    """The server's first reply of a connection (also the one after XCLIENT)."""
    FINAL = 512
    """The reply that ends what it answers; a 334 (or the 354 of XEXCH50) is not final."""
    MASKED_CHUNK = 1024
    """A chunk whose BDAT was overwritten on the way: the server reads it as commands."""
    MIXED_CODES = 2048
    """The lines of a reply do not agree on their code."""


class Row(NamedTuple):
    """One unit of a dialogue."""

    kind: int
    direction: int
    word: bytes
    """The verb in upper case; the code of a reply (empty where it has none); a gap's reason."""
    offset: int
    """Stream offset of the first byte."""
    length: int
    """Bytes on the wire, line ends included."""
    first_frame: int
    last_frame: int
    time: int
    """Time of the frame that completed the unit, ns since 1970 UTC."""
    text_start: int
    text_length: int
    """Where the text stands in the blob: raw bytes as sent, line ends included (secrets excepted). Mail data,
    chunks and TLS have none."""
    answers: int
    """For a reply: the row that it answers, -1 for none (a greeting, an unasked-for 421)."""
    flags: int
    segments: int
    """How many segments carried the unit: a line typed in character mode has as many as letters."""


class Mail(NamedTuple):
    """The facts of mail data: never its body."""

    row: int
    """The MAIL row, or the last CHUNK row of a BDAT message."""
    rows: tuple[int, ...]
    """All rows that carried it."""
    offset: int
    """Stream offset of its first byte."""
    length: int
    """Bytes as transmitted, without the terminator `.CRLF` (whose leading CRLF is the last line's own)."""
    digest: bytes | None
    """XXH3-128; None where bytes are missing."""
    plain_digest: bytes | None
    """The same after transparency was undone (RFC 5321 section 4.5.2); equal to `digest` for BDAT."""
    body_offset: int
    """Where the body begins within the mail data, behind the blank line; -1 if the header never ended."""
    body_length: int
    body_digest: bytes | None
    chunks: tuple[int | None, ...]
    """XXH3-64 of each 64 KiB of body; None for a piece with missing bytes."""
    chunk_frames: tuple[int, ...]
    """The frame that carried the first byte of each."""
    header: bytes
    """The header as sent, at most 64 KiB: read for the fields worth comparing, never shown."""
    header_frames: tuple[int, int]
    """First and last frame that carried it."""
    terminator: tuple[tuple[int, int, int], ...]
    """(frame, time, bytes) of each segment that carried a part of `CRLF . CRLF`: more than one is a split."""
    complete: bool
    """The end was seen and nothing is missing."""
    ended: bool
    """The end was seen."""
    chunked: bool
    """Sent by BDAT."""
    message_id: bytes
    """Of the header field, without angle brackets; empty if there is none."""
    long_line: tuple[int, ...]
    """The longest line of the body, of those that are too long (`smtp/longest.py`): octets with its end, and offset
    within the mail data and frame of its first byte; empty where none is."""
    long_name: tuple[int, ...]
    """The same of the file names of its parts, with the place of the part."""
    filler: bytes
    """The one character of which the body consists, line ends apart; empty for all other bodies."""

    @property
    def asked(self) -> int:
        """The row that its reply answers: of chunks the command that announced the last (RFC 3030 section 2)."""
        return self.row - 1 if self.chunked else self.row
