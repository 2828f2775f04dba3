"""A dialogue as rows of a page: both sides with what differs marked, or one side where there is no other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.report.couples import Couple, couples, matched
from pcapsleuth.report.escape import harmless
from pcapsleuth.report.marking import Parts, marked, whole
from pcapsleuth.report.units import SHOWN_DIGEST, Unit
from pcapsleuth.report.wireshark import frame_text
from pcapsleuth.report.words import since

LONGEST = 400
"""Characters of a line that are shown."""


THEN = "then"
"""Stands behind `S` in order: what the client sends once the server said so, whose frame the document does not have."""

GO_AHEAD = 354
"""The reply that asks for mail data (RFC 5321 section 4.3.2)."""


class Line(NamedTuple):
    """A line of a dialogue."""

    time: str
    """Since the session began; empty for the second line of a unit and on."""
    who: str
    """`C` or `S`."""
    outside: Parts
    inside: Parts
    same: bool
    frames: str
    missing: str = ""
    """The side that lacks it."""


def both(comparison: Comparison, files: tuple[int, int] = (1, 1)) -> Iterator[Line]:
    """The dialogue of a pair, side by side."""
    starts = comparison.outside.dialogue.connection.start, comparison.inside.dialogue.connection.start
    for couple in couples(comparison):
        place = couple[0] is None
        clock = couple[place]
        if clock is None:
            continue
        time, frames = since(clock.time, starts[place]), _frames(couple, files)
        for first, second in _lines(couple):
            outside, inside, same = _cells(couple, first, second)
            missing = "outside" if couple[0] is None else "inside" if couple[1] is None else ""
            yield Line(time, clock.who, outside, inside, same, frames, missing)
            time = frames = ""


def alone(session: dict[str, Any]) -> Iterator[Line]:
    """The dialogue of a session object of the document."""
    start = session["start"]
    said = [("C", one["frame"], one["time"], _spoken(one["verb"], one["argument"])) for one in session["commands"]]
    answers = [one["reply"] for one in session["commands"] if one["reply"]] + session["unasked"]
    # The reply to a last chunk stands with its command and with its transaction.
    answers += [one["reply"] for one in session["transactions"] if one["reply"] and one["reply"] not in answers]
    answers += [session["greeting"]] if session["greeting"] else []
    said += [("S", one["frame"], one["time"], _answer(one)) for one in answers]
    said += [(THEN, go["frame"], go["time"], _mail(one)) for go, one in _mails(session)]
    for who, frame, time, text in sorted(said, key=lambda one: (one[2], one[1], one[0])):
        shown = ("", "") if who == THEN else (since(time, start), str(frame))
        for line in text.split("\n"):
            parts = whole(harmless(line)[:LONGEST], changed=False)
            yield Line(shown[0], "C" if who == THEN else who, parts, (), same=True, frames=shown[1])
            shown = "", ""


def _mails(session: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The mail data behind each 354; none where it is not clear which came behind which (BDAT says its size itself)."""
    goes = [one["reply"] for one in session["commands"] if one["reply"] and one["reply"]["code"] == GO_AHEAD]
    mails = [one for one in session["transactions"] if one["bytes"]]
    yield from zip(goes, mails, strict=True) if len(goes) == len(mails) else ()


def _mail(one: dict[str, Any]) -> str:
    """Mail data in place of its bytes, which are never shown."""
    digest = f", digest {one['digest'][:SHOWN_DIGEST]}…" if one["digest"] else ""
    return f"<{one['bytes']:,} bytes{digest}{'' if one['complete'] else ', not complete'}>"


def _spoken(verb: str, argument: str) -> str:
    """A command as it was typed."""
    return f"{verb} {argument}" if argument else verb


def _answer(reply: dict[str, Any]) -> str:
    """A reply with its code before every line."""
    lines = reply["text"].split("\n")
    if reply["code"] is None:
        return "\n".join(lines)
    code = f"{reply['code']:03d}"
    return "\n".join([*(f"{code}-{line}" for line in lines[:-1]), f"{code} {lines[-1]}"])


def _frames(couple: Couple, files: Sequence[int]) -> str:
    """The frames of both sides."""
    return " / ".join("-" if one is None else frame_text(one.frame, n) for one, n in zip(couple, files, strict=True))


def _lines(couple: Couple) -> Iterator[tuple[str | None, str | None]]:
    """The lines of a couple that belong together."""
    one, other = couple
    return matched(_text(one), _text(other))


def _text(unit: Unit | None) -> tuple[str, ...]:
    """The lines of a unit, none for none."""
    return tuple(line if len(line) <= LONGEST else line[: LONGEST - 1] + "…" for line in unit.lines) if unit else ()


def _cells(couple: Couple, first: str | None, second: str | None) -> tuple[Parts, Parts, bool]:
    """Both cells of a line, and whether they say the same."""
    if first is None or second is None:
        return whole(first or "", changed=True), whole(second or "", changed=True), False
    one, other = couple
    alike = one is not None and other is not None and (one.said == other.said or len(one.lines) > 1)
    if first == second and alike:
        return whole(first, changed=False), whole(second, changed=False), True
    if first == second:
        return whole(first, changed=True), whole(second, changed=True), False
    return *marked(first, second), False
