"""Who leaves a session first, and whom it leaves waiting.

A proxy ends its connections itself. One that follows its server or its client, or gives up one that says nothing, does
right; one that leaves both in the midst does not.
"""

from __future__ import annotations

from pcapsleuth.compare.absence import FOREVER, to_side
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.view import View, opposite
from pcapsleuth.smtp.dialogue import Kind
from pcapsleuth.smtp.grammar import CLOSING
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER, Direction

PATIENCE = 60_000_000_000
"""ns that every server waits for more (RFC 5321 section 4.5.3.2.7 wants five minutes): who leaves sooner wants to."""


def leaves(view: View, way: Direction) -> int:
    """When the sender of a direction left of its own accord, or said that it does; FOREVER if it did neither.

    Who closes when the other end has left it only follows.
    """
    said = [unit.row.time for unit in view.replies[-1:] if way == TO_CLIENT and unit.row.word == CLOSING]
    left = min((*said, *view.stream(way).ends), default=FOREVER)
    return FOREVER if any(end < left for end in view.stream(opposite(way)).ends) else left


def sent_by(comparison: Comparison, way: Direction, time: int) -> int:
    """The latest time, ns by the clock at ingress, at which what egress shows at a time can have been sent."""
    error = 0 if comparison.clock is None else comparison.clock.error
    return to_side(time, comparison.egress(way).side, comparison.ingress(way).side, comparison.clock) + 2 * error


def left_by_an_end(comparison: Comparison) -> bool:
    """Tell whether the client aborted, or the server left of its own accord: a proxy has nobody to pass on to."""
    client, server = comparison.client, comparison.server
    if client.stream(TO_SERVER).rst is not None:
        return True
    left = leaves(server, TO_CLIENT)
    begun = server.dialogue.connection.start
    heard = max((one.row.time for one in (*server.commands, *server.replies) if one.row.time < left), default=begun)
    return left - heard < PATIENCE


def waiting(client: View, time: int) -> int:
    """How long a client has waited for an answer by a time, ns; -1 if it waits for none, or was told of a close."""
    said = [unit for unit in client.commands if unit.row.time <= time]
    # A chunk is answered with the command that announces it (RFC 3030 section 2).
    asked = [unit for unit in said if unit.row.kind != Kind.CHUNK]
    heard = [unit for unit in client.replies if unit.row.time <= time]
    if not asked or asked[-1].row.word == b"QUIT" or (heard and heard[-1].row.word == CLOSING):
        return -1
    answered = any(unit.row.answers == asked[-1].at for unit in heard)
    return -1 if answered else time - said[-1].row.time
