"""What a probe found, as text: the answer, what it rests on, from where one looked, and what was said."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.prescribed import OTHER_SIDE
from pcapsleuth.probe.probe import Probe
from pcapsleuth.probe.report import gist
from pcapsleuth.probe.talk import plan
from pcapsleuth.report.columns import fit, paragraph
from pcapsleuth.report.dialogue_text import spoken
from pcapsleuth.report.escape import harmless, visible
from pcapsleuth.report.look import Look
from pcapsleuth.report.named import device
from pcapsleuth.report.words import moment

MARGIN = " " * 11
SHOWN = 4
"""Lines of a reply that are quoted with a finding; the dialogue has all."""

INSIDE = (
    "A clean result proves something only if the device stood between: from inside it proves nothing. "
    "Ask from the Internet, against the address of the MX record."
)
PRIVATE = "The server's address is private, or the two are neighbours: you most likely look from inside."
REFUSED = "refused: a server that knows only HELO does so, and a device may; nothing here tells them apart"
HIDDEN = "not offered; a masked keyword may have been it"
ABSENT = "not offered: the server has none, or a device took the line out, which leaves no trace"
UNASKED = "not known: EHLO was not answered with a list"


def announcement(where: str, source: str | None, name: str, look: Look) -> Iterator[str]:
    """What will be sent, and from where, before it is."""
    seen = f"from {source}" if source else "from an address that the system chooses"
    yield from paragraph(f"Asking {where} {seen}. No mail is sent, only, each line in one segment:", look.width)
    yield from (f"  {line}" for line in plan(name))


def lines(one: Probe, host: str, look: Look) -> Iterator[str]:
    """The result for one server."""
    yield from paragraph(harmless(_answer(one, host)), look.width)
    yield ""
    for finding in one.outcome.findings:
        yield from _finding(finding, look)
    if one.refused:
        yield from _row("EHLO", REFUSED, look)
    yield from _row("STARTTLS", _starttls(one), look)
    yield from device(gist(one), look, MARGIN)
    yield ""
    yield from _where(one, look)
    yield ""
    yield from spoken(one.dialogue, look)


def _answer(one: Probe, host: str) -> str:
    """The answer, in one sentence."""
    if one.suspicious:
        return f"SUSPICIOUS: something before {host} edits or answers SMTP, or the server behaves as if."
    if one.undecided:
        return f"CANNOT TELL: of {host}: {one.undecided}."
    return f"CLEAN: {host} answers as a server does; nothing on this path was seen to touch it."


def _starttls(one: Probe) -> str:
    """Whether encryption is offered, and why it may not be."""
    if one.starttls is None:
        return UNASKED
    if one.starttls:
        return "offered"
    return HIDDEN if any(found.label == "capability-masked" for found in one.outcome.findings) else ABSENT


def _finding(one: Finding, look: Look) -> Iterator[str]:
    """A finding with its bytes and its doubts."""
    yield from paragraph(harmless(f"{one.name}  ({one.confidence}) {one.summary}"), look.width, " " * 4, "")
    for line in (one.egress or b"").splitlines()[:SHOWN]:
        yield f"      `{fit(visible(line), look.width - 8)}`"
    for doubt in one.doubts:
        if doubt != OTHER_SIDE:
            yield from paragraph(harmless(f"or: {doubt}"), look.width, " " * 10, " " * 6)


def _where(one: Probe, look: Look) -> Iterator[str]:
    """From where one looked, and what that is worth."""
    (ours, _), (theirs, port) = one.talk.client, one.talk.server
    time = f"{moment(one.talk.start, look.zone, date=True, fraction=3)} {look.zone_name}"
    yield from _row("Looked", f"from {ours} at {theirs} port {port}, {time}", look)
    if not one.suspicious and not one.undecided:
        yield from _row("", INSIDE, look)
        if ip_address(one.talk.server[0].partition("%")[0]).is_private:
            yield from _row("", PRIVATE, look)


def _row(word: str, text: str, look: Look) -> Iterator[str]:
    """A line with a word in its margin."""
    yield from paragraph(harmless(text), look.width, MARGIN, f"{word:11}")
