"""Lose segments above some size: a path whose MTU the sender is told of, or nobody is."""

from lab.device.units import Complaint, Edit, Flow, Treatment, Unit


class DropLarge(Treatment):
    """Drop runs of mail data longer than `limit`."""

    def __init__(self, limit: int, mtu: int = 0, *, misquoted: bool = False) -> None:
        """Give the largest payload that still fits; with `mtu` the sender is told by ICMP."""
        self.limit = limit
        self.complaint = Complaint("too-big", mtu, misquoted) if mtu else None

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Drop one large run, each time that it comes."""
        if unit.kind != "data" or len(unit.raw) <= self.limit:
            return None
        told = self.complaint is not None and not self.complaint.misquoted
        flow.log("large-segment-refused" if told else "large-segment-lost", size=len(unit.raw))
        return Edit(drop=True, complaint=self.complaint)
