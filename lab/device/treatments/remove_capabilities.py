"""Take keyword lines out of the EHLO reply: the stream gets shorter, lengths are translated."""

from lab.device.units import Edit, Flow, Treatment, Unit


class RemoveCapabilities(Treatment):
    """Remove the lines of some keywords; a last line stays, because a reply must end."""

    def __init__(self, keywords: list[str]) -> None:
        """Name the keywords to take out."""
        self.keywords = {word.upper() for word in keywords}

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Remove one line."""
        if unit.kind != "reply" or unit.what != "EHLO" or unit.number == 0 or unit.last:
            return None
        words = unit.text.decode().upper().split()
        if not words or words[0] not in self.keywords:
            return None
        flow.log("capability-removed", keyword=words[0])
        return Edit(out=b"")
