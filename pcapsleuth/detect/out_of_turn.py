"""Answers out of turn: who answers in a server's place at once is ahead of the server's own answers.

Of commands in one group (RFC 2920) the client takes the first reply for that to the first command. Which command
it was meant for, the server's own replies tell: those they belong to are answered.
"""

from __future__ import annotations

from bisect import bisect

from pcapsleuth.compare.comparison import Comparison


def meant_for(comparison: Comparison) -> dict[int, int]:
    """By its row, the row of the command that a foreign reply is meant for, where it is not the one in turn."""
    foreign = [reply for _, reply in comparison.foreign]
    answered = _answered(comparison) if foreign else set()
    found = {reply.at: comparison.asked[reply.at] for reply in foreign if reply.at in comparison.asked}
    early = [reply for reply in foreign if reply.row.answers in answered and reply.at not in found]
    if not early:
        return found
    in_turn = answered | {reply.row.answers for reply in foreign}
    waiting = [row for row, came in comparison.became.items() if came is None and row not in in_turn]
    for reply in early:
        at = bisect(waiting, reply.row.answers)
        if at < len(waiting) and waiting[at] < reply.at:
            found[reply.at] = waiting.pop(at)
    return found


def _answered(comparison: Comparison) -> set[int]:
    """The client's commands whose answer from the server itself the client received."""
    questions = {unit.at: unit.row.answers for unit in comparison.server.replies}
    shown = (questions[at] for at, row in comparison.shown.items() if row is not None)
    return {comparison.came_from[asked] for asked in shown if asked in comparison.came_from}
