"""Compare the two views of a paired session: align both directions, then state every difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from pcapsleuth.compare.absence import FOREVER, Absence, absence, to_side
from pcapsleuth.compare.alignment import Match, align, align_by_place
from pcapsleuth.compare.difference import Difference, Piece
from pcapsleuth.compare.family import Family, family
from pcapsleuth.compare.keyword import LineMatch, keyword_lines, match_lines
from pcapsleuth.compare.likeness import command_cost, reply_cost, unchanged
from pcapsleuth.compare.maildata import alteration
from pcapsleuth.compare.pair import Clock, Pair
from pcapsleuth.compare.transit import pair_clock
from pcapsleuth.compare.view import Bounds, Unit, View
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Mail
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER, Direction

GREETINGS = (b"EHLO", b"HELO", b"LHLO")


@dataclass
class Comparison:
    """Both views of one session, which unit became which, and all that differs."""

    pair: Pair
    outside: View
    inside: View
    direction: str | None
    """`inbound`: the client is outside; `outbound`; None where nothing tells (then taken as inbound)."""
    clock: Clock | None
    """Of this pair if its own times tell it, else of the captures."""
    family: Family = Family.IN_PLACE
    family_why: tuple[str, ...] = ()
    commands: list[Match] = field(default_factory=list)
    """Indices into the client's and the server's `commands`."""
    replies: list[Match] = field(default_factory=list)
    """Indices into the server's and the client's `replies`."""
    in_place: set[Direction] = field(default_factory=set)
    """Directions in which every byte came out where it came in: nothing there can be absent."""
    differences: list[Difference] = field(default_factory=list)

    @property
    def client(self) -> View:
        """The view nearer to the client."""
        return self.inside if self.direction == "outbound" else self.outside

    @property
    def server(self) -> View:
        """The view nearer to the server."""
        return self.outside if self.direction == "outbound" else self.inside

    def ingress(self, direction: Direction) -> View:
        """The capture that bytes of a direction meet first."""
        return self.client if direction == TO_SERVER else self.server

    def egress(self, direction: Direction) -> View:
        """The capture behind the device for a direction."""
        return self.server if direction == TO_SERVER else self.client

    def shifts(self, direction: Direction) -> frozenset[int]:
        """By how much one unit's offset may differ between the sides: not at all, or by all that was translated."""
        if self.family is Family.PROXY:
            return frozenset()
        return frozenset(
            {0, self.egress(direction).stream(direction).length - self.ingress(direction).stream(direction).length}
        )

    def matches(self, direction: Direction) -> list[Match]:
        """The alignment of a direction."""
        return self.commands if direction == TO_SERVER else self.replies

    @cached_property
    def became(self) -> dict[int, int | None]:
        """For each command row of the client's view the row that it became in the server's; None if none."""
        return _rows(self.client.commands, self.server.commands, self.commands)

    @cached_property
    def shown(self) -> dict[int, int | None]:
        """For each reply row of the server's view the row that the client was shown; None if none."""
        return _rows(self.server.replies, self.client.replies, self.replies)

    @cached_property
    def missing(self) -> dict[tuple[Direction, bool, int], Absence]:
        """How sure each absence is: by direction, whether egress lacks it, and index in the other's units."""
        return {
            (way, m.egress is None, m.ingress if m.egress is None else m.egress): _judge(self, way, k)  # type: ignore[misc]
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

    @property
    def lossy(self) -> bool:
        """The captures do not hold all of this session."""
        return self.client.lossy or self.server.lossy

    @cached_property
    def mails(self) -> list[tuple[Mail, Mail | None]]:
        """Mail data of the client's view with what the server's view has of it."""
        pairs: list[tuple[Mail, Mail | None]] = []
        for mail in self.client.dialogue.mails:
            rows = (self.became.get(row) for row in mail.rows or (mail.row,))
            partner = next((self.server.mails[row] for row in rows if row in self.server.mails), None)
            pairs.append((mail, partner))
        return pairs

    @cached_property
    def keyword_lists(self) -> list[tuple[Unit, Unit, list[LineMatch]]]:
        """EHLO replies that gave both sides a keyword list: as sent, as shown, line by line."""
        found = []
        for match in self.replies:
            if match.ingress is None or match.egress is None:
                continue
            sent, shown = self.server.replies[match.ingress], self.client.replies[match.egress]
            if _is_list(self.server, sent) and _is_list(self.client, shown) and not (sent.partial or shown.partial):
                found.append((sent, shown, match_lines(keyword_lines(sent.text), keyword_lines(shown.text))))
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
    comparison.in_place = {way for way in (TO_SERVER, TO_CLIENT) if _passes_in_place(comparison, way)}
    comparison.commands = _align_commands(comparison)
    comparison.replies = _align_replies(comparison)
    if comparison.family is not Family.PROXY:
        comparison.clock = pair_clock(client, server, comparison.commands, comparison.replies) or clock
    comparison.differences = list(_differences(comparison))
    return comparison


def _passes_in_place(comparison: Comparison, way: Direction) -> bool:
    """Tell whether all bytes of a direction came out where they came in: one connection, one length, one begin."""
    one, other = comparison.ingress(way).stream(way), comparison.egress(way).stream(way)
    begun = one.syn is not None and other.syn is not None
    whole = not comparison.egress(way).unreceived(way)
    return comparison.family is not Family.PROXY and begun and whole and one.length == other.length


def _align_commands(comparison: Comparison) -> list[Match]:
    """Align what the client sent with what reached the server."""
    client, server = comparison.client.commands, comparison.server.commands
    if TO_SERVER in comparison.in_place:
        return align_by_place([unit.row.offset for unit in client], [unit.row.offset for unit in server])
    return align(
        [_command_key(unit) for unit in client],
        [_command_key(unit) for unit in server],
        command_cost(client, server, comparison.shifts(TO_SERVER)),
    )


def _align_replies(comparison: Comparison) -> list[Match]:
    """Align what the server sent with what reached the client, by bytes and by what is answered."""
    client, server = comparison.client, comparison.server
    if TO_CLIENT in comparison.in_place:
        return align_by_place(
            [unit.row.offset for unit in server.replies], [unit.row.offset for unit in client.replies]
        )
    partners = comparison.became
    back = {there: here for here, there in partners.items() if there is not None}
    return align(
        [(unit.text, back.get(unit.row.answers, _nobody(unit, "server"))) for unit in server.replies],
        [(unit.text, _asked(unit, partners)) for unit in client.replies],
        reply_cost(server, client, partners, comparison.shifts(TO_CLIENT)),
    )


def _command_key(unit: Unit) -> tuple[int, bytes]:
    """What makes two units of a client plainly one; mail data by its length."""
    if unit.row.kind == Kind.COMMAND:
        return unit.row.kind, unit.text
    return unit.row.kind, unit.row.length.to_bytes(8, "big")


def _asked(unit: Unit, partners: dict[int, int | None]) -> object:
    """Name the command that a reply of the client's view answers, as long as it has a partner."""
    answers = unit.row.answers
    return answers if partners.get(answers) is not None else _nobody(unit, "client")


def _nobody(unit: Unit, side: str) -> object:
    """Name the question of a reply that answers nothing both sides know: greetings are alike, others are not."""
    if unit.row.answers < 0:
        return "greeting" if unit.row.flags & Flag.GREETING else "unasked"
    return side


def _rows(one: list[Unit], other: list[Unit], matches: list[Match]) -> dict[int, int | None]:
    """Turn matches of units into a map of rows."""
    return {
        one[m.ingress].at: None if m.egress is None else other[m.egress].at for m in matches if m.ingress is not None
    }


def _judge(comparison: Comparison, direction: Direction, place: int) -> Absence:
    """Judge the absence at one place of an alignment."""
    match = comparison.matches(direction)[place]
    lacks_egress = match.egress is None
    ingress, egress = comparison.ingress(direction), comparison.egress(direction)
    view, has, at = (egress, ingress, match.ingress) if lacks_egress else (ingress, egress, match.egress)
    if at is None or direction in comparison.in_place or _under_tls(comparison, direction, place, view):
        return Absence.UNKNOWN
    unit = has.units(direction)[at]
    after, before = _neighbours(comparison, direction, place, lacks_egress=lacks_egress)
    told = _sender_tells(has, view, direction, unit.row.offset, before) if lacks_egress else None
    if told is not None:
        return told
    if comparison.lossy and not _anchored(comparison, direction, place):
        return Absence.UNKNOWN
    time = to_side(unit.row.time, has.side, view.side, comparison.clock) if comparison.clock else FOREVER
    return absence(view, direction, after, before, time)


def _under_tls(comparison: Comparison, direction: Direction, place: int, view: View) -> bool:
    """Tell whether TLS may hide what a view lacks: nothing that both sides show follows."""
    rest = comparison.matches(direction)[place + 1 :]
    return view.encrypted and all(m.ingress is None or m.egress is None for m in rest)


def _sender_tells(has: View, view: View, direction: Direction, offset: int, before: int | None) -> Absence | None:
    """What the sender's own side says of bytes that did not come out; None if it says nothing."""
    if before is None and has.stream(direction).acked < offset:
        # Bytes before it are stuck already: TCP delivers nothing behind them, and this is not another loss.
        return Absence.UNKNOWN
    if has.repeated_in_vain(direction, offset):
        return Absence.PROVEN if view.stream(direction).segments else Absence.UNKNOWN
    return None


def _anchored(comparison: Comparison, direction: Direction, place: int) -> bool:
    """Tell whether a place stands between units that both sides show, with no bytes lost in between on either side.

    In a session with losses the alignment elsewhere is a guess.
    """
    matches = comparison.matches(direction)
    both = [m.ingress is not None and m.egress is not None for m in matches]
    previous = next((matches[i] for i in range(place - 1, -1, -1) if both[i]), None)
    following = next((matches[i] for i in range(place + 1, len(matches)) if both[i]), None)
    if previous is None or following is None:
        return False
    ingress, egress = comparison.ingress(direction), comparison.egress(direction)
    for view, start, stop in (
        (ingress, previous.ingress, following.ingress),
        (egress, previous.egress, following.egress),
    ):
        units = view.units(direction)
        if start is None or stop is None or view.hole(direction, _end(units[start]), units[stop].row.offset):
            return False
    return True


def _end(unit: Unit) -> int:
    """Where a unit ends in its stream."""
    return unit.row.offset + unit.row.length


def _neighbours(
    comparison: Comparison, direction: Direction, place: int, *, lacks_egress: bool
) -> tuple[int, int | None]:
    """The stream offsets, on the side that lacks something, of the units around a place."""
    units = (comparison.egress if lacks_egress else comparison.ingress)(direction).units(direction)
    matches = comparison.matches(direction)
    sides = [m.egress if lacks_egress else m.ingress for m in matches]
    previous = next((units[i].row for i in reversed(sides[:place]) if i is not None), None)
    following = next((units[i].row for i in sides[place + 1 :] if i is not None), None)
    return previous.offset + previous.length if previous else 0, following.offset if following else None


def _is_list(view: View, unit: Unit) -> bool:
    """Tell whether a reply is a keyword list: the 250 of a command (perhaps a lost one) with more than one line."""
    answers = unit.row.answers
    known = answers < 0 or view.dialogue.rows[answers].kind == Kind.COMMAND
    return unit.row.word == b"250" and unit.text.count(b"\n") > 0 and known


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
        if not _alike(comparison, one, other):
            yield _state(comparison, direction, "rewritten", units, certain=True)
        return
    sure = _judge(comparison, direction, place)
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
        back = {there: here for here, there in comparison.became.items() if there is not None}
        if answers in back:
            return comparison.client.words(back[answers])
    return view.question(unit)
