"""Lose a reply on its way: the server has accepted the mail, the client never learns it and sends it again."""

from lab.device.units import TO_CLIENT, Edit, Flow, Treatment, Unit


class LoseReply(Treatment):
    """Drop the reply to one command, and its repetitions, in the first `sessions` connections that have it."""

    def __init__(self, what: str, sessions: int = 99) -> None:
        """Name what the reply answers."""
        self.what, self.left = what, sessions

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Drop one reply."""
        if unit.kind != "reply" or unit.direction != TO_CLIENT or unit.what != self.what:
            return None
        if "losing" not in flow.memory:
            flow.memory["losing"] = self.left > 0
            self.left -= 1
        if not flow.memory["losing"]:
            return None
        flow.log("reply-lost", what=unit.what)
        return Edit(drop=True)
