"""One server asked, and what its answers say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pcapsleuth.detect.finding import Severity
from pcapsleuth.detect.prescribed import VERB, asked
from pcapsleuth.detect.run import Outcome
from pcapsleuth.detect.scope import Session
from pcapsleuth.devices.identify import Device
from pcapsleuth.errors import PcapsleuthError
from pcapsleuth.probe.judge import devices, judge
from pcapsleuth.probe.record import dialogue, packets_of
from pcapsleuth.probe.talk import End, Said, Talk, talk
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.smtp.words import capabilities

DROPPED = "no answer to the connection: nobody is there, or a firewall drops it (no rule, no translation for it)"
REFUSED = "the connection was refused: nothing listens there, or a firewall refuses it"
NOBODY_SPOKE = "connected, but nothing was said; the port is open and nobody greets: a device that waits, or no SMTP"
ENDS = {
    End.CLOSED: "the connection was closed",
    End.RESET: "the connection was reset",
    End.SILENT: "nothing more was heard",
}

YES = "everything gets a yes, a verb that does not exist too: a server that accepts anything, or a device that answers"


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
    def undecided(self) -> str | None:
        """Why the answers do not suffice, where they do not: the verb that does not exist had none, or a yes."""
        if self.suspicious:
            return None
        answer = next((answer for _, answer in asked(Session(0, self.dialogue), VERB) if answer is not None), None)
        if answer is None:
            return f"{ENDS[self.talk.end]} after {self._last()}, before a verb that does not exist was answered"
        return YES if answer.word[:1] == b"2" else None

    def _last(self) -> str:
        """The last command, as the last thing that was said by us."""
        last = next((said.data for said in reversed(self.talk.said) if said.who == "C"), None)
        return last.split()[0].decode("ascii", "replace") if last else "the greeting"

    @property
    def listed(self) -> bool:
        """Whether EHLO was answered with what the server can do."""
        return bool(self.dialogue.script.listings)

    @property
    def refused(self) -> bool:
        """Whether EHLO was refused, and nothing tells by whom."""
        answers = [answer for _, answer in asked(Session(0, self.dialogue), b"EHLO") if answer is not None]
        told = any(one.subject == "EHLO" for one in self.outcome.findings)
        return not told and any(answer.word[:1] == b"5" for answer in answers)

    @property
    def starttls(self) -> bool | None:
        """Whether encryption is offered; None where no list says so."""
        if not self.listed:
            return None
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
            reasons.append(f"{server[0]}: {_reason(error)}")
            continue
        if not any(said.who == "S" for said in found.said):
            reasons.append(f"{server[0]}: {NOBODY_SPOKE}")
            continue
        view = dialogue(found, before)
        return Probe(found, view, judge(view), devices(view))
    raise UnreachableError("; ".join(reasons))


def _reason(error: OSError) -> str:
    """Why a connection did not come about, and what that may mean."""
    if isinstance(error, TimeoutError):
        return DROPPED
    return REFUSED if isinstance(error, ConnectionRefusedError) else error.strerror or str(error)


def frames(one: Probe) -> int:
    """How many frames the capture of a conversation has."""
    return len(packets_of(one.talk))
