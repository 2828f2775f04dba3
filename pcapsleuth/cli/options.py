"""The options that commands share, and what becomes of their words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

if TYPE_CHECKING:
    from pcapsleuth.report.selection import Peer
    from pcapsleuth.spool.reading import Options

F = TypeVar("F", bound=Callable[..., Any])

_READING = (
    click.option(
        "--port",
        "ports",
        type=click.IntRange(1, 65535),
        multiple=True,
        default=[25],
        show_default=True,
        help="A server port that is SMTP; repeatable.",
    ),
    click.option("--keep-duplicates", is_flag=True, help="Keep frames that the capture has twice."),
    click.option(
        "--jobs",
        type=click.IntRange(1, 64),
        metavar="N",
        help="Processes that share a large capture. [default: one a processor, at most 4]",
    ),
    click.option(
        "--tz",
        default="UTC",
        show_default=True,
        metavar="ZONE",
        help="Zone of times given and shown: UTC, local, +02:00, Europe/Berlin.",
    ),
)

_PROFILES = (
    click.option(
        "--profiles", multiple=True, metavar="DIR", help="A folder with device profiles of your own; repeatable."
    ),
    click.option("--plugins", is_flag=True, help="Take device profiles of installed packages too."),
)

_SELECTION = (
    click.option("--client", multiple=True, metavar="ADDR", help="Only of this client: host, network, host:port."),
    click.option("--server", multiple=True, metavar="ADDR", help="Only of this server."),
    click.option("--from", "sender", multiple=True, metavar="ADDR", help="Only with this sender, domain or pattern."),
    click.option("--to", "recipient", multiple=True, metavar="ADDR", help="Only with this recipient."),
    click.option("--message-id", multiple=True, metavar="ID", help="Only with this Message-ID."),
    click.option("--since", metavar="TIME", help="Only sessions that go on at or after this time (ISO 8601)."),
    click.option("--until", metavar="TIME", help="Only sessions that began at or before this time."),
)


def selecting(function: F) -> F:
    """Add the options that choose sessions and say how to read."""
    for option in reversed(_READING + _PROFILES + _SELECTION):
        function = option(function)
    return function


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the options say, as values."""

    options: Options
    zone: tzinfo


def wishes(given: dict[str, Any]) -> Wishes:
    """Turn the words of the options into values; a word that means nothing is bad usage."""
    from pcapsleuth.report.selection import Selection
    from pcapsleuth.spool.reading import Options

    where = zone(given["tz"])
    selection = Selection(
        tuple(peer(text, "--client") for text in given["client"]),
        tuple(peer(text, "--server") for text in given["server"]),
        tuple(given["sender"]),
        tuple(given["recipient"]),
        tuple(given["message_id"]),
        moment(given["since"], where, "--since"),
        moment(given["until"], where, "--until"),
    )
    ports = tuple(dict.fromkeys(given["ports"]))
    options = Options(
        ports, selection, given["keep_duplicates"], given["jobs"], tuple(given["profiles"]), given["plugins"]
    )
    return Wishes(options, where)


def zone(text: str) -> tzinfo:
    """A time zone by its name or offset."""
    if text.upper() in ("UTC", "Z"):
        return UTC
    if text == "local":
        return datetime.now().astimezone().tzinfo or UTC
    try:
        if text[:1] in "+-":
            offset = datetime.strptime(text, "%z").utcoffset() or timedelta()
            return timezone(offset)
        return ZoneInfo(text)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise click.BadParameter(
            f"{text!r} is no zone; write UTC, local, +02:00 or Europe/Berlin", param_hint="--tz"
        ) from None


def moment(text: str | None, where: tzinfo, option: str) -> int | None:
    """A time in ns since 1970 UTC; without a zone of its own it is in that of --tz."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no time; write it as 2026-11-24T08:13:40 or 2026-11-24"
        raise click.BadParameter(message, param_hint=option) from None
    time = time if time.tzinfo else time.replace(tzinfo=where)
    since = time - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000


def peer(text: str, option: str) -> Peer:
    """A host or network with an optional port: `192.0.2.1`, `192.0.2.0/24`, `192.0.2.1:2525`, `[2001:db8::1]:25`."""
    from pcapsleuth.report.selection import Peer

    try:
        return Peer(ip_network(text, strict=False))
    except ValueError:
        host, _, port = text.rpartition(":")
    try:
        network = ip_network(str(ip_address(host.strip("[]")))) if host else None
        return Peer(network, int(port))
    except ValueError:
        message = f"{text!r} is no address; write 192.0.2.1, 192.0.2.0/24, 192.0.2.1:2525 or [2001:db8::1]:25"
        raise click.BadParameter(message, param_hint=option) from None
