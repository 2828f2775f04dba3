"""What became of the client's commands: the reading that several detectors share."""

from __future__ import annotations

from bisect import bisect
from collections import deque
from collections.abc import Collection, Iterator
from typing import NamedTuple

from pcapsleuth.compare.absence import FOREVER, Absence, to_side
from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.family import Family
from pcapsleuth.compare.masking import filler, overwritten
from pcapsleuth.compare.view import Unit, View
from pcapsleuth.detect.detectors.large_segments_lost import stuck_segment
from pcapsleuth.detect.leaving import left_by_an_end
from pcapsleuth.detect.out_of_turn import meant_for
from pcapsleuth.smtp.dialogue import Flag, Kind
from pcapsleuth.smtp.grammar import CLOSING
from pcapsleuth.smtp.words import typed
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER

TYPED = "the command was typed, one character a segment; a mail client sends whole lines and may fare better"


class Passed(NamedTuple):
    """A command that reached the server in another form."""

    sent: Unit
    came: Unit


class Removed(NamedTuple):
    """A command that did not reach the server."""

    sent: Unit
    absence: Absence
    answers: list[Unit]
    """Replies to it that are not the server's, as far as the captures tell."""
    unheard: bool
    """Whether it was answered is not known: the client's side lost replies."""


def passed(comparison: Comparison) -> Iterator[Passed]:
    """Commands that reached the server changed."""
    for place, sent, came in comparison.both(TO_SERVER):
        commands = sent.row.kind == came.row.kind == Kind.COMMAND
        changed = commands and sent.text != came.text and _whole(comparison, sent, came)
        if changed and comparison.certain(TO_SERVER, place):
            yield Passed(sent, came)


def _whole(comparison: Comparison, sent: Unit, came: Unit) -> bool:
    """Tell whether two units are whole lines: behind a gap it is certain of one by the other, in its very place."""
    flags = sent.row.flags | came.row.flags
    if flags & (Flag.UNTERMINATED | Flag.CUT):
        return False
    if not flags & Flag.UNCERTAIN:
        return True
    known = not sent.row.flags & came.row.flags & Flag.UNCERTAIN
    places = {(unit.row.offset, unit.row.length) for unit in (sent, came)}
    return known and len(places) == 1 and comparison.kept(TO_SERVER, sent.row.offset)


def removed(comparison: Comparison) -> Iterator[Removed]:
    """Commands that did not reach the server, with what the device answered in its place.

    What was read behind a gap, or in a state that is a guess, may be mail data that looks like a command.
    """
    foreign = _foreign_answers(comparison)
    twins = _twins(comparison, foreign)
    spoken = [reply.at for reply in comparison.client.replies]
    left = comparison.family is Family.PROXY and left_by_an_end(comparison)
    unended = _unended(comparison)
    for at, unseen in _unseen(comparison):
        absence = comparison.removed(TO_SERVER, at)
        ended = _within(unended, comparison, unseen) or _ended_before(comparison, unseen, left=left)
        if absence is not Absence.UNKNOWN and not (ended or _stuck(comparison, unseen)):
            sent = unseen
            if sent.at not in foreign and sent.at in comparison.client.answered and twins.get(sent.text):
                sent = twins[sent.text].popleft()
            answers = foreign.get(sent.at, ())
            sure = min((each for _, each in answers), default=Absence.PROVEN)
            deaf = _deaf(comparison.client, bisect(spoken, sent.at))
            yield Removed(sent, min(absence, sure), [reply for reply, _ in answers], deaf)


def _unseen(comparison: Comparison) -> Iterator[tuple[int, Unit]]:
    """What is known to be a command, and the server's side does not show, with its index among the client's."""
    for match in comparison.commands:
        if match.ingress is not None and match.egress is None:
            sent = comparison.client.commands[match.ingress]
            if sent.row.kind == Kind.COMMAND and not sent.row.flags & Flag.UNCERTAIN:
                yield match.ingress, sent


def _stuck(comparison: Comparison, sent: Unit) -> bool:
    """Tell whether the command that announces a chunk went out in a segment that is lost for its size."""
    if sent.row.word != b"BDAT":
        return False
    again = comparison.client.stream(TO_SERVER).retransmissions
    chunk = comparison.client.mails.get(sent.at + 1)
    if chunk is None or not any(one.offset <= sent.row.offset < one.offset + one.length for one in again):
        return False
    came = next((came for mail, came in comparison.mails if mail is chunk), None)
    return stuck_segment(comparison, chunk, came)[1]


def _unended(comparison: Comparison) -> list[tuple[int, int]]:
    """The mails whose end did not reach the server: their rows, and when the last of each came, on its clock."""
    rows = comparison.server.dialogue.rows
    mails = ((mail, came) for mail, came in comparison.mails if mail.ended and came is not None)
    return [(mail.row, rows[came.row].time) for mail, came in mails if not came.ended]


def _within(unended: list[tuple[int, int]], comparison: Comparison, sent: Unit) -> bool:
    """Tell whether a command may have reached the server as mail data, whose end had not.

    What else came in after it was sent is such data then: its bytes are not read as lines.
    """
    time = to_side(sent.row.time, comparison.client.side, comparison.server.side, comparison.clock)
    return any(row < sent.at and last >= time for row, last in unended)


def _deaf(client: View, heard: int) -> bool:
    """Tell whether a capture of the client's side lacks replies behind those that were heard so far."""
    after = client.replies[heard - 1].end if heard else 0
    return not client.stream(TO_CLIENT).segments or client.hole(TO_CLIENT, after, FOREVER)


def _twins(comparison: Comparison, foreign: Collection[int]) -> dict[bytes, deque[Unit]]:
    """By their text, the commands that seem to have passed and have foreign answers.

    Of two alike one reached the server, and nothing but the answers tells which.
    """
    found: dict[bytes, deque[Unit]] = {}
    for _, sent, _ in comparison.both(TO_SERVER):
        if sent.at in foreign:
            found.setdefault(sent.text, deque()).append(sent)
    return found


def _ended_before(comparison: Comparison, sent: Unit, *, left: bool) -> bool:
    """Tell whether the client was reset before anybody answered the command, or the server shown a close before it.

    That explains its loss. A proxy's reset is its own: it is no other finding, and what the proxy did with the
    command is, unless it had closed before, or had nobody to pass it on to: `left` by one of its ends, or dismissed
    by the server.
    """
    client, server = comparison.client, comparison.server
    if comparison.family is Family.PROXY:
        closed = client.stream(TO_CLIENT).fin
        before = closed is not None and closed.time < sent.row.time
        return (sent.at not in client.answered and (before or left)) or _dismissed(comparison, sent)
    reset = client.stream(TO_CLIENT).rst is not None or (
        server.stream(TO_SERVER).rst is not None and client.stream(TO_SERVER).rst is None
    )
    fin = server.stream(TO_SERVER).fin
    time = to_side(sent.row.time, client.side, server.side, comparison.clock)
    return (reset or (fin is not None and fin.time < time)) and sent.at not in client.answered


PROMPT = 5_000_000_000
"""ns in which a proxy has passed on a command: a 421 that comes later was said because it had not."""


def _dismissed(comparison: Comparison, sent: Unit) -> bool:
    """Tell whether the server closes by its last reply, which the client was shown right behind the command.

    The two crossed: nothing else answers the command, though the client takes the 421 for its answer.
    """
    client, server = comparison.client, comparison.server
    last = server.replies[-1] if server.replies else None
    shown = comparison.shown.get(last.at) if last is not None and last.row.word == CLOSING else None
    if shown is None or any(answer != shown for answer in client.answered.get(sent.at, ())):
        return False
    return client.dialogue.rows[shown].time - sent.row.time < PROMPT


def injected_replies(comparison: Comparison) -> Iterator[tuple[Unit, Absence]]:
    """Replies that the client received and the server never sent."""
    for index, shown in comparison.foreign:
        absence = comparison.injected(TO_CLIENT, index)
        if absence is not Absence.UNKNOWN and not shown.row.flags & Flag.UNCERTAIN:
            yield shown, absence


def _foreign_answers(comparison: Comparison) -> dict[int, list[tuple[Unit, Absence]]]:
    """By the row that they answer, the replies that no reply of the server became, and how sure that is."""
    found: dict[int, list[tuple[Unit, Absence]]] = {}
    meant = meant_for(comparison)
    for index, reply in comparison.foreign:
        absent = comparison.injected(TO_CLIENT, index)
        if absent is Absence.UNKNOWN and reply.row.word == CLOSING:
            continue  # A server says it of its own accord: that the command never reached it is no proof.
        sure = max(absent, Absence.LIKELY)
        found.setdefault(meant.get(reply.at, reply.row.answers), []).append((reply, sure))
    return found


def by_hand(sent: Unit) -> tuple[str, ...]:
    """The doubt that a device saw single letters where a mail client sends a line."""
    return (TYPED,) if typed(sent.row) else ()


def verb_of(text: bytes) -> bytes:
    """The verb of a command line, as sent."""
    return text.lstrip().split(b" ", 1)[0].split(b":", 1)[0]


def masked_verb(sent: bytes, came: bytes) -> bool:
    """Tell whether a command's verb was overwritten by filler."""
    verb = verb_of(sent)
    head = came[: len(verb)]
    if len(sent) == len(came) and overwritten(sent, came):
        return verb != head
    return overwritten(verb, head) and filler(verb, head) is not None


__all__ = ["Passed", "Removed", "by_hand", "injected_replies", "masked_verb", "passed", "removed", "verb_of"]
