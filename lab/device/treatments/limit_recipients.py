"""Cut the connection at one recipient too many, as the default map of `inspect esmtp` does at more than 100."""

from lab.device.units import TO_SERVER, Edit, Flow, Treatment, Unit


class LimitRecipients(Treatment):
    """Reset both ends at the recipient beyond the limit."""

    def __init__(self, most: int = 100) -> None:
        """Give the number that still passes."""
        self.most = most

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Count one recipient."""
        if unit.kind != "command" or unit.direction != TO_SERVER or unit.what != "RCPT":
            return None
        count = flow.memory["recipients"] = flow.memory.get("recipients", 0) + 1
        if count <= self.most:
            return None
        flow.log("limit-exceeded", what="RECIPIENTS")
        flow.log("reset-injected", end="both")
        return Edit(drop=True, reset="both")
