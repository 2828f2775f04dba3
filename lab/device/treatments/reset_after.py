"""Reset a connection in the name of its peer when a command or reply of some kind comes by."""

from lab.device.units import Edit, Flow, Treatment, Unit


class ResetAfter(Treatment):
    """Send RST to one end or both; the unit that triggers it passes first if `passing`."""

    def __init__(self, kind: str, what: str, end: str = "both", answer: str = "", *, passing: bool = False) -> None:
        """`end` is to-client, to-server or both; `answer` is injected before the reset."""
        self.kind, self.what, self.end, self.passing = kind, what, end, passing
        self.answer = answer.encode() + b"\r\n" if answer else b""

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Reset on the first unit of the kind; on the last line of a reply."""
        if unit.kind != self.kind or unit.what != self.what or not unit.last or flow.memory.get("reset"):
            return None
        flow.memory["reset"] = True
        if self.answer:
            flow.log("reply-injected", what=unit.what)
        if self.kind == "command" and not self.passing:
            flow.log("command-lost-in-reset", verb=unit.what)
        if self.kind == "end-of-data" and not self.passing:
            flow.log("end-of-data-lost")
        flow.log("reset-injected", end=self.end)
        return Edit(out=None if self.passing else b"", answer=self.answer, reset=self.end)
