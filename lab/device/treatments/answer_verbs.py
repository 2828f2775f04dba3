"""Keep a command from the server and answer it: `500 Command unrecognized`, a bare `OK`, `454 TLS not available`."""

from lab.device.units import TO_SERVER, Edit, Flow, Treatment, Unit


class AnswerVerbs(Treatment):
    """Swallow commands and inject a reply; the injected segment acknowledges the swallowed bytes."""

    def __init__(self, answer: str, allowed: list[str] | None = None, blocked: list[str] | None = None) -> None:
        """Block what is in `blocked`, or everything that is not in `allowed`."""
        self.answer, self.allowed, self.blocked = answer.encode() + b"\r\n", allowed, blocked

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Swallow and answer one command."""
        if unit.kind != "command" or unit.direction != TO_SERVER or not unit.what or self._passes(unit.what):
            return None
        flow.log("verb-answered", verb=unit.what)
        return Edit(out=b"", answer=self.answer)

    def _passes(self, verb: str) -> bool:
        return verb not in self.blocked if self.blocked is not None else verb in (self.allowed or [])
