"""The process behind `Script`: `python -m lab.clients.script_process JSON`."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
import sys
import time
from typing import Any

_LAST_LINE = re.compile(rb"(?:^|\n)[0-9]{3}(?: [^\n]*)?\n$")


def play(plan: dict[str, Any]) -> None:
    """Take the steps in turn; what the server has not read when all is over is lost with the process."""
    with socket.create_connection((plan["server"], 25), plan["timeout"], (plan["source"], 0)) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for step in plan["steps"]:
            kind, _, text = step.partition(" ")
            if kind == "<":
                _read(wire)
            elif kind == "~":
                time.sleep(float(text))
            elif kind == "half":
                wire.shutdown(socket.SHUT_WR)
            elif kind == "reset":
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                wire.sendall(text.encode() + (b"\r\n" if kind == ">" else b""))


def _read(wire: socket.socket) -> None:
    """Read until the last line of a reply."""
    got = b""
    while not _LAST_LINE.search(got):
        more = wire.recv(4096)
        if not more:
            return
        got = (got + more).replace(b"\r\n", b"\n")


if __name__ == "__main__":
    with contextlib.suppress(OSError):
        play(json.loads(sys.argv[1]))
