"""What a comparison shows of each thing that came to the device: the events that treatments explain."""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.family import Family, one_connection
from pcapsleuth.compare.keyword import LineMatch
from pcapsleuth.compare.maildata import alteration
from pcapsleuth.compare.view import Unit
from pcapsleuth.detect.commands import removed, verb_of
from pcapsleuth.detect.detectors import tls_intercepted
from pcapsleuth.detect.detectors.end_of_data_lost import lost_ends
from pcapsleuth.detect.detectors.proxy_in_path import relays
from pcapsleuth.detect.finding import Severity
from pcapsleuth.devices.event import (
    BODY,
    CONNECTION,
    END,
    GREETING,
    HEADER,
    HELLO,
    KEYWORD,
    OTHER_HELLO,
    REPLY,
    RESET,
    TCP,
    TLS,
    VERB,
    Event,
)
from pcapsleuth.devices.keywords import keyword_name
from pcapsleuth.smtp.dialogue import Flag, Kind, Mail
from pcapsleuth.smtp.words import typed
from pcapsleuth.tcp.segments import TO_CLIENT, TO_SERVER

END_OF_DATA = "END-OF-DATA"
"""What a reply to mail data answers."""

WHOLE = b"body"

WATCHED = frozenset({"RECEIVED", "DKIM-SIGNATURE"})
"""Fields that are worth an event although they passed."""


def events(comparison: Comparison) -> Iterator[Event]:
    """Everything that one pair shows; the copy that a tap wrote shows nothing of the device."""
    if comparison.decrypted:
        return
    yield _connection(comparison)
    yield from _tcp(comparison)
    yield from _tls(comparison)
    victims = _victims(comparison)
    told = _told(comparison) if victims else None
    yield from _replies(comparison, told)
    for _, _, lines in comparison.keyword_lists:
        yield from _keywords(lines)
    yield from _verbs(comparison, cut=victims != "")
    yield from _mails(comparison, cut=victims != "")
    yield from _resets(comparison, victims, told)


def _connection(comparison: Comparison) -> Event:
    """One connection, or two."""
    if comparison.family is Family.PROXY:
        return Event(CONNECTION, "", b"one", b"relay" if relays(comparison) else b"proxy")
    kind = b"one" if one_connection(comparison.client, comparison.server) else b"unknown"
    return Event(CONNECTION, "", kind, kind)


def _tcp(comparison: Comparison) -> Iterator[Event]:
    """Sequence numbers and options of one connection."""
    if comparison.family is Family.PROXY:
        return
    for way in (TO_SERVER, TO_CLIENT):
        one, other = comparison.client.stream(way), comparison.server.stream(way)
        if one.isn is not None and other.isn is not None and one.isn != other.isn:
            yield Event(TCP, "ISN", b"isn", b"changed")
        if one.options and other.options and one.options.mss != other.options.mss:
            yield Event(TCP, "MSS", b"mss", b"changed")


def _tls(comparison: Comparison) -> Iterator[Event]:
    """The client's own handshake: it came out, or ended at the device."""
    client, server = comparison.client.dialogue, comparison.server.dialogue
    if any(found.severity is Severity.CRITICAL for found in tls_intercepted.detect_pair(comparison)):
        yield Event(TLS, "", HELLO, OTHER_HELLO)
    elif client.client_hello and client.client_hello == server.client_hello:
        yield Event(TLS, "", HELLO, HELLO)


def _replies(comparison: Comparison, told: Unit | None) -> Iterator[Event]:
    """Greetings and other replies; keyword lists, and what was `told` before a reset, are events of their own."""
    lists = {shown.at for _, shown, _ in comparison.keyword_lists}
    for match in comparison.replies:
        sent = None if match.ingress is None else comparison.server.replies[match.ingress]
        shown = None if match.egress is None else comparison.client.replies[match.egress]
        if shown is None or shown is told or (sent is None and not _asked_and_passed(comparison, shown)):
            continue
        came = None if sent is None else sent.text
        if shown.row.flags & Flag.GREETING:
            yield Event(GREETING, "", came, shown.text)
        else:
            yield _reply(comparison, came, shown, first=shown.at in lists)


def _reply(comparison: Comparison, came: bytes | None, shown: Unit, *, first: bool) -> Event:
    """A reply, its `first` line alone where the others are keywords; of one that passed the code is enough."""
    went = shown.text
    if first:
        came, went = came and came.split(b"\r\n", 1)[0], went.split(b"\r\n", 1)[0]
    if came == went:
        came = went = went[:3]
    return Event(REPLY, comparison.client.words(shown.row.answers), came, went)


def _asked_and_passed(comparison: Comparison, shown: Unit) -> bool:
    """Tell an injected reply to a command that passed from one to a command that was blocked."""
    return comparison.became.get(shown.row.answers) is not None


def _keywords(lines: list[LineMatch]) -> Iterator[Event]:
    """The keyword lines, with the number that a mask of each has or would have."""
    masked = 0
    for line in lines:
        came = None if line.sent is None else line.sent.text
        went = None if line.shown is None else line.shown.text
        name = keyword_name(came or went or b"")
        yield Event(KEYWORD, name, came, went, number=masked + 1, detail="last" if name == "OK" else "")
        masked += line.how == "masked"


def _verbs(comparison: Comparison, *, cut: bool) -> Iterator[Event]:
    """Commands that passed, whole or changed, and commands that did not; a reset explains those by itself."""
    for _, sent, came in comparison.both(TO_SERVER):
        if sent.row.kind == Kind.COMMAND and not (sent.partial or came.partial):
            yield _verb(comparison, sent, came.text)
    for gone in () if cut else removed(comparison):
        answer = gone.answers[0].text if gone.answers else None
        yield _verb(comparison, gone.sent, None, answer)


def _verb(comparison: Comparison, sent: Unit, became: bytes | None, answer: bytes | None = None) -> Event:
    """The event of a command, without its argument where that passed."""
    name = comparison.client.words(sent.at)
    verb = verb_of(sent.text)
    detail = "typed" if typed(sent.row) else ""
    if became is not None and became[len(verb) :] == sent.text[len(verb) :]:
        head = became[: len(verb)]
        went = name.encode() if head.upper() == verb.upper() else head
        return Event(VERB, name, name.encode(), went, answer, detail=detail)
    if became is None:
        return Event(VERB, name, name.encode(), None, answer, detail=detail)
    return Event(VERB, name, name.encode() + sent.text[len(verb) :], became, answer, detail=detail)


def _mails(comparison: Comparison, *, cut: bool) -> Iterator[Event]:
    """Mail data: its end, its body, its header."""
    for sent, came in comparison.mails:
        if came is None or not sent.ended or (cut and not came.ended):
            continue
        split = "split" if len(sent.terminator) > 1 else ""
        yield Event(END, "", b".", b"." if came.ended else None, detail=split)
        yield _body(sent, came)
        yield from _headers(sent, came)


def _body(sent: Mail, came: Mail) -> Event:
    """A body, of which four letters stand for all: whole, of one character now, or altered otherwise."""
    changed = alteration(sent, came)
    if changed is None or changed.part != "body":
        return Event(BODY, "", WHOLE, WHOLE)
    longer = came.body_length - sent.body_length
    if longer:
        return Event(BODY, "", WHOLE, b"altered", detail="longer" if longer > 0 else "shorter")
    filled = came.filler if came.filler != sent.filler else b""
    return Event(BODY, "", WHOLE, filled * len(WHOLE) or b"altered", detail="as long")


def _headers(sent: Mail, came: Mail) -> Iterator[Event]:
    """Fields that were changed, added or taken away, and some that passed."""
    before, after = _fields(sent.header), _fields(came.header)
    for name in sorted({*before, *after}):
        one, other = before.get(name, []), after.get(name, [])
        if one == other:
            if name in WATCHED:
                yield Event(HEADER, name, b"value", b"value")
            continue
        known, kept = set(one), set(other)
        added = [value for value in other if value not in known]
        gone = [value for value in one if value not in kept]
        for n in range(max(len(added), len(gone))):
            yield Event(
                HEADER, name, gone[n][:200] if n < len(gone) else None, added[n][:200] if n < len(added) else None
            )


def _fields(header: bytes) -> dict[str, list[bytes]]:
    """The values of a header by field name in upper case."""
    fields: dict[str, list[bytes]] = {}
    for line in header.replace(b"\r\n ", b"\n ").replace(b"\r\n\t", b"\n\t").split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            fields.setdefault(name.strip().decode("latin-1").upper(), []).append(value.strip())
    return fields


def _resets(comparison: Comparison, victims: str, told: Unit | None) -> Iterator[Event]:
    """Points of the dialogue that were reached, and the reset that came there."""
    if comparison.family is Family.PROXY and not victims:
        return
    points = [_point(comparison, row.kind, i) for i, row in enumerate(comparison.client.dialogue.rows)]
    end = len(points) if told is None else told.row.answers + 1
    reached = [point for point in points[:end] if point]
    for point in dict.fromkeys(reached[:-1] if victims else reached):
        yield Event(RESET, point, b"", b"")
    if victims:
        yield Event(RESET, reached[-1] if reached else "", b"", b"", told and told.text, victims)
    elif (last := _told(comparison)) and comparison.client.words(last.row.answers) == END_OF_DATA:
        yield Event(RESET, "DATA", b"", b"", last.text)


def _point(comparison: Comparison, kind: int, row: int) -> str:
    """The point of the dialogue that a client's row is; empty for others."""
    if kind in (Kind.MAIL, Kind.TLS):
        return "DATA" if kind == Kind.MAIL else "TLS"
    if kind == Kind.COMMAND:
        return comparison.client.words(row)
    return ""


def _victims(comparison: Comparison) -> str:
    """Who was cut off in somebody else's name; empty if nobody was. A proxy's connections end as they like.

    But where it ends the server's in the midst of a mail that it had whole, it cuts the server off.
    """
    if comparison.family is Family.PROXY:
        amid = any(came is not None for _, came, _ in lost_ends(comparison))
        return "server" if amid and comparison.server.stream(TO_SERVER).ends else ""
    ends = []
    for way, end in ((TO_CLIENT, "client"), (TO_SERVER, "server")):
        ingress, egress = comparison.ingress(way).stream(way), comparison.egress(way).stream(way)
        if egress.rst is not None and ingress.rst is None and ingress.segments:
            ends.append(end)
    return "both" if len(ends) > 1 else "".join(ends)


def _told(comparison: Comparison) -> Unit | None:
    """The last thing that the client was told, but for a farewell, if no server said it."""
    client = comparison.client
    for match in reversed(comparison.replies):
        if match.egress is None:
            # What a server says to a proxy that has left it is told to nobody.
            if comparison.family is Family.PROXY:
                continue
            return None
        shown = client.replies[match.egress]
        if client.words(shown.row.answers) != "QUIT":
            return shown if match.ingress is None else None
    return None
