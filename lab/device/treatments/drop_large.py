"""Lose segments above some size: a path whose MTU nobody was told of."""

from lab.device.units import Edit, Flow, Treatment, Unit


class DropLarge(Treatment):
    """Drop runs of mail data longer than `limit`."""

    def __init__(self, limit: int) -> None:
        """Give the largest payload that still fits."""
        self.limit = limit

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Drop one large run, each time that it comes."""
        if unit.kind != "data" or len(unit.raw) <= self.limit:
            return None
        flow.log("large-segment-lost", size=len(unit.raw))
        return Edit(drop=True)
