"""The process behind `Telnet`: `python -m lab.clients.telnet_process JSON`."""

from __future__ import annotations

import json
import socket
import sys
import time
from typing import Any


def type_lines(plan: dict[str, Any]) -> None:
    """Type each line after a reply has come, and go when the server does."""
    with socket.create_connection((plan["server"], 25), 5, (plan["source"], 0)) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.recv(4096)
        for line in plan["lines"]:
            for key in [*line, "\r\n"]:
                wire.send(key.encode())
                time.sleep(plan["pause"])
            if not wire.recv(4096):
                return


if __name__ == "__main__":
    type_lines(json.loads(sys.argv[1]))
