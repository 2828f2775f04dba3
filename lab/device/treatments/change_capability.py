"""Let an EHLO keyword pass with other parameters (a lower SIZE), or add one that the server never offered."""

from lab.device.units import Edit, Flow, Treatment, Unit


class ChangeCapability(Treatment):
    """Replace the parameters of one keyword line, or put a new line behind it."""

    def __init__(self, keyword: str, parameters: str = "", add: str = "") -> None:
        """`add` is the whole text of an added line; without it the parameters of `keyword` are replaced."""
        self.keyword, self.parameters, self.add = keyword.upper(), parameters, add

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Act on the line of the keyword."""
        if unit.kind != "reply" or unit.what != "EHLO" or unit.number == 0:
            return None
        words = unit.text.decode().upper().split()
        if not words or words[0] != self.keyword:
            return None
        if self.add:
            flow.log("capability-added", keyword=self.add.split()[0].upper())
            return Edit(out=unit.raw[:3] + b"-" + unit.text + b"\r\n" + unit.raw[:4] + self.add.encode() + b"\r\n")
        flow.log("capability-changed", keyword=self.keyword)
        return Edit(out=unit.raw[:4] + f"{self.keyword} {self.parameters}\r\n".encode())
