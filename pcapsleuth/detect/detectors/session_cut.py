"""The connection was closed on one side while the other side goes on.

What it means
    One side shows a FIN that the end which is said to have sent it never sent; on its own side that end goes on.

Why it matters
    The session dies in the middle, with mail under way.

How it is proven
    The FIN is in one capture only, and the end goes on sending in the other.

What else it could be
    A RST instead of a FIN is reported as reset-injected. A proxy closes its own connections by nature.

References
    RFC 9293 section 3.6.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.absence import to_side
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.family import Family
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.proof import finding
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER, Direction

LABELS = ("session-cut",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Look for a FIN at egress whose sender goes on at ingress."""
    if comparison.family is Family.PROXY or comparison.clock is None:
        return
    for way in (TO_CLIENT, TO_SERVER):
        fin = comparison.egress(way).stream(way).fin
        if fin is not None and _goes_on(comparison, way, fin.time):
            name = "server" if way == TO_CLIENT else "client"
            yield finding(
                comparison,
                "session-cut",
                None,
                f"the connection was closed in the name of the {name}, which goes on",
                egress=Piece(comparison.egress(way).side, -1, fin.frame, fin.time, fin.offset, b""),
            )
            return


def _goes_on(comparison: Comparison, way: Direction, time: int) -> bool:
    """Tell whether the end never closed or reset on its own side and sends later than it is said to have closed."""
    stream = comparison.ingress(way).stream(way)
    if stream.fin is not None or stream.rst is not None or comparison.clock is None:
        return False
    there = to_side(time, comparison.egress(way).side, comparison.ingress(way).side, comparison.clock)
    return stream.last_time > there + 2 * comparison.clock.error
