"""What a place of an alignment is worth: whether what one side lacks is absent, whether a match is more than a guess.

Where both captures hold all of a session the alignment is sure. Where one of them has holes, or ended while the
session went on, only what stands between two units that both sides show can be trusted.
"""

from __future__ import annotations

from collections.abc import Callable

from pcapsleuth.compare.absence import FOREVER, Absence, Shown, absence, to_side
from pcapsleuth.compare.aligned import Aligned
from pcapsleuth.compare.alignment import Match
from pcapsleuth.compare.family import Family
from pcapsleuth.compare.likeness import same_list
from pcapsleuth.compare.masking import overwritten
from pcapsleuth.compare.pair import Clock
from pcapsleuth.compare.view import Unit, View, opposite
from pcapsleuth.smtp.dialogue import Flag
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER, Direction

WAYS = (TO_SERVER, TO_CLIENT)

HELD = 60_000_000_000
"""ns that a proxy may scan a mail: clients wait ten minutes (RFC 5321 section 4.5.3.2.6), scanners seldom take one."""


def cut_short(comparison: Aligned, view: View, other: View) -> bool:
    """Tell whether the capture of `view` lacks the end of the session, as the other side shows.

    It ended while the session went on, lost the close that ends it, or a RST stands behind bytes that it never showed.
    """
    own = TO_SERVER if view is comparison.client else TO_CLIENT
    if _ended_before(view, other, comparison.clock):
        return True
    # The two connections of a proxy have their own lengths, and each is closed by itself.
    return comparison.family is not Family.PROXY and (
        any(_behind_more(view, other, way) for way in WAYS)
        or _lost_its_close(view, other, own, comparison.clock)
        or (own == TO_SERVER and _lost_its_words(view, other, comparison.clock))
    )


def _ended_before(view: View, other: View, clock: Clock | None) -> bool:
    """Tell whether a session that a capture leaves open ends in the other one, later than this one shows."""
    if _closed(view) or any(view.stream(way).rst for way in WAYS):
        return False
    last, connection = view.bounds.last, view.dialogue.connection
    if _closed(other) and last == connection.end:
        return True
    if clock is None:
        return False
    end = to_side(other.dialogue.connection.end, other.side, view.side, clock)
    over = _closed(other) or other.stream(TO_SERVER).rst is not None
    return last < end + clock.error or (over and connection.end < end - clock.error)


def _lost_its_words(view: View, other: View, clock: Clock | None) -> bool:
    """Tell whether a client that its own capture leaves open and silent goes on talking at the far side."""
    if clock is None or any(view.stream(way).ends for way in WAYS):
        return False
    last = to_side(other.stream(TO_SERVER).last_time, other.side, view.side, clock)
    longer = other.stream(TO_SERVER).length > view.stream(TO_SERVER).length
    return longer and view.dialogue.connection.end < last - clock.error


def _closed(view: View) -> bool:
    """Tell whether both ends closed."""
    return all(view.stream(way).fin for way in WAYS)


def _lost_its_close(view: View, other: View, way: Direction, clock: Clock | None) -> bool:
    """Tell whether only the far side shows the FIN of an end which says nothing more at its own.

    An end that was reset sends none any more: a later FIN is somebody else's.
    """
    here, there, reset = view.stream(way), other.stream(way), view.stream(opposite(way)).rst
    if clock is None or there.fin is None or here.fin is not None or here.rst is not None:
        return False
    closed = to_side(there.fin.time, other.side, view.side, clock)
    gone = reset is not None and here.last_time <= reset.time < closed - clock.error
    return not gone and here.last_time <= closed + clock.error


def _behind_more(view: View, other: View, way: Direction) -> bool:
    """Tell whether a RST of a direction stands behind bytes that only the other side shows."""
    rst = view.stream(way).rst
    # A FIN takes one sequence number (RFC 9293 section 3.4).
    return rst is not None and view.stream(way).length + 1 < rst.offset <= other.stream(way).length + 1


def judge(comparison: Aligned, direction: Direction, place: int) -> Absence:
    """Judge the absence at one place of an alignment."""
    match = comparison.matches(direction)[place]
    lacks_egress = match.egress is None
    ingress, egress = comparison.ingress(direction), comparison.egress(direction)
    view, has, at = (egress, ingress, match.ingress) if lacks_egress else (ingress, egress, match.egress)
    if at is None or (_under_tls(comparison, direction, place, view) and not _in_clear(has, view, direction)):
        return Absence.UNKNOWN
    unit = has.units(direction)[at]
    if comparison.kept(direction, unit.row.offset):
        return Absence.UNKNOWN
    after, before = _neighbours(comparison, direction, place, unit, lacks_egress=lacks_egress)
    hole = view.received_unseen(direction, after, FOREVER if before is None else before, unit.row.length)
    told = _sender_tells(comparison, direction, unit, before) if lacks_egress and not hole else None
    if told is not None:
        return told
    coming = before is None and _still_coming(comparison, direction, unit.row.time)
    if coming or not _trusted(comparison, direction, place, unit.text):
        return Absence.UNKNOWN
    shown = Shown(has, unit.row.time, received=not lacks_egress, delay=comparison.delay)
    return absence(view, direction, after, before, shown, comparison.clock)


def _trusted(comparison: Aligned, direction: Direction, place: int, lacking: bytes) -> bool:
    """Tell whether nothing was lost, or not near the place of a unit that one side lacks."""
    return not comparison.lossy or _anchored(comparison, direction, place, lacking)


def _still_coming(comparison: Aligned, direction: Direction, time: int) -> bool:
    """Tell whether what is behind all that came out may come out later than the captures end."""
    return direction == TO_SERVER and still_held(comparison, time)


def still_held(comparison: Aligned, time: int) -> bool:
    """Tell whether a proxy may keep what the client sent at a time: a capture ends soon, and nobody has closed."""
    client, server = comparison.client, comparison.server
    if comparison.family is not Family.PROXY or any(view.stream(way).ends for view in (client, server) for way in WAYS):
        return False
    there = to_side(time, client.side, server.side, comparison.clock)
    return min(client.bounds.last - time, server.bounds.last - there) < HELD


def sure_place(comparison: Aligned, direction: Direction, place: int) -> bool:
    """Tell whether the two units of a match are one: nothing was lost, or they or their neighbours say so."""
    if not comparison.lossy:
        return True
    match = comparison.matches(direction)[place]
    if match.ingress is None or match.egress is None:
        return False
    one = comparison.ingress(direction).units(direction)[match.ingress]
    other = comparison.egress(direction).units(direction)[match.egress]
    if one.text != other.text and _slipped(comparison, direction, match.ingress, match.egress):
        return False
    if (
        comparison.kept(direction, one.row.offset)
        or overwritten(one.text, other.text)
        or _anchored(comparison, direction, place)
    ):
        return True
    return direction == TO_CLIENT and (same_list(one, other) or _same_question(comparison, one, other))


def _slipped(comparison: Aligned, direction: Direction, ingress: int, egress: int) -> bool:
    """Tell whether one side has beside its unit what the other has in its place: between them something was lost.

    Where both captures have the begin, and lost nothing but the end, nothing was.
    """
    if _begun(comparison, direction) and not comparison.client.lossy and not comparison.server.lossy:
        return False
    one, other = comparison.ingress(direction).units(direction), comparison.egress(direction).units(direction)
    return any(
        units[near].text == text
        for units, at, text in ((one, ingress, other[egress].text), (other, egress, one[ingress].text))
        for near in (at - 1, at + 1)
        if 0 <= near < len(units)
    )


def _same_question(comparison: Aligned, sent: Unit, shown: Unit) -> bool:
    """Tell whether two replies are the greeting, or answer what is one command, with nothing lost before them."""
    if sent.partial or shown.partial:
        return False
    if sent.row.answers < 0 or shown.row.answers < 0:
        return bool(sent.row.flags & shown.row.flags & Flag.GREETING)
    if comparison.became.get(shown.row.answers) != sent.row.answers:
        return False
    return sure_place(comparison, TO_SERVER, comparison.place_of[shown.row.answers])


def _under_tls(comparison: Aligned, direction: Direction, place: int, view: View) -> bool:
    """Tell whether TLS may hide what a view lacks: nothing that both sides show follows."""
    return view.encrypted and comparison.around[direction].both.behind[place] < 0


def _in_clear(has: View, view: View, direction: Direction) -> bool:
    """Tell whether TLS cannot hide a command: before one ClientHello that came out both sides are in clear."""
    hello = has.dialogue.client_hello
    return direction == TO_SERVER and bool(hello) and hello == view.dialogue.client_hello


def repeated_in_vain(comparison: Aligned, direction: Direction, offset: int) -> bool:
    """Tell whether the sender repeated bytes in vain, before the capture at egress was over as far as that is known."""
    return comparison.ingress(direction).repeated_in_vain(direction, offset, _over(comparison, direction))


def _over(comparison: Aligned, direction: Direction) -> int:
    """When the capture at egress was over, by the clock at ingress; FOREVER where that is not known."""
    has, view = comparison.ingress(direction), comparison.egress(direction)
    clock = comparison.clock
    return FOREVER if clock is None else to_side(view.bounds.last, view.side, has.side, clock)


def _sender_tells(comparison: Aligned, direction: Direction, unit: Unit, before: int | None) -> Absence | None:
    """What the sender's own side says of bytes that did not come out; None if it says nothing."""
    has, view = comparison.ingress(direction), comparison.egress(direction)
    if before is None and has.stream(direction).acked < unit.row.offset:
        # Bytes before it are stuck already: TCP delivers nothing behind them, and this is not another loss.
        return Absence.UNKNOWN
    if repeated_in_vain(comparison, direction, unit.row.offset):
        watched = view.stream(direction).segments and unit.row.time <= _over(comparison, direction)
        return Absence.PROVEN if watched else Absence.UNKNOWN
    return None


def _anchored(comparison: Aligned, direction: Direction, place: int, lacking: bytes = b"") -> bool:
    """Tell whether a place stands between units that both sides show, with no bytes lost in between on either side.

    Units that are like the one that is `lacking` are no anchors: nothing tells which of them it is.
    """
    matches = comparison.matches(direction)
    units = comparison.ingress(direction).units(direction)
    before, behind = (
        _beyond(ways, place, lambda at: units[matches[at].ingress or 0].text == lacking != b"")
        for ways in comparison.around[direction].both
    )
    if behind < 0 or (before < 0 and not _begun(comparison, direction)):
        return False
    if _both_lack(matches[before + 1 : behind]):
        return False
    start, stop = Match(None, None) if before < 0 else matches[before], matches[behind]
    ingress, egress = comparison.ingress(direction), comparison.egress(direction)
    if not _begun(comparison, direction) and not all(_alone(ingress, egress, direction, one) for one in (start, stop)):
        return False
    return _unbroken(ingress, direction, start.ingress, stop.ingress) and _unbroken(
        egress, direction, start.egress, stop.egress
    )


def _beyond(ways: list[int], place: int, skipped: Callable[[int], bool]) -> int:
    """The nearest place that `ways` lead to and that is not to be skipped; -1 for none."""
    at = ways[place]
    while at >= 0 and skipped(at):
        at = ways[at]
    return at


def _both_lack(between: list[Match]) -> bool:
    """Tell whether what one side lacks may be what the other has besides, in other words."""
    return any(match.ingress is None for match in between) and any(match.egress is None for match in between)


def _begun(comparison: Aligned, direction: Direction) -> bool:
    """Tell whether both captures have the begin of a direction."""
    views = comparison.client, comparison.server
    return all(view.stream(direction).syn is not None for view in views)


def _unbroken(view: View, direction: Direction, start: int | None, stop: int | None) -> bool:
    """Tell whether a capture lost nothing between two of its units."""
    units = view.units(direction)
    if stop is None or units[stop].row.flags & Flag.UNTERMINATED:
        return False
    return not view.hole(direction, 0 if start is None else units[start].end, units[stop].row.offset)


def _alone(ingress: View, egress: View, direction: Direction, match: Match) -> bool:
    """Tell whether the units of a match have no doubles: where a capture begins in the midst of much all look alike."""
    ends = (ingress, match.ingress), (egress, match.egress)
    texts = {view.units(direction)[at].text for view, at in ends if at is not None}
    return all(sum(view.times[direction][text] for text in texts) == 1 for view, _ in ends)


def _neighbours(
    comparison: Aligned, direction: Direction, place: int, lacking: Unit, *, lacks_egress: bool
) -> tuple[int, int | None]:
    """The stream offsets, on the side that lacks a unit, of the units around its place.

    Of several alike in a row nothing tells which one is missing: they are all its place.
    """
    units = (comparison.egress if lacks_egress else comparison.ingress)(direction).units(direction)
    matches, surroundings = comparison.matches(direction), comparison.around[direction]
    near = surroundings.egress if lacks_egress else surroundings.ingress

    def unit(at: int) -> Unit:
        return units[(matches[at].egress if lacks_egress else matches[at].ingress) or 0]

    ends = [_beyond(ways, place, lambda at: unit(at).text == lacking.text != b"") for ways in near]
    previous, following = (unit(at) if at >= 0 else None for at in ends)
    # Where a unit ends that is not known whole is not known either: what is sought may be in its hole.
    after = 0 if previous is None else previous.row.offset if previous.partial else previous.end
    return after, following.row.offset if following else None
