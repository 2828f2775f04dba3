"""Connections that the device answers itself, with a refusal, and never takes to the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pcapsleuth.detect.scope import Scope, Side
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Row

REFUSALS = (b"4", b"5")

ALL_LOST = "the other capture may have lost all frames of this one connection, which the server then refused itself"


class TurnedAway(NamedTuple):
    """A session that exists on one side only and was refused there."""

    side: Side
    number: int
    """The session's index."""
    dialogue: Dialogue
    greeting: Row


def turned_away(scope: Scope) -> Iterator[TurnedAway]:
    """Find unpaired sessions to a server that others of this side reach, refused while the other capture ran.

    A session that was served may have gone to another server behind the same address: nothing is said of it.
    """
    for side in scope.sides():
        for index in side.unpaired:
            if not all(side.signatures[index].segments) or not any(side.signatures[index].lengths):
                continue
            dialogue = side.load(index)
            greeting = _greeting(dialogue)
            server = dialogue.connection.server
            if greeting is None or greeting.word[:1] not in REFUSALS:
                continue
            # What stands on the server's side alone came through, and the other capture lost it.
            if side.name not in scope.reached_from(side, server):
                continue
            if scope.covered(side, dialogue.connection):
                yield TurnedAway(side, index, dialogue, greeting)


def _greeting(dialogue: Dialogue) -> Row | None:
    """The greeting of a session whose begin was captured."""
    if not dialogue.connection.handshake:
        return None
    return next((row for _, row in dialogue.replies() if row.flags & Flag.GREETING), None)
