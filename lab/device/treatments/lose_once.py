"""A link that loses a packet now and then: TCP repeats it and it comes through, so nothing is lost for good."""

from lab.device.units import Edit, Flow, Treatment, Unit


class LoseOnce(Treatment):
    """Drop every n-th segment that begins with a command, a reply or mail data, once."""

    def __init__(self, every: int = 4) -> None:
        """Say how often."""
        self.every = every

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Drop one, and let its repetition pass."""
        if unit.number or unit.kind not in {"command", "reply", "data"}:
            return None
        count = flow.memory["carried"] = flow.memory.get("carried", 0) + 1
        if count % self.every:
            return None
        flow.log("lost-once", what=unit.what)
        return Edit(drop=True)
