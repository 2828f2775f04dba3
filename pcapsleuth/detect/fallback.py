"""Clients that fall back to HELO: sessions of one client compared with each other, to see what made it do so.

Nothing is said of a client that also says HELO where nothing was done to it, or EHLO behind such a greeting as well:
it has reasons of its own, or is several programs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.hellos import ESMTP, OTHER, STARS, Client, Hello, Hellos
from pcapsleuth.tcp.connection import Endpoint

GREETINGS = ("banner-masked", "banner-rewritten")
ANSWERS = (
    "verb-blocked:EHLO", "verb-masked:EHLO", "verb-rewritten:EHLO", "command-swallowed:EHLO",
    "reply-injected:EHLO", "reply-rewritten:EHLO",
)  # fmt: skip
"""What a device does to an EHLO that a client then gives up, the most telling first."""

Said = Mapping[int, Sequence[Finding]]
"""What was found, by session."""


class Fall(NamedTuple):
    """A session in which a client said HELO and nothing else."""

    hello: Hello
    cause: Finding
    """What was done: to the greeting here, or to the EHLO of an earlier session."""
    elsewhere: int
    """The session in which the client said EHLO."""


def falls(hellos: Hellos, said: Said) -> Iterator[Fall]:
    """Find the sessions in which a client fell back to HELO because of what was done."""
    for client, others in hellos.others.items():
        yield from _falls(hellos, client, sorted(others), said)


def _falls(hellos: Hellos, client: Client, others: Sequence[Hello], said: Said) -> Sequence[Fall]:
    """Those of one client, whose sessions come by their begin."""
    found: list[Fall] = []
    spoilt: dict[Endpoint, tuple[Finding, int]] = {}
    """What became of its EHLO before, by server."""
    for hello in others:
        if not hello.plain:
            cause = _spoils_ehlo(said.get(hello.session, ()))
            if cause is not None:
                spoilt.setdefault(hello.server, (cause, hello.session))
            continue
        reason = spoilt.get(hello.server) or _misled(hellos, client, hello, said)
        if reason is None:
            return ()
        found.append(Fall(hello, *reason))
    return found


def _misled(hellos: Hellos, client: Client, hello: Hello, said: Said) -> tuple[Finding, int] | None:
    """Tell whether a client that says EHLO elsewhere did not so because of what the greeting had lost."""
    cause = next((one for one in said.get(hello.session, ()) if _hides_esmtp(one)), None)
    if cause is None or hello.heard == ESMTP or hellos.listed(client, hello.heard):
        return None
    listed = (hellos.listed(client, heard) for heard in (ESMTP, OTHER, STARS))
    first = min((one for one in listed if one is not None), default=None)
    return None if first is None else (cause, first[1])


def _spoils_ehlo(findings: Sequence[Finding]) -> Finding | None:
    """What was done to an EHLO: the most telling of it."""
    done = {found.name: found for found in findings if _grave(found)}
    return next((done[name] for name in ANSWERS if name in done), None)


def _hides_esmtp(found: Finding) -> bool:
    """Tell whether a greeting lost the word that many clients look for; unknown where it is not seen whole."""
    if found.label not in GREETINGS or not _grave(found):
        return False
    came = found.ingress is None or b"ESMTP" in found.ingress.upper()
    return came and b"ESMTP" not in (found.egress or b"").upper()


def _grave(found: Finding) -> bool:
    """Tell whether a finding counts: a relay's dialogue is lawfully its own."""
    return found.severity is not Severity.INFO
