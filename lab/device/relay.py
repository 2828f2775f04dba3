"""A store-and-forward gateway: it takes mail in its own name and delivers it later, in a session of its own."""

from __future__ import annotations

import socket
import threading
import time
from itertools import count
from typing import TYPE_CHECKING, Any

from lab.device.lines import Lines

if TYPE_CHECKING:
    from lab.device.journal import Journal

_numbers = count(1)


def run(plan: dict[str, Any], journal: Journal) -> None:
    """Take mail for the first server of the plan until the process is ended."""
    server = plan["servers"][0]
    door = socket.create_server((server.replace("10.1.1.", "198.51.100."), 25))
    print("ready", flush=True)  # noqa: T201 - the recorder waits for this line
    while True:
        client, _ = door.accept()
        threading.Thread(target=_handle, args=(client, server, plan["options"], journal)).start()


def _handle(client: socket.socket, server: str, options: dict[str, Any], journal: Journal) -> None:
    peer, own = client.getpeername(), client.getsockname()
    with client:
        envelope, data = _take(Lines(client), options)
    time.sleep(options.get("delay", 1.0))
    with socket.create_connection((server, 25), 10, ("10.1.1.1", 0)) as inner:
        number, inside = next(_numbers), [*inner.getsockname(), server, 25]
        journal.write(number, "open", direction="inbound", outside=[*peer, *own], inside=inside)
        journal.write(number, "relayed")
        _deliver(Lines(inner), envelope, data, options)


def _take(client: Lines, options: dict[str, Any]) -> tuple[list[bytes], bytes]:
    """Talk to the client as a server does; return MAIL and RCPT lines and the mail data."""
    envelope: list[bytes] = []
    data = b""
    client.send(f"220 {options['banner']}\r\n".encode())
    while line := client.line():
        verb = line.split()[0].decode("ascii", "replace").upper()
        if verb in {"MAIL", "RCPT"}:
            envelope.append(line)
        if verb == "DATA":
            client.send(b"354 Enter mail, end with dot\r\n")
            data = client.data()
        client.send(_ANSWERS.get(verb, "500 Command not known\r\n").format(**options).encode())
        if verb == "QUIT":
            break
    return envelope, data


_ANSWERS = {
    "EHLO": "250-{host}\r\n250 8BITMIME\r\n",
    "HELO": "250 {host}\r\n",
    "MAIL": "250 Sender ok\r\n",
    "RCPT": "250 Recipient ok\r\n",
    "DATA": "250 Message accepted for delivery\r\n",
    "RSET": "250 Reset\r\n",
    "NOOP": "220 OK\r\n",
    "QUIT": "221 {host} closing\r\n",
}


def _deliver(server: Lines, envelope: list[bytes], data: bytes, options: dict[str, Any]) -> None:
    server.reply()
    received = f"Received: from client by {options['host']}; Thu, 7 Mar 2024 10:20:03 +0100\r\n"
    plain = [line.split(b">")[0] + b">\r\n" for line in envelope]
    for line in [f"EHLO {options['host']}\r\n".encode(), *plain, b"DATA\r\n"]:
        server.send(line)
        server.reply()
    server.send(received.encode(), data, b".\r\n")
    server.reply()
    server.send(b"QUIT\r\n")
    server.reply()
