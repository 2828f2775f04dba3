"""What the replies answer that a client received after it gave up waiting for one.

A reply is taken for the first command that waits (RFC 5321 section 4.2). Where a command was swallowed, or its answer,
the client tires of waiting and sends the next: what it hears then answers that.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from itertools import pairwise

from pcapsleuth.compare.view import View
from pcapsleuth.smtp.dialogue import Kind

PATIENCE = 1_000_000_000
"""ns that a client waits at least. What it sends sooner it may send without waiting (RFC 2920)."""

CHALLENGE = b"334"
"""More is to come of what it answers (RFC 4954 section 4)."""


def questions(client: View, server: View, became: Mapping[int, int | None]) -> dict[int, int]:
    """By its row, the row that a reply to the client answers, where it is not the one in turn.

    `became` has for each row of the client's view the one of the server's view, None for what did not reach it.
    """
    given_up = _given_up(client, server, became)
    waiting = [
        unit.at for unit in client.commands if unit.row.kind in (Kind.COMMAND, Kind.MAIL) and unit.at not in given_up
    ]
    rows = client.dialogue.rows
    found: dict[int, int] = {}
    due = -1
    for reply in client.replies if given_up else ():
        asked = reply.row.answers
        if due < 0 and asked in given_up:
            due = bisect(waiting, asked)
        # A 354 answers DATA, whatever was left out before it: from there on all are in turn again.
        if due < 0 or due >= len(waiting) or waiting[due] == asked or rows[waiting[due]].time > reply.row.time:
            due = -1
            continue
        found[reply.at] = waiting[due]
        due += reply.row.word != CHALLENGE
    return found


def _given_up(client: View, server: View, became: Mapping[int, int | None]) -> set[int]:
    """The rows behind which the client waited in vain, and went on."""
    heard = [reply.at for reply in client.replies]
    return {
        one.at
        for one, following in pairwise(client.commands)
        if following.row.time - one.row.time >= PATIENCE
        and bisect(heard, one.at) == bisect(heard, following.at)
        and not _late(server, became.get(one.at), became.get(following.at))
    }


def _late(server: View, asked: int | None, following: int | None) -> bool:
    """Tell whether the server itself had not answered a row when the next one came."""
    if asked is None:
        return False
    answers = server.answered.get(asked, ())
    return not answers or (following is not None and answers[0] > following)
