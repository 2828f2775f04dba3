"""Overwrite the greeting: PIX and ASA hide the product name from strangers, and with it the word ESMTP."""

from lab.device.units import Edit, Flow, Treatment, Unit


class MaskBanner(Treatment):
    """Fill everything behind the code but the characters in `keep`."""

    def __init__(self, filler: str = "*", keep: str = "", skip: int = 4, after: int = 0) -> None:
        """Leave the first `skip` bytes alone (4 keeps the blank behind 220, 3 does not), and `after` connections."""
        self.filler = filler.encode()
        self.keep = keep.encode() + b"\r\n"
        self.skip = skip
        self.after = after

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Mask each line of the greeting."""
        if unit.kind != "reply" or unit.what != "GREETING":
            return None
        if "spared" not in flow.memory:
            flow.memory["spared"] = self.after > 0
            self.after -= 1
        if flow.memory["spared"]:
            return None
        text = unit.raw[self.skip :]
        masked = b"".join(bytes([c]) if c in self.keep else self.filler for c in text)
        if masked == text:
            return None
        flow.log("banner-masked")
        return Edit(out=unit.raw[: self.skip] + masked)
