"""Replace a reply of the server by another text, one that gives nothing away or that means something else."""

from lab.device.units import TO_CLIENT, Edit, Flow, Treatment, Unit


class RewriteReply(Treatment):
    """Rewrite single-line replies to one command."""

    def __init__(self, what: list[str], to: str, starts: str = "") -> None:
        """Name what the replies answer, how they start and what to put there."""
        self.what, self.to, self.starts = what, to.encode() + b"\r\n", starts.encode()

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Rewrite one reply."""
        if unit.kind != "reply" or unit.direction != TO_CLIENT or unit.what not in self.what:
            return None
        if not unit.line.startswith(self.starts) or unit.number or not unit.last or unit.raw == self.to:
            return None
        flow.log("reply-rewritten", what=unit.what)
        return Edit(out=self.to)
