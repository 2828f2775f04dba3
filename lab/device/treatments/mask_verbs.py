"""Overwrite verbs that are not allowed with X of the same length; the server answers what it answers to XXXX."""

from lab.device.units import TO_SERVER, Edit, Flow, Treatment, Unit


class MaskVerbs(Treatment):
    """Mask the letters of a verb; the argument stays."""

    def __init__(self, allowed: list[str] | None = None, masked: list[str] | None = None, filler: str = "X") -> None:
        """Mask what is in `masked`, or everything that is not in `allowed`."""
        self.allowed, self.masked, self.filler = allowed, masked, filler.encode()

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Mask one command."""
        if unit.kind != "command" or unit.direction != TO_SERVER or not unit.what or self._passes(unit.what):
            return None
        size = len(unit.what)
        flow.log("verb-masked", verb=unit.what)
        return Edit(out=self.filler * size + unit.raw[size:])

    def _passes(self, verb: str) -> bool:
        return verb not in self.masked if self.masked is not None else verb in (self.allowed or [])
