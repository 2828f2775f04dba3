"""A dialogue: the rows and the text of one SMTP session, and the views that read them.

`Command` and `Reply` are views made on demand for whoever wants words instead of offsets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pcapsleuth.smtp.row import Flag, Kind, Mail, Row
from pcapsleuth.smtp.script import Script, find
from pcapsleuth.tcp.connection import Connection

_COMMAND, _REPLY = int(Kind.COMMAND), int(Kind.REPLY)
"""Plain numbers: to compare with a member of an enumeration takes ten times as long."""

Opening = tuple[Script, tuple[bytes, ...]]


@dataclass(slots=True)
class Dialogue:
    """One SMTP session: its connection, its rows in the order in which they were delivered, and their text."""

    connection: Connection
    rows: list[Row] = field(default_factory=list)
    blob: bytes = b""
    mails: list[Mail] = field(default_factory=list)
    tls: bool = False
    """TLS records were seen after STARTTLS was accepted (or from the first byte)."""
    client_hello: bytes = b""
    """A digest of the first client bytes under TLS: the same handshake on both sides has the same."""
    server_hello: bytes = b""
    frames: dict[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    """Of each reply whose lines begin in several frames: where in its text a line begins in another, and that frame."""
    _script: Script | None = field(default=None, init=False, compare=False, repr=False)
    _opening: Opening | None = field(default=None, init=False, compare=False, repr=False)

    @property
    def script(self) -> Script:
        """What was said without the words, of a dialogue that has ended: its rows must not change any more."""
        if self._script is None:
            self._script = find(self.rows, self.mails)
        return self._script

    @property
    def opening(self) -> Opening:
        """The prologue with the greeting and the keyword lines: a server says the same words again and again."""
        if self._opening is None:
            script = self.script
            self._opening = script.prologue, tuple([self.text(self.rows[at]) for at in script.introductions])
        return self._opening

    def text(self, row: Row) -> bytes:
        """The raw bytes of a row, line ends included."""
        return self.blob[row.text_start : row.text_start + row.text_length]

    def frame(self, index: int, position: int) -> int:
        """The frame in which the line at a position of a row's text begins."""
        begun = self.frames.get(index, ())
        return next((frame for start, frame in reversed(begun) if start <= position), self.rows[index].first_frame)

    def commands(self) -> Iterator[tuple[int, Row]]:
        """Every command row with its index."""
        return ((i, row) for i, row in enumerate(self.rows) if row.kind == _COMMAND)

    def replies(self) -> Iterator[tuple[int, Row]]:
        """Every reply row with its index."""
        return ((i, row) for i, row in enumerate(self.rows) if row.kind == _REPLY)


__all__ = ["Dialogue", "Flag", "Kind", "Mail", "Opening", "Row"]
