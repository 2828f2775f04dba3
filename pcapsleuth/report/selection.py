"""Which sessions a report is of: what the reader asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_address

from pcapsleuth.report.session import path
from pcapsleuth.smtp.dialogue import Dialogue, Kind
from pcapsleuth.smtp.grammar import split_command
from pcapsleuth.tcp.connection import Endpoint

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Peer:
    """A host or a network, and maybe a port."""

    network: Network | None = None
    port: int | None = None

    def matches(self, endpoint: Endpoint) -> bool:
        """Whether an endpoint is meant."""
        if self.port is not None and endpoint.port != self.port:
            return False
        return self.network is None or ip_address(endpoint.address) in self.network


@dataclass(frozen=True, slots=True)
class Selection:
    """All that is asked for must be true of a session; what is empty asks nothing."""

    client: tuple[Peer, ...] = ()
    server: tuple[Peer, ...] = ()
    sender: tuple[str, ...] = ()
    """Reverse-paths: an address, a domain (`example.org` or `@example.org`), or a pattern with `*`."""
    recipient: tuple[str, ...] = ()
    message_id: tuple[str, ...] = ()
    since: int | None = None
    """ns since 1970 UTC, by the clock of the capture."""
    until: int | None = None

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self != EVERYTHING

    def matches(self, dialogue: Dialogue) -> bool:
        """Whether a session is meant."""
        connection = dialogue.connection
        if self.since is not None and connection.end < self.since:
            return False
        if self.until is not None and connection.start > self.until:
            return False
        if not _any_peer(self.client, connection.client) or not _any_peer(self.server, connection.server):
            return False
        return (
            _any_address(self.sender, dialogue, b"MAIL")
            and _any_address(self.recipient, dialogue, b"RCPT")
            and _any_message(self.message_id, dialogue)
        )


EVERYTHING = Selection()


def _any_peer(peers: tuple[Peer, ...], endpoint: Endpoint) -> bool:
    """Whether an endpoint is one of those asked for."""
    return not peers or any(peer.matches(endpoint) for peer in peers)


def _any_address(wanted: tuple[str, ...], dialogue: Dialogue, verb: bytes) -> bool:
    """Whether a command of this verb names one of the addresses."""
    if not wanted:
        return True
    found = [
        path(split_command(dialogue.text(row))[1]).lower()
        for row in dialogue.rows
        if row.kind == Kind.COMMAND and row.word == verb
    ]
    return any(_fits(pattern.lower(), one) for one in found for pattern in wanted)


def _fits(pattern: str, found: str) -> bool:
    """Whether an address is the one asked for, of the domain asked for, or like the pattern."""
    pattern = pattern.strip("<>")
    if "*" in pattern or "?" in pattern:
        return fnmatchcase(found, pattern)
    return found == pattern or ("@" not in pattern[1:] and found.endswith(f"@{pattern.removeprefix('@')}"))


def _any_message(wanted: tuple[str, ...], dialogue: Dialogue) -> bool:
    """Whether one of the mails has one of the Message-IDs."""
    if not wanted:
        return True
    found: Iterable[str] = {mail.message_id.decode(errors="replace") for mail in dialogue.mails}
    return any(fnmatchcase(one, pattern.strip("<>")) for one in found for pattern in wanted)
