"""Put another greeting in place of the server's: PIX 4.x `SMTP/cmap`, padded to the old length, and proxies."""

from lab.device.units import Edit, Flow, Treatment, Unit


class ReplaceBanner(Treatment):
    """Replace the greeting's text, or put a line before it."""

    def __init__(self, text: str, pad: str = "", *, before: bool = False) -> None:
        """With `pad` the new line is filled up to the length of the old one, which an in-place editor must."""
        self.text, self.pad, self.before = text.encode(), pad.encode(), before

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Act on the first line of the greeting."""
        if unit.kind != "reply" or unit.what != "GREETING" or unit.number:
            return None
        flow.log("banner-rewritten")
        if self.before:
            return Edit(out=b"220-" + self.text + b"\r\n" + unit.raw)
        room = len(unit.raw) - 6
        text = self.text.ljust(room, self.pad)[:room] if self.pad else self.text
        return Edit(out=unit.raw[:4] + text + b"\r\n")
