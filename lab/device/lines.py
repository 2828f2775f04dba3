"""SMTP over a plain socket, as far as a proxy needs it: lines in, replies in, mail data in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

_END = b"\r\n.\r\n"


class Lines:
    """A socket that is read by lines."""

    def __init__(self, plug: socket.socket) -> None:
        """Take over a connected socket."""
        self.plug = plug
        self._rest = b""

    def line(self) -> bytes:
        """Return the next line with its end; what is left if the peer has closed."""
        while b"\n" not in self._rest:
            more = self.plug.recv(65536)
            if not more:
                line, self._rest = self._rest, b""
                return line
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return line + b"\n"

    def reply(self) -> list[bytes]:
        """Return the lines of one reply; an empty list if the peer has closed."""
        lines = [self.line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.line())
        return lines if lines[-1] else []

    def data(self) -> bytes:
        """Return mail data up to its end, which is left out; transparency is not undone."""
        have = b"\r\n"
        while _END not in (have := have + self.line()):
            if not have.endswith(b"\n"):
                break
        return have[2:].removesuffix(b".\r\n")

    def send(self, *parts: bytes) -> None:
        """Send bytes."""
        self.plug.sendall(b"".join(parts))
