"""A terminating proxy: two TCP connections in place of one, its own banner, an allow-list of keywords and verbs."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.device.lines import Lines
from lab.servers.certificate import certificate

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.device.journal import Journal

_CALM = 30


def run(plan: dict[str, Any], journal: Journal) -> None:
    """Stand in for every server of the plan until the process is ended."""
    doors = []
    for server in plan["servers"]:
        face = server.replace("10.1.1.", "198.51.100.")
        door = socket.create_server((face, 25))
        doors.append(threading.Thread(target=_attend, args=(door, server, plan, journal)))
    for door_keeper in doors:
        door_keeper.start()
    print("ready", flush=True)  # noqa: T201 - the recorder waits for this line
    doors[0].join()


_numbers = iter(range(1, 10_000))


def _attend(door: socket.socket, server: str, plan: dict[str, Any], journal: Journal) -> None:
    while True:
        client, _ = door.accept()
        threading.Thread(target=_serve, args=(client, server, plan, journal)).start()


def _turn_away(client: socket.socket, text: str, journal: Journal) -> None:
    """Answer in the server's place and never ask it."""
    number = next(_numbers)
    ends = _ends(client.getpeername(), client.getsockname())
    journal.write(number, "open", direction="inbound", outside=ends, inside=None)
    journal.write(number, "turned-away")
    client.sendall(text.encode() + b"\r\n")
    client.close()


def _serve(client: socket.socket, server: str, plan: dict[str, Any], journal: Journal) -> None:
    away = plan["options"].get("turns_away", {})
    if client.getpeername()[0] in away:
        _turn_away(client, away[client.getpeername()[0]], journal)
        return
    inner = socket.create_connection((server, 25), _CALM, ("10.1.1.1", 0))
    client.settimeout(_CALM)
    number = next(_numbers)
    ends = {
        "outside": _ends(client.getpeername(), client.getsockname()),
        "inside": _ends(inner.getsockname(), (server, 25)),
    }
    journal.write(number, "open", direction="inbound", **ends)
    journal.write(number, "proxied")
    dialogue = _Dialogue(Lines(client), Lines(inner), plan, lambda did, **more: journal.write(number, did, **more))
    try:
        dialogue.run()
    except OSError:
        pass
    finally:
        for plug in (dialogue.client.plug, dialogue.server.plug):
            plug.close()


def _ends(client: tuple[Any, ...], server: tuple[Any, ...]) -> list[str | int]:
    return [client[0], client[1], server[0], server[1]]


class _Dialogue:
    """One client's conversation, passed on a command at a time."""

    def __init__(self, client: Lines, server: Lines, plan: dict[str, Any], log: Callable[..., None]) -> None:
        self.client, self.server, self.log = client, server, log
        self.options, self.scratch = plan["options"], plan["scratch"]

    def run(self) -> None:
        """Converse until one of the two has enough."""
        greeting = self.server.reply()
        banner = self.options.get("banner")
        if banner:
            self.log("banner-rewritten")
            greeting = [f"220 {banner}\r\n".encode()]
        self.client.send(*greeting)
        while (line := self.client.line()).strip():
            verb = line.split()[0].decode("ascii", "replace").upper()
            if not self._command(verb, line):
                return

    def _command(self, verb: str, line: bytes) -> bool:
        """Deal with one command; return whether the conversation goes on."""
        blocked = self.options.get("blocked", {})
        if verb == "STARTTLS" and self.options.get("ends_tls"):
            self._end_tls()
            return True
        if verb in blocked:
            self.log("verb-answered", verb=verb)
            self.client.send(blocked[verb].encode() + b"\r\n")
            return True
        if verb == "EHLO" and self.options.get("helo_only"):
            self.log("verb-rewritten", verb="EHLO")
            line = b"HELO" + line[4:]
        self.server.send(line)
        reply = self.server.reply()
        if not reply:
            return False
        self.client.send(*(self._greeting(verb, reply) if verb in {"EHLO", "HELO"} else reply))
        if verb in {"EHLO", "HELO"} and (own := self.options.get("injects")):
            self.log("command-injected", verb=own)
            self.server.send(own.encode() + b"\r\n")
            self.server.reply()
        if verb == "DATA" and reply[0].startswith(b"354"):
            self._data()
        return verb != "QUIT"

    def _greeting(self, verb: str, reply: list[bytes]) -> list[bytes]:
        """Answer EHLO in the proxy's own name and with the keywords that it lets through."""
        host = self.options.get("host", "")
        if host:
            self.log("proxy-rewrote-reply", what=verb)
            reply = [reply[0][:4] + host.encode() + b"\r\n", *reply[1:]]
        kept = [reply[0], *(changed for line in reply[1:] if (changed := self._keyword(line)))]
        for extra in self.options.get("added", []) if verb == "EHLO" else []:
            self.log("capability-added", keyword=extra.split()[0])
            kept.append(b"250-" + extra.encode() + b"\r\n")
        return [line[:3] + b"-" + line[4:] for line in kept[:-1]] + [kept[-1][:3] + b" " + kept[-1][4:]]

    def _keyword(self, line: bytes) -> bytes:
        words = line[4:].decode().split()
        allowed = self.options.get("allowed")
        if allowed is not None and words[0].upper() not in allowed:
            self.log("capability-removed", keyword=words[0].upper())
            return b""
        if words[0] == "SIZE" and "size" in self.options:
            self.log("capability-changed", keyword="SIZE")
            return line[:4] + f"SIZE {self.options['size']}\r\n".encode()
        return line

    def _data(self) -> None:
        data = self.client.data()
        received = self.options.get("received")
        if received:
            self.log("proxy-added-header", name="RECEIVED")
            data = f"Received: from client by {received}; Thu, 7 Mar 2024 10:20:03 +0100\r\n".encode() + data
        for change in self.options.get("header", []):
            new = re.sub(change["pattern"].encode(), change["to"].encode(), data, count=1)
            if new != data:
                self.log(change["did"], name=change["name"])
            data = new
        self.server.send(data, b".\r\n")
        self.client.send(*self.server.reply())

    def _end_tls(self) -> None:
        """Speak TLS with the client, and with the server clear text or TLS of its own."""
        self.log("tls-ended-here")
        if self.options["ends_tls"] == "twice":
            self.log("proxy-rewrote-reply", what="STARTTLS")
            self.server.send(b"STARTTLS\r\n")
            self.server.reply()
            trusting = ssl.create_default_context()
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            self.server = Lines(trusting.wrap_socket(self.server.plug))
        self.client.send(b"220 2.0.0 Ready to start TLS\r\n")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate(Path(self.scratch), "firewall.example.com"))
        self.client = Lines(context.wrap_socket(self.client.plug, server_side=True))
