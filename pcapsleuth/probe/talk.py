"""The conversation of a probe: a greeting, a few harmless commands, no mail; each line in one segment."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple

UNKNOWN = "goodmorning"
"""A verb that no server knows: the test of Microsoft KB 320027, and its own example."""

AFTER_HELLO = (UNKNOWN, "NOOP", "HELP")
MOST = 1 << 16
"""Bytes of one answer that are read."""

SETTLE = 0.05
"""Seconds in which a second answer to one command may follow the first."""

PATIENCE = 2
"""Unanswered commands before the probe gives up."""

_GOES_ON = re.compile(rb"[0-9]{3}-")


class End(StrEnum):
    """How the connection ended."""

    CLOSED = "closed"
    RESET = "reset"
    SILENT = "silent"


class Said(NamedTuple):
    """Bytes as they were sent or came in, and when (ns since 1970 UTC)."""

    who: str
    """`C` or `S`."""
    data: bytes
    time: int


@dataclass
class Talk:
    """All that was said on one connection."""

    client: tuple[str, int]
    server: tuple[str, int]
    start: int
    said: list[Said] = field(default_factory=list)
    end: End = End.SILENT


def literal(address: str) -> str:
    """The address of this machine as EHLO takes it (RFC 5321 section 4.1.3)."""
    return f"[IPv6:{address}]" if ip_address(address.partition("%")[0]).version == 6 else f"[{address}]"  # noqa: PLR2004


def plan(name: str) -> tuple[str, ...]:
    """The lines that will be sent, in order."""
    return (f"EHLO {name}", *AFTER_HELLO, "QUIT")


def talk(server: tuple[str, int], name: str, timeout: float, watch: Callable[[Said], None]) -> Talk:
    """Ask a server; `watch` is told of everything as it happens. Raise OSError where it cannot be reached."""
    start = time.time_ns()
    with socket.create_connection(server, timeout) as plug:
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ours, theirs = plug.getsockname(), plug.getpeername()
        found = Talk((ours[0], ours[1]), (theirs[0], theirs[1]), start)
        line = _Line(plug, found, timeout, watch)
        try:
            for _ in _questions(line, name):
                if found.end is not End.SILENT or line.unanswered >= PATIENCE:
                    break
        except OSError:
            found.end = End.RESET
    return found


def _questions(line: _Line, name: str) -> Iterator[None]:
    """Ask one question after the other."""
    line.answer()
    yield
    hello = line.ask(f"EHLO {name}")
    yield
    if hello[:1] == b"5":
        line.ask(f"HELO {name}")
        yield
    for verb in AFTER_HELLO:
        line.ask(verb)
        yield
    line.ask("QUIT")
    line.ended()
    yield


@dataclass
class _Line:
    """The connection, which takes down all that passes."""

    plug: socket.socket
    talk: Talk
    timeout: float
    watch: Callable[[Said], None]
    unanswered: int = 0

    def ask(self, text: str) -> bytes:
        """Send a line, in one segment, and read what answers it."""
        data = text.encode("ascii", "replace") + b"\r\n"
        said = Said("C", data, time.time_ns())
        self.plug.sendall(data)
        self._note(said)
        return self.answer()

    def answer(self) -> bytes:
        """Read until a reply is whole, and for a moment longer."""
        got = b""
        deadline = time.monotonic() + self.timeout
        while len(got) < MOST and not _whole(got):
            more = self._read(deadline - time.monotonic())
            if not more:
                break
            got += more
        while got and len(got) < MOST and (more := self._read(min(SETTLE, deadline - time.monotonic()))):
            got += more
        self.unanswered = 0 if got else self.unanswered + 1
        return got

    def ended(self) -> None:
        """Wait until the server closes, as it should after QUIT, whatever it still says."""
        deadline, room = time.monotonic() + self.timeout, MOST
        while room > 0 and (more := self._read(deadline - time.monotonic())):
            room -= len(more)

    def _read(self, seconds: float) -> bytes:
        """Read what comes within a time; nothing where nothing comes or the connection ended."""
        if seconds <= 0 or self.talk.end is not End.SILENT:
            return b""
        self.plug.settimeout(seconds)
        try:
            data = self.plug.recv(4096)
        except TimeoutError:
            return b""
        finally:
            self.plug.settimeout(self.timeout)
        if not data:
            self.talk.end = End.CLOSED
            return b""
        self._note(Said("S", data, time.time_ns()))
        return data

    def _note(self, said: Said) -> None:
        """Take down what was said."""
        self.talk.said.append(said)
        self.watch(said)


def _whole(data: bytes) -> bool:
    """Tell whether a reply has ended: its last line does not say that another follows."""
    if not data.endswith(b"\n"):
        return False
    return not _GOES_ON.match(data.rstrip(b"\r\n").rpartition(b"\n")[2])
