"""One server asked, and what its answers say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pcapsleuth.detect.finding import Severity
from pcapsleuth.detect.run import Outcome
from pcapsleuth.devices.identify import Device
from pcapsleuth.errors import PcapsleuthError
from pcapsleuth.probe.judge import devices, judge
from pcapsleuth.probe.record import dialogue, packets_of, questions
from pcapsleuth.probe.talk import Said, Talk, talk
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.views import capabilities

NOBODY_SPOKE = "connected, but nothing was said; the port is open and nobody greets: a device that waits, or no SMTP"


class UnreachableError(PcapsleuthError):
    """A server could not be asked."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What asking one server gave."""

    talk: Talk
    dialogue: Dialogue
    outcome: Outcome
    devices: list[Device]

    @property
    def suspicious(self) -> bool:
        """Whether something is worth a warning."""
        return any(one.severity is not Severity.INFO for one in self.outcome.findings)

    @property
    def starttls(self) -> bool:
        """Whether encryption is offered."""
        return any(line.split()[:1] == [b"STARTTLS"] for line in map(bytes.upper, capabilities(self.dialogue)))


def probe(
    servers: Iterable[tuple[str, int]],
    name: str,
    timeout: float,
    watch: Callable[[Said], None],
    before: int = 0,
) -> Probe:
    """Ask the first of these addresses that can be reached; its frames count from behind `before` others."""
    reasons: list[str] = []
    for server in servers:
        try:
            found = talk(server, name, timeout, watch)
        except OSError as error:
            reasons.append(f"{server[0]}: {error.strerror or error}")
            continue
        if not any(said.who == "S" for said in found.said):
            reasons.append(f"{server[0]}: {NOBODY_SPOKE}")
            continue
        view = dialogue(found, before)
        return Probe(found, view, judge(view, questions(found, before)), devices(view))
    raise UnreachableError("; ".join(reasons))


def frames(one: Probe) -> int:
    """How many frames the capture of a conversation has."""
    return len(packets_of(one.talk))
