"""Cut the connection at an attachment whose name is too long, as the default map of `inspect esmtp` does."""

import re

from lab.device.units import Edit, Flow, Treatment, Unit

_WINDOW = 4096


class LimitFileNames(Treatment):
    """Reset both ends when a file name is too long."""

    def __init__(self, most: int = 255) -> None:
        """Give the length that still passes."""
        self.pattern = re.compile(rb'name="[^"]{%d,}' % (most + 1))

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Look for a name in mail data, the beginning of which may have passed before."""
        if unit.kind != "data":
            return None
        seen = flow.memory.get("names", b"") + unit.raw
        flow.memory["names"] = seen[-_WINDOW:]
        if not self.pattern.search(seen):
            return None
        flow.log("limit-exceeded", what="FILE-NAME")
        flow.log("reset-injected", end="both")
        return Edit(drop=True, reset="both")
