"""Overwrite EHLO keyword lines in place, the way `inspect esmtp` masks what it does not know."""

from lab.device.units import Edit, Flow, Treatment, Unit

_FIRST = ord("A")


class MaskCapabilities(Treatment):
    """Mask every keyword line that is not on the allow-list; the last letter counts the masked lines."""

    def __init__(self, allowed: list[str], filler: str = "X", *, letters: bool = True) -> None:
        """Keywords in `allowed` pass; so does the first line, which names the host."""
        self.allowed = {word.upper() for word in allowed}
        self.filler, self.letters = filler.encode(), letters

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Mask one line of an EHLO reply."""
        if unit.kind != "reply" or unit.what != "EHLO" or not unit.line.startswith(b"250"):
            return None
        if unit.number == 0:
            flow.memory["masked lines"] = 0
            return None
        keyword = unit.text.decode().upper().split()[0] if unit.text.strip() else ""
        if not keyword or keyword in self.allowed:
            return None
        count = flow.memory["masked lines"]
        flow.memory["masked lines"] = count + 1
        end = bytes([_FIRST + count % 26]) if self.letters else self.filler
        flow.log("capability-masked", keyword=keyword)
        return Edit(out=unit.raw[:4] + self.filler * (len(unit.text) - 1) + end + b"\r\n")
