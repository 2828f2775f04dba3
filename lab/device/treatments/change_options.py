"""Change TCP options of the handshake: a clamped MSS, options cleared by a normaliser."""

import struct

from lab.device.units import Flow, Treatment

_MSS, _KINDS = 2, {"WSCALE": 3, "SACK": 4, "TIMESTAMPS": 8}


class ChangeOptions(Treatment):
    """Clamp the MSS and clear other options in both SYNs."""

    def __init__(self, mss: int = 0, clear: list[str] | None = None) -> None:
        """Name what to clear: WSCALE, SACK, TIMESTAMPS."""
        self.mss, self.clear = mss, {_KINDS[name] for name in clear or []}

    def handshake(self, options: list[tuple[int, bytes]], flow: Flow) -> list[tuple[int, bytes]]:
        """Rewrite the options of one SYN."""
        flow.log("tcp-options-changed")
        clamped = struct.pack("!H", self.mss)
        return [
            (kind, min(body, clamped) if kind == _MSS and self.mss else body)
            for kind, body in options
            if kind not in self.clear
        ]
