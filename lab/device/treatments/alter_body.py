"""Change bytes inside the mail data without changing its length: garbled attachments, a body of X."""

import re

from lab.device.units import Edit, Flow, Treatment, Unit


class AlterBody(Treatment):
    """Overwrite what a pattern matches; line ends stay."""

    def __init__(self, pattern: str, filler: str = "X", deed: str = "body-altered", name: str = "") -> None:
        """Give a pattern over the bytes of one segment's mail data."""
        self.pattern, self.filler = re.compile(pattern.encode(), re.DOTALL), filler.encode()
        self.deed, self.name = deed, name

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Overwrite matches in one run of mail data."""
        if unit.kind != "data":
            return None
        new = self.pattern.sub(lambda match: re.sub(rb"[^\r\n]", self.filler, match.group()), unit.raw)
        if new == unit.raw:
            return None
        flow.log(self.deed, **({"name": self.name} if self.name else {}))
        return Edit(out=new)
