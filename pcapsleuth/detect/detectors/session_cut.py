"""The connection was closed on one side while the other side goes on.

What it means
    One side shows a FIN that the end which is said to have sent it never sent; on its own side that end goes on. Or
    each end closes because the other seems to have. Or nothing passes any more, either way: both ends repeat what they
    last said, in vain, or the client repeats what the server has acknowledged.

Why it matters
    The session dies in the middle, with mail under way.

How it is proven
    The FIN is in one capture only, and the end goes on sending in the other; or, likely, in either capture the other
    end's FIN is the first, while the client waits for an answer: somebody began. Or each capture shows repeats of its
    own end that the other does not show; or the server's acknowledgments are in its own capture alone, and the client
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
from pcapsleuth.compare.view import View, opposite
from pcapsleuth.detect.detectors.proxy_in_path import relays
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.leaving import PATIENCE, leaves, sent_by, waiting
from pcapsleuth.detect.proof import finding
from pcapsleuth.tcp.connection import Mark
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER, Direction

LABELS = ("session-cut",)

LATER = 1_000_000_000
"""ns between the two closes, above which the second is no echo of the first."""

REPEATS = 2
"""Repeats in vain, each way, that make a dead connection rather than a lost segment."""


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Look for a connection that was closed, or died, between its ends."""
    if comparison.clock is None:
        return
    if comparison.family is Family.PROXY:
        yield from _by_proxy(comparison)
    elif found := _closed(comparison) or _dead(comparison):
        yield found


def _closed(comparison: Comparison) -> Finding | None:
    """Look for a FIN at egress whose sender goes on at ingress, or that both were shown before their own."""
    if comparison.client.lossy or comparison.server.lossy:
        return None
    for way in (TO_CLIENT, TO_SERVER):
        fin = comparison.egress(way).stream(way).fin
        if fin is not None and _goes_on(comparison, way, fin.time):
            name = "server" if way == TO_CLIENT else "client"
            what = f"the connection was closed in the name of the {name}, which goes on"
            return finding(comparison, "session-cut", None, what, egress=_piece(comparison.egress(way), fin))
    if shown := _begun_by_neither(comparison):
        what = "the connection was closed to both ends while the client waited for an answer: neither of them began"
        return finding(comparison, "session-cut", None, what, absence=Absence.LIKELY, more=shown)
    return None


def _dead(comparison: Comparison) -> Finding | None:
    """Look for repeats in vain, each way, or of what the server has."""
    repeats = [_in_vain(comparison, way) for way in (TO_SERVER, TO_CLIENT)]
    if all(repeats):
        what = "nothing passes any more, either way: both ends repeat what they said last, in vain"
        return finding(comparison, "session-cut", None, what, more=[piece for piece in repeats if piece is not None])
    if unheard := _unheard(comparison):
        what = "what the server acknowledged the client repeats in vain: nothing comes back to it any more"
        return finding(comparison, "session-cut", None, what, ingress=unheard)
    return None


def _begun_by_neither(comparison: Comparison) -> list[Piece] | None:
    """The FINs that each end was shown before its own, while the client waited for an answer.

    Of two ends one closes first, or both before they hear of it: none can be second to the other at both.
    """
    shown: list[Piece] = []
    for way in (TO_CLIENT, TO_SERVER):
        view = comparison.egress(way)
        first, own = view.stream(way).fin, view.stream(opposite(way)).fin
        if first is None or own is None or first.time >= own.time:
            return None
        shown.append(_piece(view, first))
    return shown if waiting(comparison.client, shown[0].time) >= 0 else None


def _piece(view: View, fin: Mark) -> Piece:
    """A FIN."""
    return Piece(view.side, -1, fin.frame, fin.time, fin.offset, b"")


def _unheard(comparison: Comparison) -> Piece | None:
    """The first of at least two repeats of what the server had acknowledged: one that waits for more says nothing else.

    An end that hears nothing repeats the oldest bytes that it has no answer to (RFC 6298 section 5.4); one that was
    told of a smaller MTU sends everything again, once. They were repeated when all had come that ever did: what comes
    late is repeated for that, whoever hears the answer. Both sides count the bytes of one stream alike where all that
    both show stands at its place.
    """
    client, server = comparison.client.stream(TO_SERVER), comparison.server.stream(TO_SERVER)
    last = max((unit.row.time for unit in comparison.server.commands), default=0)
    since = to_side(last, comparison.server.side, comparison.client.side, comparison.clock)
    again = [
        one
        for one in client.retransmissions
        if one.time > since and one.offset <= client.acked < one.offset + one.length <= server.acked
    ]
    kept = all(sent.row.offset == came.row.offset for _, sent, came in comparison.both(TO_SERVER))
    if not kept or len(again) < REPEATS or not comparison.client.stream(TO_CLIENT).segments:
        return None
    return Piece(comparison.client.side, -1, again[0].frame, again[0].time, again[0].offset, b"")


def _by_proxy(comparison: Comparison) -> Iterator[Finding]:
    """Look for a FIN by which a proxy leaves its client in the midst, to which it owes an answer."""
    client, server = comparison.client, comparison.server
    fin, rst = client.stream(TO_CLIENT).fin, client.stream(TO_CLIENT).rst
    hidden = comparison.lossy or client.encrypted or server.encrypted
    if fin is None or hidden or relays(comparison) or (rst is not None and rst.time < fin.time):
        return
    gone = any(end <= fin.time for end in client.stream(TO_SERVER).ends)
    followed = gone or leaves(server, TO_CLIENT) <= sent_by(comparison, TO_CLIENT, fin.time)
    if not followed and 0 <= waiting(client, fin.time) < PATIENCE:
        yield finding(
            comparison,
            "session-cut",
            None,
            "the client's connection was closed before it had an answer, and the server goes on",
            absence=Absence.LIKELY,
            egress=_piece(client, fin),
        )


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
    there = sent_by(comparison, way, time)
    if any(end < there + LATER for end in stream.ends):
        return False
    passed = {unit.at for _, unit, _ in comparison.both(way)}
    return any(unit.row.time > there and unit.at not in passed for unit in ingress.units(way))
