"""Change, remove or add a header field on its way; lengths are translated."""

import re

from lab.device.units import Edit, Flow, Treatment, Unit


class ChangeHeader(Treatment):
    """Act on one field of the header, which must lie in the segment that opens the mail data."""

    def __init__(self, name: str, pattern: str, to: str) -> None:
        """Give the field's name and a substitution over its whole line, CRLF included."""
        self.name = name
        self.pattern, self.to = re.compile(pattern.encode(), re.MULTILINE), to.encode()

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Edit the header once a message."""
        if unit.kind != "data" or flow.memory.get("header done"):
            return None
        header, blank, body = unit.raw.partition(b"\r\n\r\n")
        flow.memory["header done"] = bool(blank)
        new = self.pattern.sub(self.to, header + b"\r\n", count=1)
        if new == header + b"\r\n":
            return None
        field = f"{self.name}:".lower().encode()
        had, has = (b"\n" + field in b"\n" + part.lower() for part in (header, new))
        deed = "header-changed" if had and has else "header-removed" if had else "header-added"
        flow.log(deed, name=self.name)
        return Edit(out=new[:-2] + blank + body)
