"""What a probe found, as text: the answer, the dialogue, and from where one looked."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from pcapsleuth.detect.finding import Finding
from pcapsleuth.probe.probe import Probe
from pcapsleuth.probe.talk import plan
from pcapsleuth.report.columns import paragraph
from pcapsleuth.report.dialogue_text import one_side
from pcapsleuth.report.escape import harmless, visible
from pcapsleuth.report.look import Look

MARGIN = " " * 11
INSIDE = (
    "A clean result proves something only if the device stood between: from inside it proves nothing. "
    "Ask from the Internet, against the address of the MX record."
)
PRIVATE = "The server's address is private, or the two are neighbours: you most likely look from inside."


def announcement(where: str, source: str | None, name: str, look: Look) -> Iterator[str]:
    """What will be sent, and from where, before it is."""
    seen = f"from {source}" if source else "from an address that the system chooses"
    yield from paragraph(f"Asking {where} {seen}. No mail is sent, only, each line in one segment:", look.width)
    yield from (f"  {line}" for line in plan(name))


def lines(one: Probe, look: Look) -> Iterator[str]:
    """The result for one server."""
    findings = one.outcome.findings
    if one.suspicious:
        first = "SUSPICIOUS: something on the path edits or answers SMTP, or the server behaves as if."
    else:
        first = "CLEAN: the answers are those of a server; nothing on this path was seen to touch them."
    yield from paragraph(first, look.width)
    yield ""
    yield from one_side(one.dialogue, look)
    yield ""
    for finding in findings:
        yield from _finding(finding, look)
    yield from _row("STARTTLS", "offered" if one.starttls else "not offered", look)
    for device in one.devices:
        yield from _row("Looks like", f"{device.profile.name} ({device.confidence})", look)
        for reason in device.why:
            yield from _row("", reason, look)
    yield from _where(one, look)


def _finding(one: Finding, look: Look) -> Iterator[str]:
    """A finding with its bytes and its doubts."""
    yield from paragraph(harmless(f"{one.name}  ({one.confidence}) {one.summary}"), look.width, " " * 4, "")
    if one.egress:
        for line in one.egress.splitlines()[:4]:
            yield f"      `{visible(line)}`"[: look.width]
    for doubt in one.doubts:
        yield from paragraph(harmless(f"or: {doubt}"), look.width, " " * 10, " " * 6)


def _where(one: Probe, look: Look) -> Iterator[str]:
    """From where one looked, and what that is worth."""
    yield from _row("Looked", f"from {one.talk.client[0]} at {one.talk.server[0]} port {one.talk.server[1]}", look)
    if not one.suspicious:
        yield from _row("", INSIDE, look)
        if ip_address(one.talk.server[0].partition("%")[0]).is_private:
            yield from _row("", PRIVATE, look)


def _row(word: str, text: str, look: Look) -> Iterator[str]:
    """A line with a word in its margin."""
    yield from paragraph(harmless(text), look.width, MARGIN, f"{word:11}")
