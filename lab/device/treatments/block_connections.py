"""Keep connections out: drop the SYN (no translation, no access list) or refuse it in the server's name."""

from lab.device.units import Flow, Treatment


class BlockConnections(Treatment):
    """Drop or refuse the first `sessions` connections."""

    def __init__(self, how: str, sessions: int = 99) -> None:
        """`how` is drop or refuse."""
        self.how, self.left = how, sessions

    def syn(self, flow: Flow) -> str:
        """Decide about one connection."""
        self.left -= 1
        if self.left < 0:
            return "pass"
        flow.log("connection-blocked", how=self.how)
        return self.how
