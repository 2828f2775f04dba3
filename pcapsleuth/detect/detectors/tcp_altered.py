"""The device changed the handshake: sequence numbers or TCP options.

What it means
    The SYN or SYN-ACK left the device with another initial sequence number (ISN), another maximum segment size (MSS),
    or with an option changed or cleared (WSCALE, SACK, TIMESTAMPS).

Why it matters
    Usually it is harmless and on purpose. A cleared or changed window scale makes connections stall; SACK blocks that
    name sequence numbers of the other side make repairs fail; a larger MSS makes segments too large for the path.

    It is a warning where mail data stopped part-way and the change can explain it: the ends do not agree on a window
    scale (RFC 7323 section 2.2), or the server's MSS was raised.

How it is proven
    By the SYNs of both sides.

What else it could be
    A proxy has a TCP stack of its own: see proxy-in-path. A warning's mail data may have stopped for another reason.

References
    Cisco ASA configuration guide, connection settings (sequence randomisation, `sysopt connection tcpmss`); RFC 7323.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.difference import Piece
from pcapsleuth.compare.family import Family
from pcapsleuth.compare.view import View
from pcapsleuth.detect.finding import Finding, Severity
from pcapsleuth.detect.proof import finding
from pcapsleuth.smtp.outcome import outcome
from pcapsleuth.tcp.connection import Stream
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER, Direction

LABELS = ("tcp-altered",)

STALLED = ("cut", "gave-up", "timed-out")

OTHERWISE = "the mail data may have stopped for another reason: a lossy path, a busy server, a client that was ended"


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Compare the SYNs, each change once a session."""
    if comparison.family is Family.PROXY:
        return
    harmful = _harmful(comparison) if _stalled(comparison) else set()
    seen: set[str] = set()
    for way in (TO_SERVER, TO_CLIENT):
        ingress, egress = comparison.ingress(way), comparison.egress(way)
        for what, before, after in _changes(ingress.stream(way), egress.stream(way)):
            if what not in seen:
                seen.add(what)
                yield finding(
                    comparison,
                    "tcp-altered",
                    what,
                    f"{what} of the handshake was changed: {_told(before)} came in, {_told(after)} went out",
                    severity=Severity.WARNING if what in harmful else Severity.INFO,
                    doubts=(OTHERWISE,) if what in harmful else (),
                    more=[_syn(view, way) for view in (ingress, egress)],
                )


def _stalled(comparison: Comparison) -> bool:
    """Tell whether the client gave up in the midst of mail data."""
    mails = comparison.client.dialogue.mails
    return bool(mails) and not mails[-1].ended and outcome(comparison.client.dialogue) in STALLED


def _harmful(comparison: Comparison) -> set[str]:
    """What was changed so that the ends do not agree, or so that segments became too large."""
    client, server = comparison.client, comparison.server
    offered, taken = (view.stream(TO_SERVER).options for view in (client, server))
    answered, heard = (view.stream(TO_CLIENT).options for view in (server, client))
    if offered is None or taken is None or answered is None or heard is None:
        return set()
    harmful = set()
    scales = (offered.window_scale, taken.window_scale, answered.window_scale, heard.window_scale)
    if _scaled(scales[0], scales[3]) != _scaled(scales[1], scales[2]):
        harmful.add("WSCALE")
    if answered.mss is not None and heard.mss is not None and heard.mss > answered.mss:
        harmful.add("MSS")
    return harmful


def _scaled(to_server: int | None, to_client: int | None) -> tuple[int, int]:
    """The scales that an end goes by: none unless both SYNs have one (RFC 7323 section 2.2)."""
    return (0, 0) if to_server is None or to_client is None else (to_server, to_client)


def _changes(one: Stream, other: Stream) -> Iterator[tuple[str, object, object]]:
    """Name what differs between two SYNs of one direction."""
    if one.isn is not None and other.isn is not None and one.isn != other.isn:
        yield "ISN", one.isn, other.isn
    before, after = one.options, other.options
    if before is None or after is None:
        return
    for what, came, went in (
        ("MSS", before.mss, after.mss),
        ("WSCALE", before.window_scale, after.window_scale),
        ("SACK", before.sack_permitted, after.sack_permitted),
        ("TIMESTAMPS", before.timestamp, after.timestamp),
    ):
        hidden = (not came and not before.whole) or (not went and not after.whole)
        if came != went and not hidden:
            yield what, came, went


def _told(value: object) -> str:
    """The value of an option; of one that has none, whether it is there."""
    if value is True:
        return "allowed"
    return "none" if value is None or value is False else str(value)


def _syn(view: View, way: Direction) -> Piece:
    """The SYN of a direction; its first frame where the SYN itself was not captured."""
    mark = view.stream(way).syn
    connection = view.dialogue.connection
    return Piece(view.side, -1, mark.frame if mark else connection.first_frame, mark.time if mark else 0, 0, b"")
