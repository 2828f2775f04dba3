"""Forget a connection: from some command on nothing passes either way, and nobody is told."""

from lab.device.units import TO_SERVER, Edit, Flow, Treatment, Unit


class GoSilent(Treatment):
    """Fall silent at one verb."""

    def __init__(self, verb: str) -> None:
        """Name the verb."""
        self.verb = verb

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """End the connection's life here."""
        if unit.kind != "command" or unit.direction != TO_SERVER or unit.what != self.verb:
            return None
        flow.log("went-silent", verb=unit.what)
        return Edit(drop=True, reset="neither")
