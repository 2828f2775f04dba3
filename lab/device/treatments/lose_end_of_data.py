"""Do not pass the end of the mail data: the old Mailguard fault with a CRLF . CRLF split over packets."""

from lab.device.units import Edit, Flow, Treatment, Unit


class LoseEndOfData(Treatment):
    """Drop the end, and its repetitions, in the first `sessions` connections that come to one."""

    def __init__(self, sessions: int = 99) -> None:
        """Say how many connections are spoilt."""
        self.left = sessions

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Drop the end of data; what TCP repeats is dropped again."""
        if unit.kind != "end-of-data":
            return None
        if "losing end" not in flow.memory:
            flow.memory["losing end"] = self.left > 0
            self.left -= 1
        if not flow.memory["losing end"]:
            return None
        flow.memory["end seen"] = flow.memory.get("end seen", 0) + 1
        flow.log("end-of-data-lost" if flow.memory["end seen"] == 1 else "end-of-data-lost-again")
        return Edit(drop=True)
