"""Keep connections out: drop the SYN (no translation, no access list), refuse it in the server's name or by ICMP."""

from lab.device.units import Flow, Treatment


class BlockConnections(Treatment):
    """Drop or refuse some connections, and let those before and after them pass."""

    def __init__(self, how: str, after: int = 0, sessions: int = 99) -> None:
        """`how` is drop, refuse or the kind of an ICMP error; the first `after` connections pass."""
        self.how, self.after, self.sessions, self.count = how, after, sessions, 0

    def syn(self, flow: Flow) -> str:
        """Decide about one connection."""
        self.count += 1
        if not self.after < self.count <= self.after + self.sessions:
            return "pass"
        flow.log("connection-blocked", how=self.how)
        return self.how
