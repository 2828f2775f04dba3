"""The connection was closed on one side while the other side goes on.

What it means
    One side shows a FIN that the end which is said to have sent it never sent; on its own side that end goes on. Or
    nothing passes any more, either way: both ends repeat what they last said, in vain, or the client repeats what the
    server has acknowledged.

Why it matters
    The session dies in the middle, with mail under way.

How it is proven
    The FIN is in one capture only, and the end goes on sending in the other; or each capture shows repeats of its own
    end that the other does not show; or the server's acknowledgments are in its own capture alone, and the client
    repeats what they cover. Of a proxy, which closes its own connections by nature, it is likely where it closes the
    client's while the client waits for an answer, and neither of the ends had closed, or said that it does.

What else it could be
    A RST instead of a FIN is reported as reset-injected. A proxy that has waited long for its server closes for a good
    reason: that is not reported.

References
    RFC 9293 section 3.6.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.absence import Absence, to_side
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.family import Family
from pcapsleuth.compare.pair import Clock
from pcapsleuth.compare.view import View, opposite
from pcapsleuth.detect.commands import PATIENCE, leaving
from pcapsleuth.detect.detectors.proxy_in_path import relays
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.proof import finding
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER, Direction

LABELS = ("session-cut",)

LATER = 1_000_000_000
"""ns between the two closes, above which the second is no echo of the first."""

REPEATS = 2
"""Repeats in vain, each way, that make a dead connection rather than a lost segment."""


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Look for a FIN at egress whose sender goes on at ingress, or for a connection that died in between."""
    if comparison.clock is None:
        return
    if comparison.family is Family.PROXY:
        yield from _by_proxy(comparison, comparison.clock)
        return
    lost = comparison.client.lossy or comparison.server.lossy
    for way in (TO_CLIENT, TO_SERVER):
        fin = comparison.egress(way).stream(way).fin
        if not lost and fin is not None and _goes_on(comparison, way, fin.time):
            name = "server" if way == TO_CLIENT else "client"
            yield finding(
                comparison,
                "session-cut",
                None,
                f"the connection was closed in the name of the {name}, which goes on",
                egress=Piece(comparison.egress(way).side, -1, fin.frame, fin.time, fin.offset, b""),
            )
            return
    repeats = [_in_vain(comparison, way) for way in (TO_SERVER, TO_CLIENT)]
    if all(repeats):
        yield finding(
            comparison,
            "session-cut",
            None,
            "nothing passes any more, either way: both ends repeat what they said last, in vain",
            more=[piece for piece in repeats if piece is not None],
        )
    elif unheard := _unheard(comparison):
        yield finding(
            comparison,
            "session-cut",
            None,
            "what the server acknowledged the client repeats in vain: nothing comes back to it any more",
            ingress=unheard,
        )


def _unheard(comparison: Comparison) -> Piece | None:
    """The first of at least two repeats of what the server had acknowledged: one that waits for more says nothing else.

    An end that hears nothing repeats the oldest bytes that it has no answer to (RFC 6298 section 5.4); one that was
    told of a smaller MTU sends everything again, once. Both sides count the bytes of one stream alike where all that
    both show stands at its place.
    """
    client, server = comparison.client.stream(TO_SERVER), comparison.server.stream(TO_SERVER)
    again = [
        one for one in client.retransmissions if one.offset <= client.acked < one.offset + one.length <= server.acked
    ]
    kept = all(sent.row.offset == came.row.offset for _, sent, came in comparison.both(TO_SERVER))
    if not kept or len(again) < REPEATS or not comparison.client.stream(TO_CLIENT).segments:
        return None
    return Piece(comparison.client.side, -1, again[0].frame, again[0].time, again[0].offset, b"")


def _by_proxy(comparison: Comparison, clock: Clock) -> Iterator[Finding]:
    """Look for a FIN by which a proxy leaves its client in the midst, to which it owes an answer."""
    client, server = comparison.client, comparison.server
    fin, rst = (client.stream(TO_CLIENT).fin, client.stream(TO_CLIENT).rst)
    hidden = comparison.lossy or client.encrypted or server.encrypted
    if fin is None or hidden or relays(comparison) or (rst is not None and rst.time < fin.time):
        return
    if _owes(client, fin.time) and not _left(comparison, fin.time, clock):
        yield finding(
            comparison,
            "session-cut",
            None,
            "the client's connection was closed before it had an answer, and the server goes on",
            absence=Absence.LIKELY,
            egress=Piece(client.side, -1, fin.frame, fin.time, fin.offset, b""),
        )


def _owes(client: View, time: int) -> bool:
    """Tell whether a client that has not closed has been waiting for an answer by then, and not for long."""
    if any(end <= time for end in client.stream(TO_SERVER).ends):
        return False
    asked = [unit.row for unit in client.commands if unit.row.time <= time]
    heard = max((unit.row.time for unit in client.replies if unit.row.time <= time), default=0)
    if not asked or asked[-1].word == b"QUIT" or heard >= asked[-1].time:
        return False
    return time - asked[-1].time < PATIENCE


def _left(comparison: Comparison, time: int, clock: Clock) -> bool:
    """Tell whether the server had left by then, or said that it does: a proxy follows it.

    A server that closes when the proxy has left it only follows.
    """
    server = comparison.server
    gone, there = leaving(server), to_side(time, comparison.client.side, server.side, clock)
    first = any(end < gone for end in server.stream(TO_SERVER).ends)
    return gone <= there + 2 * clock.error and not first


def _in_vain(comparison: Comparison, way: Direction) -> Piece | None:
    """The first of at least two repeats of one end that its peer's side does not show and never acknowledges."""
    ingress, egress = comparison.ingress(way), comparison.egress(way)
    stream = ingress.stream(way)
    lost = [
        again
        for again in stream.retransmissions
        if again.offset + again.length > stream.acked
        and to_side(again.time, ingress.side, egress.side, comparison.clock) <= egress.bounds.last
    ]
    heard = stream.syn is not None and ingress.stream(opposite(way)).segments
    if not heard or len(lost) < REPEATS or egress.stream(way).retransmissions:
        return None
    return Piece(ingress.side, -1, lost[0].frame, lost[0].time, lost[0].offset, b"")


def _goes_on(comparison: Comparison, way: Direction, time: int) -> bool:
    """Tell whether the end says more after it is said to have closed, and closed itself, if at all, much later.

    Not by the clock alone: what came out before the close was said before it.
    """
    ingress = comparison.ingress(way)
    stream = ingress.stream(way)
    if comparison.clock is None:
        return False
    there = to_side(time, comparison.egress(way).side, ingress.side, comparison.clock) + 2 * comparison.clock.error
    if any(end < there + LATER for end in stream.ends):
        return False
    passed = {unit.at for _, unit, _ in comparison.both(way)}
    return any(unit.row.time > there and unit.at not in passed for unit in ingress.units(way))
