"""Cut the connection at a line longer than the device's limit, as the default map of `inspect esmtp` does."""

from lab.device.units import TO_SERVER, Edit, Flow, Treatment, Unit


class LimitLines(Treatment):
    """Reset both ends when a command or header line is too long."""

    def __init__(self, command: int = 512, header: int = 998) -> None:
        """Give the limits in bytes."""
        self.command, self.header = command, header

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Measure one command, or the header lines at the start of mail data."""
        if unit.kind == "command" and unit.direction == TO_SERVER:
            too_long = "COMMAND-LINE" if len(unit.raw) > self.command else ""
        elif unit.kind == "data" and not flow.memory.get("header over"):
            header, blank, _ = unit.raw.partition(b"\r\n\r\n")
            flow.memory["header over"] = bool(blank)
            longest = max(len(line) for line in header.split(b"\r\n"))
            too_long = "HEADER-LINE" if longest > self.header else ""
        else:
            return None
        if not too_long:
            return None
        flow.log("limit-exceeded", what=too_long)
        flow.log("reset-injected", end="both")
        return Edit(drop=True, reset="both")
