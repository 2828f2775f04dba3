"""Make a command vanish: acknowledged by the device and never passed on, or dropped so that TCP repeats it in vain."""

from lab.device.units import TO_SERVER, Edit, Flow, Treatment, Unit


class SwallowVerbs(Treatment):
    """Nobody answers a swallowed command."""

    def __init__(self, verbs: list[str], *, acknowledge: bool = True) -> None:
        """Name the verbs."""
        self.verbs, self.acknowledge = verbs, acknowledge

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Swallow one command."""
        if unit.kind != "command" or unit.direction != TO_SERVER or unit.what not in self.verbs:
            return None
        flow.log("command-swallowed", verb=unit.what)
        return Edit(out=b"") if self.acknowledge else Edit(drop=True)
