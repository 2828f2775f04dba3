"""The rows and the text of a dialogue as they grow, and their bounds."""

from __future__ import annotations

from pcapsleuth.smtp.dialogue import Flag, Kind, Mail, Row
from pcapsleuth.smtp.lines import CUT, Unit
from pcapsleuth.tcp.connection import Anomaly, Connection

ROW_LIMIT = 20_000
"""Rows of a dialogue: a session of a hundred mails with fifty recipients each has fewer."""

BLOB_LIMIT = 4 << 20
"""Bytes of text of a dialogue."""

STRAY, GAP, UNCERTAIN = int(Kind.STRAY), int(Kind.GAP), int(Flag.UNCERTAIN)

_new_row = _new_unit = tuple.__new__


class Record:
    """Writes rows."""

    __slots__ = ("_connection", "_noted", "_overflow", "blob", "frames", "mails", "rows", "tls")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._noted: set[str] = set()
        self._overflow = -1
        self.rows: list[Row] = []
        self.blob = bytearray()
        self.frames: dict[int, tuple[tuple[int, int], ...]] = {}
        """See `Dialogue.frames`."""
        self.mails: list[Mail] = []
        self.tls = False
        """TLS was agreed upon, or came first."""

    @property
    def untouched(self) -> bool:
        """Whether nothing but gaps was seen so far."""
        return all(row.kind == GAP for row in self.rows)

    def add(self, kind: int, direction: int, word: bytes, unit: Unit, answers: int = -1, flags: int = 0) -> int:
        """Append a row and return its index; beyond the bounds it is only counted."""
        text, offset, length, first_frame, last_frame, time, of_unit, _, segments = unit
        rows, blob = self.rows, self.blob
        index, start = len(rows), len(blob)
        if index >= ROW_LIMIT:
            return self._count(direction, unit)
        size = len(text)
        if start + size > BLOB_LIMIT:
            self.note("bound", direction, last_frame, time, "text of the dialogue")
            size, flags = 0, flags | CUT
        else:
            blob += text
        rows.append(
            _new_row(
                Row,
                (
                    kind, direction, word, offset, length, first_frame, last_frame, time, start, size, answers,
                    flags | of_unit, segments,
                ),
            )
        )  # fmt: skip
        return index

    def _count(self, direction: int, unit: Unit) -> int:
        """Count a unit in the one row that stands for all beyond the bound."""
        if self._overflow < 0:
            self.note("bound", direction, unit.last_frame, unit.time, "rows of the dialogue")
            self._overflow = len(self.rows)
            first = (unit.offset, 0, unit.first_frame, unit.last_frame, unit.time)
            self.rows.append(Row(STRAY, direction, b"", *first, 0, 0, -1, CUT, 0))
        row = self.rows[self._overflow]
        self.rows[self._overflow] = row._replace(
            length=row.length + unit.length, last_frame=unit.last_frame, time=unit.time, segments=row.segments + 1
        )
        return self._overflow

    def reserve(self, kind: int, direction: int, offset: int, frame: int, time: int) -> int:
        """Append the row of bytes that have only begun: `complete` fills it in."""
        return self.add(kind, direction, b"", _new_unit(Unit, (b"", offset, 0, frame, frame, time, 0, 0, 0)))

    def complete(self, index: int, end: int, frame: int, time: int, segments: int, flags: int) -> None:
        """Fill in a reserved row."""
        if index != self._overflow:
            row = self.rows[index]
            now = (*row[:4], end - row.offset, row.first_frame, frame, time, *row[8:11], row.flags | flags, segments)
            self.rows[index] = _new_row(Row, now)

    def note(self, kind: str, direction: int, frame: int, time: int, detail: str) -> None:
        """Note an anomaly, once of each."""
        if detail not in self._noted:
            self._noted.add(detail)
            self._connection.note(Anomaly(kind, direction, frame, time, detail))

    def stray(self, direction: int, unit: Unit) -> int:
        """Count bytes that fit nowhere. Their text is not kept: it may be of a mail or of a secret."""
        last = len(self.rows) - 1
        if last >= 0 and last != self._overflow:
            row = self.rows[last]
            if row.kind == STRAY and row.direction == direction and row.offset + row.length == unit.offset:
                end = unit.offset + unit.length
                self.complete(last, end, unit.last_frame, unit.time, row.segments + unit.segments, 0)
                return last
        return self.add(STRAY, direction, b"", unit._replace(text=b"", flags=0), -1, UNCERTAIN)

    def keep(self, mail: Mail) -> None:
        """Keep the facts of mail data, unless its row is beyond the bound."""
        if mail.row != self._overflow:
            self.mails.append(mail)
