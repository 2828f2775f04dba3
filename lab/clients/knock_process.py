"""The process behind `Knock`: `python -m lab.clients.knock_process JSON`."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import sys


def knock(server: str, source: str) -> None:
    """Open a connection and close it with RST."""
    with contextlib.suppress(OSError), socket.create_connection((server, 25), 2, (source, 0)) as plug:
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


if __name__ == "__main__":
    plan = json.loads(sys.argv[1])
    for address in plan["servers"]:
        knock(address, plan["source"])
