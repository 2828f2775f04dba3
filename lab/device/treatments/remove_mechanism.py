"""Take one mechanism out of the AUTH line, or overwrite it there: the client then finds no way to log in."""

import re

from lab.device.units import Edit, Flow, Treatment, Unit


class RemoveMechanism(Treatment):
    """Remove mechanisms; with a filler the length of the line is kept."""

    def __init__(self, mechanisms: list[str], filler: str = "") -> None:
        """Name the mechanisms."""
        self.mechanisms, self.filler = mechanisms, filler.encode()

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Edit the AUTH line of an EHLO reply."""
        if unit.kind != "reply" or unit.what != "EHLO" or not unit.text.upper().startswith(b"AUTH "):
            return None
        raw = unit.raw
        for mechanism in self.mechanisms:
            pattern = rb" " + re.escape(mechanism.encode()) + rb"(?![\w-])"
            new = re.sub(pattern, b" " + self.filler * len(mechanism) if self.filler else b"", raw)
            if new != raw:
                flow.log("mechanism-removed", mechanism=mechanism)
            raw = new
        return Edit(out=raw) if raw != unit.raw else None
