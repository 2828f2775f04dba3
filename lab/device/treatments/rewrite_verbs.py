"""Turn one verb into another of the same length: EHLO into NOOP (PIX) or into HELO (Untangle)."""

from lab.device.units import TO_SERVER, Edit, Flow, Treatment, Unit


class RewriteVerbs(Treatment):
    """Replace verbs in place."""

    def __init__(self, verbs: dict[str, str]) -> None:
        """Map the client's verb to the one that the server gets."""
        self.verbs = verbs

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Rewrite one command."""
        if unit.kind != "command" or unit.direction != TO_SERVER or unit.what not in self.verbs:
            return None
        flow.log("verb-rewritten", verb=unit.what)
        return Edit(out=self.verbs[unit.what].encode() + unit.raw[len(unit.what) :])
