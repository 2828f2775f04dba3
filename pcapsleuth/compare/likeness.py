"""How unlike two units are: the costs that the alignment adds up (0 equal, 100 one unit left alone)."""

from __future__ import annotations

from collections.abc import Callable

from pcapsleuth.compare.alignment import NEVER
from pcapsleuth.compare.masking import overwritten
from pcapsleuth.compare.view import Unit, View
from pcapsleuth.smtp.dialogue import Flag, Kind
from pcapsleuth.smtp.grammar import CLOSING
from pcapsleuth.smtp.secrets import REDACTED
from pcapsleuth.tcp.segments import TO_SERVER

SUBSTITUTES = frozenset({b"NOOP", b"HELO", b"RSET", b"HELP"})
"""Verbs that devices put in the place of what they do not let through."""

ENVELOPE = frozenset({b"MAIL", b"RCPT"})
"""Of these a line that stands on both sides as often is no other's rewriting: it has its own partner."""

NOBODY = -2
"""Stands for the row of a question that has none."""

SAME, SAME_WORDS, MASKED, SAME_ARGUMENT, SAME_VERB, SAME_PLACE, OTHER = 0, 5, 10, 30, 40, 90, 250


def command_cost(ingress: View, egress: View, shifts: frozenset[int]) -> Callable[[int, int], int]:
    """Costs between what a client sent and what reached the server; `shifts` are the plausible changes of offset."""
    sent, came = ingress.commands, egress.commands
    shared = _message_ids(ingress) & _message_ids(egress)

    def cost(i: int, j: int) -> int:
        one, other = sent[i], came[j]
        if one.row.kind != other.row.kind:
            return NEVER
        if one.row.kind != Kind.COMMAND:
            names = {_message_id(ingress, one), _message_id(egress, other)}
            if len(names) > 1 and names & shared:
                return NEVER
            return SAME if one.row.length == other.row.length else MASKED
        if unchanged(one, other):
            return SAME
        if one.row.word in ENVELOPE and (as_often(one.text) or as_often(other.text)):
            return OTHER
        unlike = _command(one.text, other.text, same_place=other.row.offset - one.row.offset in shifts)
        return OTHER if unlike == SAME_PLACE and answered(ingress, one) != answered(egress, other) else unlike

    def as_often(text: bytes) -> bool:
        """Tell whether a line stands on both sides, and as often."""
        times = ingress.times[TO_SERVER][text]
        return 0 < times == egress.times[TO_SERVER][text]

    return cost


def answered(view: View, unit: Unit) -> bytes:
    """The first digit of the code that a command was answered by: a substitute's answer is passed on for its own."""
    at = next(iter(view.answered.get(unit.at, ())), None)
    return b"" if at is None else view.dialogue.rows[at].word[:1]


def _message_id(view: View, unit: Unit) -> bytes:
    """The Message-ID of the mail that a unit carries; empty if there is none, or it is no mail."""
    mail = view.mails.get(unit.at)
    return b"" if mail is None else mail.message_id


def _message_ids(view: View) -> set[bytes]:
    """The Message-IDs of a session: where both sides have one of them, they have one message."""
    return {mail.message_id for mail in view.dialogue.mails if mail.message_id}


def unchanged(one: Unit, other: Unit) -> bool:
    """Tell whether two units agree as far as both are known: of a partial one only the beginning is."""
    if one.text == other.text or _same_but_for_secrets(one, other):
        return True
    if one.partial or other.partial:
        length = min(len(one.text), len(other.text))
        short = one.text if len(one.text) == length else other.text
        partial = one if short is one.text else other
        return partial.partial and length > 0 and one.text[:length] == other.text[:length]
    return False


def _same_but_for_secrets(one: Unit, other: Unit) -> bool:
    """Tell whether two units of one length differ in nothing but what was redacted on one side only.

    What is a secret depends on what was understood before it, which a loss may have taken from one side.
    """
    if one.row.length != other.row.length or not (one.row.flags ^ other.row.flags) & Flag.REDACTED:
        return False
    hidden, shown = (one.text, other.text) if one.row.flags & Flag.REDACTED else (other.text, one.text)
    first, *parts = hidden.split(REDACTED)
    at = len(first) if shown.startswith(first) else -1
    for part in parts[:-1]:
        found = shown.find(part, at) if at >= 0 else -1
        at = found + len(part) if found >= 0 else -1
    return at >= 0 and bool(parts) and len(shown) - len(parts[-1]) >= at and shown.endswith(parts[-1])


def _command(one: bytes, other: bytes, *, same_place: bool) -> int:
    """Compare two command lines."""
    if one == other:
        return SAME
    if one.upper() == other.upper():
        return 1
    if overwritten(one, other):
        return MASKED
    verb, _, argument = one.partition(b" ")
    other_verb, _, other_argument = other.partition(b" ")
    if argument and argument == other_argument:
        return SAME_ARGUMENT
    if verb.upper() == other_verb.upper():
        return SAME_VERB
    if overwritten(verb, other_verb):
        return SAME_VERB
    if (same_place and len(one) == len(other)) or other_verb.upper() in SUBSTITUTES:
        return SAME_PLACE
    return OTHER


def reply_cost(
    ingress: View,
    egress: View,
    partners: dict[int, int | None],
    came_from: dict[int, int],
    shifts: frozenset[int],
    left: int,
) -> Callable[[int, int], int]:
    """Costs between what a server sent (ingress) and what reached the client (egress).

    `partners` has for each reply row of the client's side the row on the server's side of what it answers: replies of
    commands that are one may differ in every byte, replies of others hardly. `came_from` has for each command row of
    the server's side that of the client's. `left` is when a proxy closed on the server, ns: a 421 to that (RFC 5321
    section 3.8) answers no command, and none became what the client was told.
    """
    sent, shown = ingress.replies, egress.replies
    lossy = ingress.lossy or egress.lossy

    def cost(i: int, j: int) -> int:
        one, other = sent[i], shown[j]
        if bool(one.row.flags & Flag.GREETING) != bool(other.row.flags & Flag.GREETING):
            return SAME_PLACE if one.text == other.text else OTHER
        if not lossy and _before_asked(egress, came_from.get(one.row.answers), other):
            return NEVER
        together = _same_question(one, other, partners, left, lossy=lossy)
        if unchanged(one, other):
            return SAME if together else SAME_WORDS
        if overwritten(one.text, other.text):
            return MASKED
        if one.row.flags & Flag.GREETING or same_list(one, other):
            return SAME_ARGUMENT
        same_place = other.row.offset - one.row.offset in shifts
        return _reworded(one, other, together=together, same_place=same_place)

    return cost


def _reworded(one: Unit, other: Unit, *, together: bool | None, same_place: bool) -> int:
    """Compare two replies that have nothing in common but, perhaps, the question or the place."""
    if together is None:
        return SAME_PLACE if same_place else OTHER
    if not together:
        return OTHER
    return SAME_VERB if one.row.word[:1] == other.row.word[:1] else SAME_PLACE


def _before_asked(client: View, command: int | None, shown: Unit) -> bool:
    """Tell whether the client heard a reply before it sent the command: it is no answer to that.

    By their order, in which a capture's mistakes are mended, and by their time: a line is read later than it came
    where what it is hangs on the reply to another one.
    """
    return command is not None and shown.at < command and shown.row.time < client.dialogue.rows[command].time


def same_list(sent: Unit, shown: Unit) -> bool:
    """Tell whether two replies of several lines begin alike: a server has one list of keywords, whoever asks."""
    first, sep, _ = sent.text.partition(b"\n")
    return bool(sep) and shown.text.partition(b"\n")[:2] == (first, sep)


def _same_question(sent: Unit, shown: Unit, partners: dict[int, int | None], left: int, *, lossy: bool) -> bool | None:
    """Tell whether both replies answer what is one command on both sides; None where a loss hides the question."""
    if sent.row.time > left and sent.row.word == CLOSING:
        return False
    if lossy and (shown.row.answers < 0) != (sent.row.answers < 0):
        return None
    if shown.row.answers < 0 or sent.row.answers < 0:
        return shown.row.answers == sent.row.answers
    return partners[shown.at] == sent.row.answers
