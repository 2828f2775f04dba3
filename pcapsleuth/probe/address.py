"""Whom to ask: a host with a port as people write it, the addresses that it has, and the servers of a domain."""

from __future__ import annotations

import re
import socket
from ipaddress import ip_address
from typing import NamedTuple

from pcapsleuth.errors import OptionError

PORT = 25
_DOMAIN = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?\.?")


class Target(NamedTuple):
    """A server to ask."""

    host: str
    port: int = PORT

    def __str__(self) -> str:
        """As it is written."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def target(text: str) -> Target:
    """Read `HOST`, `HOST:PORT`, an IPv6 address, or one in brackets with a port."""
    try:
        return Target(str(ip_address(text.strip("[]"))))
    except ValueError:
        host, colon, port = text.rpartition(":")
    if not colon:
        return Target(text)
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise OptionError(f"{text!r} is no server; write mx.example.com, 192.0.2.25:2525 or [2001:db8::25]:25")
    return Target(host.strip("[]"), int(port))


def addresses(one: Target, family: int = 0) -> list[str]:
    """The addresses of a server, in the order in which this machine prefers them."""
    try:
        found = socket.getaddrinfo(one.host, one.port, socket.AddressFamily(family), socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OptionError(f"{one.host}: has no address here ({reason}); check the name") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def local_address(address: str, port: int) -> str | None:
    """From which address this machine would look; nothing is sent to find out."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as plug:
        try:
            plug.connect((address, port))
        except OSError:
            return None
        return str(plug.getsockname()[0])


def servers(domain: str) -> list[Target]:
    """The servers that take the mail of a domain, best first (RFC 5321 section 5.1)."""
    if not _DOMAIN.fullmatch(domain):
        raise OptionError(f"{domain!r} is no domain; write example.com")
    try:
        from dns import exception, resolver  # noqa: PLC0415  an extra, and needed for --mx only
    except ImportError as error:
        advice = "install pcapsleuth[probe], or look them up (`dig MX DOMAIN`) and probe each HOST"
        raise OptionError(f"MX records are read with dnspython, which is missing; {advice}") from error
    try:
        records = resolver.resolve(domain, "MX")
    except resolver.NoAnswer:
        return [Target(domain)]
    except exception.DNSException as error:
        raise OptionError(f"{domain}: its MX records cannot be read ({error}); check the name and your DNS") from error
    found = sorted((int(one.preference), str(one.exchange).rstrip(".")) for one in records)
    hosts = [host for _, host in found if host]
    if not hosts:
        raise OptionError(f"{domain}: says by its MX record that it takes no mail (RFC 7505)")
    return [Target(host) for host in dict.fromkeys(hosts)]
