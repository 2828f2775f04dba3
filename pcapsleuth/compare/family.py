"""Which family of device lies between the two points: it decides what may be compared with what.

An in-place editor keeps one TCP connection and every length. A translating editor keeps the connection but swallows
and injects bytes. A proxy has two connections, and any byte may lawfully differ.
"""

from __future__ import annotations

from enum import StrEnum

from pcapsleuth.compare.absence import to_side
from pcapsleuth.compare.pair import Clock
from pcapsleuth.compare.view import View
from pcapsleuth.smtp.dialogue import Flag
from pcapsleuth.tcp.connection import Stream, SynOptions
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER


class Family(StrEnum):
    """How the device handles the connection."""

    IN_PLACE = "in-place"
    TRANSLATED = "translated"
    PROXY = "proxy"


PROOF = 2
"""Points of evidence that make two connections of one."""

ALONE = "the client's handshake was complete before the server answered"

JITTER = 500_000
"""ns by which two frames of a capture may be stamped otherwise than they passed."""

CLAMP = 120
"""A firewall lowers the MSS by some ten bytes (ASA: to 1380); a proxy's own stack differs by more."""


def family(client: View, server: View, clock: Clock | None) -> tuple[Family, tuple[str, ...]]:
    """Tell the family and why, from TCP facts alone: what the device rewrites must not decide how it is judged."""
    if one_connection(client, server):
        return _same_lengths(client, server), ()
    reasons = _two_connections(client, server, clock)
    if sum(points for points, _ in reasons) >= PROOF:
        return Family.PROXY, tuple(reason for _, reason in reasons)
    return _same_lengths(client, server), ()


def _same_lengths(client: View, server: View) -> Family:
    """Tell an in-place editor from a translating one by the length of both streams."""
    equal = all(client.stream(way).length == server.stream(way).length for way in (TO_SERVER, TO_CLIENT))
    return Family.IN_PLACE if equal else Family.TRANSLATED


def one_connection(client: View, server: View) -> bool:
    """Tell whether a number that only the end hosts choose is the same on both sides."""
    for way in (TO_SERVER, TO_CLIENT):
        one, other = client.stream(way), server.stream(way)
        if one.isn is not None and one.isn == other.isn:
            return True
        if (stamp := _timestamp(one)) is not None and stamp == _timestamp(other):
            return True
    return False


def one_name(client: View, server: View) -> bool:
    """Tell whether a device greets its client by the name by which it greets the server, as a mail server does."""
    said = (reply.text[4:] for reply in client.replies if reply.row.flags & Flag.GREETING)
    own = next(said, b"").split(b" ")[0].lower()
    hellos = (one.text.partition(b" ")[2] for one in server.commands if one.row.word in (b"EHLO", b"HELO"))
    return bool(own) and own in (name.strip().lower() for name in hellos)


def _timestamp(stream: Stream) -> int | None:
    """The TSval of the SYN; zero is what a stack sends that has none."""
    return (stream.options.timestamp or None) if stream.options else None


def _two_connections(client: View, server: View, clock: Clock | None) -> list[tuple[int, str]]:
    """Collect what speaks for two connections, each with its points."""
    reasons: list[tuple[int, str]] = []
    for way, name in ((TO_SERVER, "SYN"), (TO_CLIENT, "SYN-ACK")):
        one, other = client.stream(way), server.stream(way)
        if _timestamp(one) is not None and _timestamp(other) is not None:
            reasons.append((2, f"the timestamps of the two {name}s differ"))
        if one.options and other.options and _own_stack(one, other):
            reasons.append((1, f"the options of the two {name}s are of two TCP stacks"))
        came, went = (one.options, other.options) if way == TO_SERVER else (other.options, one.options)
        if came and went and _offers_more(came, went):
            reasons.append((2, f"a {name} went out with an option that none came in with"))
    if clock is not None and answered_alone(client, server, clock, 2 * clock.error + JITTER):
        reasons.append((2, ALONE))
    return reasons


def _own_stack(one: Stream, other: Stream) -> bool:
    """Tell whether two SYNs were made by different stacks: another window scale, or an MSS far apart."""
    a, b = one.options, other.options
    if a is None or b is None:
        return False
    if a.window_scale is not None and b.window_scale is not None and a.window_scale != b.window_scale:
        return True
    return a.mss is not None and b.mss is not None and abs(a.mss - b.mss) > CLAMP


def _offers_more(came: SynOptions, went: SynOptions) -> bool:
    """Tell whether a SYN went out with an option that it did not come in with: devices clear options, and add none."""
    pairs = ((came.window_scale, went.window_scale), (came.timestamp, went.timestamp))
    added = any(one is None and other is not None for one, other in pairs)
    return came.whole and (added or (went.sack_permitted and not came.sack_permitted))


def answered_alone(client: View, server: View, clock: Clock, margin: int) -> bool:
    """Tell whether the client got its SYN-ACK before the server can have sent one, by more than a margin, ns."""
    shown, sent = client.stream(TO_CLIENT).syn, server.stream(TO_CLIENT).syn
    if shown is None or sent is None:
        return False
    return to_side(shown.time, client.side, server.side, clock) + margin < sent.time
