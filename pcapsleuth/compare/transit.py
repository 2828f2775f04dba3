"""The clocks of one pair, by cause and effect: nothing comes out before it came in.

What the client sends is at the server's side later, what the server sends earlier. So the offset of the clocks lies
between the largest difference of the one direction and the smallest of the other, whatever the device delays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapsleuth.compare.alignment import Match
from pcapsleuth.compare.family import ALONE, JITTER, answered_alone, one_connection, one_name
from pcapsleuth.compare.pair import Clock
from pcapsleuth.compare.view import View
from pcapsleuth.smtp.dialogue import Flag
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER, Direction

WAYS = (TO_SERVER, TO_CLIENT)
DISORDER = 50_000_000
"""ns: three ticks of a clock as coarse as some captures of Windows are stamped by."""
SEVERAL = 4
"""Of so many times one may be wrong."""


def pair_clock(client: View, server: View, commands: list[Match], replies: list[Match]) -> Clock | None:
    """The clock of one connection that both sides saw; None where its times do not tell."""
    to_server = _differences(client, server, TO_SERVER, commands)
    return _between(client, server, to_server, _differences(client, server, TO_CLIENT, replies))


def proxied_clock(client: View, server: View, commands: list[Match], replies: list[Match]) -> Clock | None:
    """The clock of two connections with a proxy between them; None where what it passed on does not tell.

    Its second connection begins when it likes, and what it says itself may be earlier than the server's own words.
    """
    to_server = _asked(client, server, TO_SERVER, commands, unchanged=True)
    return _between(client, server, to_server, _asked(client, server, TO_CLIENT, replies, unchanged=True))


def apart(client: View, server: View, commands: list[Match], replies: list[Match]) -> str:
    """Why the times of both views cannot be those of one connection, whatever the clocks; empty if they can."""
    if one_connection(client, server) or pair_clock(client, server, commands, replies) is not None:
        return ""
    clock = proxied_clock(client, server, commands, replies)
    if clock is not None and answered_alone(client, server, clock, clock.error + JITTER):
        return ALONE
    return "no clock makes both dialogues happen at once" if _at_odds(client, server, commands, replies) else ""


def _between(client: View, server: View, to_server: Iterable[int], to_client: Iterable[int]) -> Clock | None:
    """The clock between the bounds that cause and effect give: server's time minus client's of what passed."""
    latest, earliest = min(to_server, default=None), max(to_client, default=None)
    if latest is None or earliest is None or earliest > latest:
        return None
    offset, error = (latest + earliest) // 2, (latest - earliest + 1) // 2
    inside_is_server = server.side == "inside"
    start = client.dialogue.connection.start if inside_is_server else server.dialogue.connection.start
    return Clock(offset if inside_is_server else -offset, 0, 1, start, error)


def simultaneous(client: View, server: View, commands: list[Match], replies: list[Match]) -> bool:
    """Tell whether some clock makes both dialogues happen at once: each question before, each answer after.

    One of several may be out of step: captures that wrote frames in another order have their times in it.
    """
    asked, answered = _said(client, server, commands, replies)
    if not asked or not answered:
        return True
    if len(asked) < SEVERAL or len(answered) < SEVERAL:
        return answered[0] <= asked[0]
    return answered[0] <= asked[1] or answered[1] <= asked[0]


def _at_odds(client: View, server: View, commands: list[Match], replies: list[Match]) -> bool:
    """Tell whether no clock does so by far. A frame that was repeated may be the first one on the other side."""
    asked, answered = _said(client, server, commands, replies)
    if not asked or not answered:
        return False
    spared = int(any(view.lossy or any(view.stream(way).retransmitted for way in WAYS) for view in (client, server)))
    if spared and (len(asked) < SEVERAL or len(answered) < SEVERAL):
        return False
    least = JITTER if one_name(client, server) else DISORDER
    return answered[spared] > asked[0] + least and answered[0] > asked[spared] + least


def _said(client: View, server: View, commands: list[Match], replies: list[Match]) -> tuple[list[int], list[int]]:
    """Server's time minus client's of questions, the least first, and of answers, the greatest first."""
    asked = sorted(_asked(client, server, TO_SERVER, commands))
    heard = [match for match in replies if not _own_greeting(client, server, match)]
    return asked, sorted(_asked(client, server, TO_CLIENT, heard), reverse=True)


def _own_greeting(client: View, server: View, match: Match) -> bool:
    """Tell whether a proxy greets in its own words: it need not have heard the server for that."""
    if match.ingress is None or match.egress is None:
        return False
    shown = client.replies[match.egress]
    return bool(shown.row.flags & Flag.GREETING) and shown.text != server.replies[match.ingress].text


def _differences(client: View, server: View, way: Direction, matches: list[Match]) -> Iterator[int]:
    """Server's time minus client's time of all that both sides show of a direction."""
    one, other = client.stream(way).syn, server.stream(way).syn
    if one is not None and other is not None:
        yield other.time - one.time
    yield from _asked(client, server, way, matches)


def _asked(
    client: View, server: View, way: Direction, matches: list[Match], *, unchanged: bool = False
) -> Iterator[int]:
    """The same of what was said, or only of what is unchanged, without the handshakes: a proxy has two of its own."""
    at_client, at_server = client.units(way), server.units(way)
    for match in matches:
        if match.ingress is None or match.egress is None:
            continue
        here, there = (match.ingress, match.egress) if way == TO_SERVER else (match.egress, match.ingress)
        if not unchanged or at_server[there].text == at_client[here].text:
            yield at_server[there].row.time - at_client[here].row.time
