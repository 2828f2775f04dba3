"""Compare the two views of a paired session: align both directions, then state every difference."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import dropwhile

from pcapsleuth.compare.absence import FOREVER, Absence
from pcapsleuth.compare.aligned import Aligned
from pcapsleuth.compare.alignment import Cost, Match, Place, align, align_by_place
from pcapsleuth.compare.decrypted import decrypted
from pcapsleuth.compare.difference import Difference, Piece
from pcapsleuth.compare.family import Family, family
from pcapsleuth.compare.keyword import LineMatch, keyword_lines, match_lines, names_host
from pcapsleuth.compare.likeness import NOBODY, command_cost, reply_cost, unchanged
from pcapsleuth.compare.maildata import alteration, other_message
from pcapsleuth.compare.pair import Clock, Pair
from pcapsleuth.compare.places import cut_short, judge, sure_place
from pcapsleuth.compare.questions import questions
from pcapsleuth.compare.transit import apart, pair_clock, proxied_clock
from pcapsleuth.compare.view import Bounds, Unit, View
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Mail
from pcapsleuth.smtp.script import LISTS
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER, Direction

Keys = Sequence[Hashable]
"""What makes units plainly one."""


@dataclass
class Comparison(Aligned):
    """Two aligned views, and all that differs."""

    differences: list[Difference] = field(default_factory=list)

    @cached_property
    def missing(self) -> dict[tuple[Direction, bool, int], Absence]:
        """How sure each absence is: by direction, whether egress lacks it, and index in the other's units."""
        return {
            (way, m.egress is None, m.ingress if m.egress is None else m.egress): judge(self, way, k)  # type: ignore[misc]
            for way in (TO_SERVER, TO_CLIENT)
            for k, m in enumerate(self.matches(way))
            if m.ingress is None or m.egress is None
        }

    def removed(self, direction: Direction, index: int) -> Absence:
        """How sure it is that a unit of ingress is absent at egress."""
        return self.missing.get((direction, True, index), Absence.UNKNOWN)

    def injected(self, direction: Direction, index: int) -> Absence:
        """How sure it is that a unit of egress is absent at ingress."""
        return self.missing.get((direction, False, index), Absence.UNKNOWN)

    def certain(self, direction: Direction, place: int) -> bool:
        """Tell whether two matched units are one for sure: in a session with losses many a match is a guess."""
        return sure_place(self, direction, place)

    @cached_property
    def asked(self) -> dict[int, int]:
        """For a reply row of the client's view the row that it answers, where it is not the one in turn."""
        return questions(self.client, self.server, self.became)

    @cached_property
    def mails(self) -> list[tuple[Mail, Mail | None]]:
        """Mail data of the client's view with what the server's view has of it."""
        pairs: list[tuple[Mail, Mail | None]] = []
        for mail in self.client.dialogue.mails:
            rows = (self.became.get(row) for row in mail.rows or (mail.row,))
            partner = next((self.server.mails[row] for row in rows if row in self.server.mails), None)
            pairs.append((mail, partner if partner is None or self._one_mail(mail, partner) else None))
        return pairs

    def _one_mail(self, sent: Mail, came: Mail) -> bool:
        """Tell whether mail data of both sides is of one message: in a session with losses the alignment may err.

        And a relay may send the mails of one session over several connections, among those of others.
        """
        if self.family is Family.PROXY and other_message(sent, came):
            return False
        if self.lossy and sent.chunked and came.chunked and [self.became.get(row) for row in sent.rows] != [*came.rows]:
            # A chunk that one capture lost with the command that announced it leaves no hole in the mail.
            return False
        alone = len(self.client.dialogue.mails) == len(self.server.dialogue.mails) == 1
        if alone or not self.lossy or self.kept(TO_SERVER, sent.offset):
            return True
        if sent.message_id and came.message_id:
            return sent.message_id == came.message_id
        return self.certain(TO_SERVER, self.place_of[sent.row])

    @cached_property
    def keyword_lists(self) -> list[tuple[Unit, Unit, list[LineMatch]]]:
        """EHLO replies that gave both sides a keyword list: as sent, as shown, line by line.

        A device may have left nothing of it but the first line. Of a list that is cut its whole lines count, and what
        it may have had behind them is neither removed nor added.
        """
        found = []
        for place, sent, shown in self.both(TO_CLIENT):
            if not _is_list(self.server, sent):
                continue
            listed = _is_list(self.client, shown) or _is_empty(self.client, shown, sent)
            if listed and self.certain(TO_CLIENT, place):
                found.append((sent, shown, _compare_lists((self.server, sent), (self.client, shown))))
        return found


def compare_pair(
    outside: Dialogue,
    inside: Dialogue,
    pair: Pair,
    *,
    direction: str | None,
    clock: Clock | None,
    bounds: tuple[Bounds, Bounds],
) -> Comparison:
    """Compare two views of one session. `bounds` are of the outside and the inside capture."""
    views = View("outside", outside, bounds[0]), View("inside", inside, bounds[1])
    comparison = Comparison(pair, *views, direction, clock)
    comparison.family, comparison.family_why = family(comparison.client, comparison.server, clock)
    client, server = comparison.client, comparison.server
    comparison.decrypted = decrypted(client, server)
    if comparison.decrypted:
        return comparison
    _align(comparison)
    proxy = comparison.family is Family.PROXY
    if not proxy and (why := apart(client, server, comparison.commands, comparison.replies)):
        comparison = Comparison(pair, *views, direction, clock, Family.PROXY, (why,))
        _align(comparison)
    dated = proxied_clock if comparison.family is Family.PROXY else pair_clock
    comparison.clock = dated(client, server, comparison.commands, comparison.replies) or clock
    if comparison.clock is not clock:
        comparison.cut |= cut_short(comparison, client, server) or cut_short(comparison, server, client)
    comparison.differences = list(_differences(comparison))
    return comparison


def _align(comparison: Comparison) -> None:
    """Find which unit became which, as it is done for the family."""
    client, server = comparison.client, comparison.server
    comparison.cut = cut_short(comparison, client, server) or cut_short(comparison, server, client)
    comparison.in_place = {way: _in_place(comparison, way) for way in (TO_SERVER, TO_CLIENT)}
    comparison.commands = _align_commands(comparison)
    comparison.replies = _align_replies(comparison)


def _in_place(comparison: Comparison, way: Direction) -> int:
    """Up to which offset the bytes of a direction came out where they came in: one connection, one begin, one length.

    Of a session that a capture has not whole it is so up to the last that both show alike at the same place.
    """
    ingress, egress = comparison.ingress(way), comparison.egress(way)
    one, other = ingress.stream(way), egress.stream(way)
    if comparison.family is Family.PROXY or one.syn is None or other.syn is None:
        return 0
    whole = not (comparison.cut or egress.unreceived(way)) and one.length == other.length
    if not whole and not comparison.lossy:
        return 0
    places = [[(unit.row.offset, unit.row.length) for unit in view.units(way)] for view in (ingress, egress)]
    moved = FOREVER if places[0] == places[1] else min(_moved(ingress, egress, way), _moved(egress, ingress, way))
    if whole and moved == FOREVER:
        return FOREVER
    return _kept(ingress, egress, way, moved) if comparison.lossy else 0


def _kept(ingress: View, egress: View, way: Direction, moved: int) -> int:
    """Where the last line ends that both sides show alike at the same place, before the first that moved."""
    there = {_placed(unit) for unit in egress.units(way)}
    kept = [unit for unit in ingress.units(way) if _placed(unit) in there and unit.end <= moved]
    if kept and moved < FOREVER:
        # Of answers that are all alike the last is not the one that is missing behind them for sure.
        kept = list(dropwhile(lambda unit: unit.text == kept[-1].text, reversed(kept)))[::-1]
    return kept[-1].end if kept else 0


def _moved(view: View, other: View, way: Direction) -> int:
    """Where the first line of one side stands that begins or ends within a line of the other.

    An editor in place keeps line ends. What stands behind bytes that were lost need not begin there. FOREVER: none.
    """
    units = other.units(way)
    begins = [unit.row.offset for unit in units]
    for unit in view.units(way):
        begin = unit.row.offset
        torn = begin > 0 and view.hole(way, begin - 1, begin)
        for at in (begin,) * (not torn) + (unit.end,) * (not unit.partial):
            holder = bisect_left(begins, at) - 1
            if holder >= 0 and at < units[holder].end and not _line_ends(other, units[holder], at):
                return begin
    return FOREVER


def _line_ends(view: View, unit: Unit, at: int) -> bool:
    """Tell whether a line ends within a unit at a stream offset, as far as the unit's text is known."""
    if unit.row.kind not in (Kind.COMMAND, Kind.REPLY):
        return True
    text = view.dialogue.text(unit.row)
    return len(text) != unit.row.length or text[at - unit.row.offset - 1 : at - unit.row.offset] == b"\n"


def _placed(unit: Unit) -> tuple[int, int, bytes]:
    """A unit with its place in the stream."""
    return unit.row.offset, unit.row.length, unit.text


def _align_commands(comparison: Comparison) -> list[Match]:
    """Align what the client sent with what reached the server."""
    client, server = comparison.client.commands, comparison.server.commands
    keys = [_command_key(unit) for unit in client], [_command_key(unit) for unit in server]
    cost = command_cost(comparison.client, comparison.server, comparison.shifts(TO_SERVER))
    return _aligned(comparison, TO_SERVER, keys, cost)


def _align_replies(comparison: Comparison) -> list[Match]:
    """Align what the server sent with what reached the client, by bytes and by what is answered."""
    client, server = comparison.client, comparison.server
    partners = comparison.became
    asked = {unit.at: comparison.asked.get(unit.at, unit.row.answers) for unit in client.replies}
    keys = (
        [(unit.text, comparison.came_from.get(unit.row.answers, _nobody(unit, "server"))) for unit in server.replies],
        [
            (unit.text, asked[unit.at] if partners.get(asked[unit.at]) is not None else _nobody(unit, "client"))
            for unit in client.replies
        ],
    )
    became = {row: partners.get(question, NOBODY) for row, question in asked.items()}
    ends = server.stream(TO_SERVER).ends if comparison.family is Family.PROXY else ()
    left = min(ends, default=FOREVER)
    cost = reply_cost(server, client, became, comparison.came_from, comparison.shifts(TO_CLIENT), left)
    return _aligned(comparison, TO_CLIENT, keys, cost)


def _aligned(comparison: Comparison, way: Direction, keys: tuple[Keys, Keys], cost: Cost) -> list[Match]:
    """Align what passed in place by its place, all behind it by its likeness."""
    here, there = (
        [_place(unit) for unit in view.units(way) if comparison.kept(way, unit.row.offset)]
        for view in (comparison.ingress(way), comparison.egress(way))
    )
    one, other = len(here), len(there)
    behind = align(keys[0][one:], keys[1][other:], lambda i, j: cost(i + one, j + other))
    return align_by_place(here, there) + [
        Match(None if m.ingress is None else m.ingress + one, None if m.egress is None else m.egress + other)
        for m in behind
    ]


def _place(unit: Unit) -> Place:
    """Where a unit stands in its stream."""
    return unit.row.offset, unit.row.length > 0


def _command_key(unit: Unit) -> tuple[int, bytes]:
    """What makes two units of a client plainly one; mail data by its length."""
    if unit.row.kind == Kind.COMMAND:
        return unit.row.kind, unit.text
    return unit.row.kind, unit.row.length.to_bytes(8, "big")


def _nobody(unit: Unit, side: str) -> object:
    """Name the question of a reply that answers nothing both sides know: greetings are alike, others are not."""
    if unit.row.answers < 0:
        return "greeting" if unit.row.flags & Flag.GREETING else "unasked"
    return side


def _is_list(view: View, unit: Unit) -> bool:
    """Tell whether a reply is a keyword list: the 250 of a command (perhaps a lost one) with more than one line."""
    answers = unit.row.answers
    known = answers < 0 or view.dialogue.rows[answers].kind == Kind.COMMAND
    return unit.row.word == b"250" and unit.text.count(b"\n") > 0 and known


def _is_empty(view: View, unit: Unit, sent: Unit) -> bool:
    """Tell whether a whole reply to EHLO is what a device left of a list: its first line."""
    asked = view.dialogue.rows[unit.row.answers].word if unit.row.answers >= 0 else b""
    return asked in LISTS and unit.row.word == b"250" and not unit.partial and names_host(unit.text, sent.text)


def _compare_lists(*lists: tuple[View, Unit]) -> list[LineMatch]:
    """Compare a keyword list as sent and as shown, as far as both were captured."""
    lines = []
    for view, unit in lists:
        ended = view.dialogue.text(unit.row).endswith(b"\n")
        lines.append(keyword_lines(unit.text)[: None if ended else -1])
    if not any(view.is_cut(unit.at) for view, unit in lists):
        return match_lines(*lines)
    both = min(len(one) for one in lines)
    return [line for line in match_lines(*(one[:both] for one in lines)) if line.sent and line.shown]


def _differences(comparison: Comparison) -> Iterator[Difference]:
    """State every difference of the dialogue, client's direction first, in the order of the alignment."""
    for direction in (TO_SERVER, TO_CLIENT):
        ingress, egress = comparison.ingress(direction), comparison.egress(direction)
        for place, match in enumerate(comparison.matches(direction)):
            one = None if match.ingress is None else ingress.units(direction)[match.ingress]
            other = None if match.egress is None else egress.units(direction)[match.egress]
            yield from _difference(comparison, direction, place, (one, other))


def _difference(
    comparison: Comparison, direction: Direction, place: int, units: tuple[Unit | None, Unit | None]
) -> Iterator[Difference]:
    """State the difference at one place, if there is one that the captures can show."""
    one, other = units
    if one is not None and other is not None:
        if not _alike(comparison, one, other) and sure_place(comparison, direction, place):
            yield _state(comparison, direction, "rewritten", units, certain=True)
        return
    sure = judge(comparison, direction, place)
    if sure is not Absence.UNKNOWN:
        kind = "removed" if other is None else "injected"
        yield _state(comparison, direction, kind, units, certain=sure is Absence.PROVEN)


def _alike(comparison: Comparison, one: Unit, other: Unit) -> bool:
    """Tell whether two matched units say the same."""
    if one.row.kind in (Kind.MAIL, Kind.CHUNK):
        mails = comparison.client.mails.get(one.at), comparison.server.mails.get(other.at)
        return mails[0] is None or mails[1] is None or alteration(mails[0], mails[1]) is None
    return unchanged(one, other)


def _state(
    comparison: Comparison,
    direction: Direction,
    kind: str,
    units: tuple[Unit | None, Unit | None],
    *,
    certain: bool,
) -> Difference:
    """Make the difference of two units, one of which may be missing."""
    ingress, egress = comparison.ingress(direction), comparison.egress(direction)
    pieces: list[Piece | None] = [
        None if unit is None else view.piece(unit) for view, unit in zip((ingress, egress), units, strict=True)
    ]
    unit, owner = (units[0], ingress) if units[0] is not None else (units[1], egress)
    element, subject = _name(comparison, owner, direction, unit)
    return Difference(kind, element, subject, direction, pieces[0], pieces[1], certain)


def _name(comparison: Comparison, view: View, direction: Direction, unit: Unit | None) -> tuple[str, str]:
    """Name what a difference is of: the element and its subject, in the client's words where it has any."""
    if unit is None:
        return "unknown", ""
    if direction == TO_SERVER:
        element = {Kind.MAIL: "mail-data", Kind.CHUNK: "mail-data", Kind.SECRET: "secret"}
        return element.get(Kind(unit.row.kind), "command"), view.words(unit.at)
    if unit.row.flags & Flag.GREETING:
        return "greeting", ""
    return "reply", subject_of_reply(comparison, view, unit)


def subject_of_reply(comparison: Comparison, view: View, unit: Unit) -> str:
    """What a reply answers, in the words of the client."""
    answers = unit.row.answers
    if view is comparison.server:
        sent = comparison.came_from.get(answers)
        if sent is not None:
            return comparison.client.words(sent)
    return view.question(unit)
