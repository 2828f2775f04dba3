"""Mask what arrives one character a segment: a lone letter is no verb, so it becomes X."""

from lab.device.units import TO_SERVER, Edit, Flow, Treatment, Unit


class MaskCharacters(Treatment):
    """Overwrite parts of lines as they come; the device never sees a whole command."""

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Mask the letters of a part; note the verb once its line is complete."""
        if unit.direction != TO_SERVER or unit.kind not in {"part", "tail"}:
            return None
        if unit.kind == "tail" and unit.what:
            flow.log("verb-masked", verb=unit.what)
            flow.log("char-mode-client")
        return Edit(out=bytes(c if c in b"\r\n" else ord("X") for c in unit.raw))
