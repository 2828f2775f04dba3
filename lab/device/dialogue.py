"""The device's own idea of the SMTP dialogue: enough to know a command from mail data and what a reply answers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from lab.device.units import TO_CLIENT, TO_SERVER, Unit

_END = b"\r\n.\r\n"


@dataclass
class Dialogue:
    """The state of one connection; `next_*` looks at bytes, `accept` moves on."""

    pending: deque[str] = field(default_factory=lambda: deque(["GREETING"]))
    mode: str = "commands"
    count: int = 0
    verb: str = ""
    tail: bytes = b"\r\n"
    open_lines: dict[str, bytes] = field(default_factory=lambda: {TO_SERVER: b"", TO_CLIENT: b""})
    reply_line: int = 0

    def next(self, direction: str, data: bytes) -> Unit:
        """Return the next unit at the head of `data`."""
        if self.mode == "tls":
            return Unit("tls", direction, data)
        if direction == TO_SERVER and self.mode == "data":
            return self._data(data)
        if direction == TO_SERVER and self.mode == "blob":
            return Unit("blob", direction, data[: self.count], what=self.verb)
        return self._line(direction, data)

    def _data(self, data: bytes) -> Unit:
        window = self.tail + data
        at = window.find(_END)
        if at < 0:
            held = next((n for n in (4, 3) if window.endswith(_END[:n])), 0)
            length = len(data) - max(0, held - 2)
            if 0 < length < len(data):
                return Unit("data", TO_SERVER, data[:length], what="END-OF-DATA")
            kind = "data" if held < 3 else "end-of-data"
            return Unit(kind, TO_SERVER, data, what="END-OF-DATA", last=False)
        end = at + len(_END) - len(self.tail)
        begin = max(0, end - 3)
        if begin > 0:
            return Unit("data", TO_SERVER, data[:begin], what="END-OF-DATA")
        return Unit("end-of-data", TO_SERVER, data[:end], what="END-OF-DATA")

    def _line(self, direction: str, data: bytes) -> Unit:
        before = self.open_lines[direction]
        end = data.find(b"\n") + 1
        if not end:
            return Unit("part", direction, data, before + data)
        raw, line = data[:end], before + data[:end]
        if direction == TO_CLIENT:
            what = self.pending[0] if self.pending else ""
            kind = "tail" if before else "reply"
            return Unit(kind, direction, raw, line, what, self.reply_line, line[3:4] != b"-")
        if self.mode == "challenge":
            return Unit("secret", direction, raw, line, "AUTH")
        words = line.split(None, 1)
        verb = words[0].decode("ascii", "replace").upper() if words else ""
        return Unit("tail" if before else "command", direction, raw, line, verb)

    def accept(self, unit: Unit, *, forwarded: bool) -> None:
        """Move on past a unit; one that is not forwarded is not waited on for a reply."""
        if unit.kind == "part":
            self.open_lines[unit.direction] = unit.line
        elif unit.kind in {"data", "end-of-data"}:
            self._accept_data(unit)
        elif unit.kind == "blob":
            self.count -= len(unit.raw)
            self.mode = "blob" if self.count else "commands"
        elif unit.kind != "tls":
            self.open_lines[unit.direction] = b""
            if unit.direction == TO_CLIENT:
                self._accept_reply(unit)
            elif forwarded:
                self._accept_command(unit)

    def _accept_data(self, unit: Unit) -> None:
        self.tail = (self.tail + unit.raw)[-4:]
        if unit.kind == "end-of-data" and unit.last:
            self.mode = "commands"
            self.pending.append("END-OF-DATA")

    def _accept_command(self, unit: Unit) -> None:
        if unit.kind == "secret":
            self.mode = "commands"
            self.pending.append("AUTH")
            return
        self.pending.append(unit.what)
        words = unit.line.split()
        if unit.what == "BDAT" and len(words) > 1 and words[1].isdigit() and int(words[1]):
            self.mode, self.count, self.verb = "blob", int(words[1]), "BDAT"
        if unit.what == "XEXCH50" and len(words) > 1 and words[1].isdigit():
            self.count = int(words[1])

    def _accept_reply(self, unit: Unit) -> None:
        self.reply_line = 0 if unit.last else self.reply_line + 1
        if not unit.last or not self.pending:
            return
        verb = self.pending.popleft()
        code = unit.line[:3]
        if verb == "DATA" and code == b"354":
            self.mode, self.tail = "data", b"\r\n"
        elif verb == "XEXCH50" and code == b"354":
            self.mode, self.verb = "blob", "XEXCH50"
            self.pending.append("XEXCH50")
        elif verb == "AUTH" and code == b"334":
            self.mode = "challenge"
        elif verb == "STARTTLS" and code == b"220":
            self.mode = "tls"
