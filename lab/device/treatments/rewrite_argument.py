"""Change the argument of a command and let its verb pass: a `|` blanked in an address, a parameter cut off."""

import re

from lab.device.units import TO_SERVER, Edit, Flow, Treatment, Unit


class RewriteArgument(Treatment):
    """Substitute inside the argument of one verb."""

    def __init__(self, verb: str, pattern: str, to: str) -> None:
        """Give the verb and a substitution over its argument."""
        self.verb, self.pattern, self.to = verb, re.compile(pattern.encode()), to.encode()

    def unit(self, unit: Unit, flow: Flow) -> Edit | None:
        """Rewrite one command's argument."""
        if unit.kind != "command" or unit.direction != TO_SERVER or unit.what != self.verb:
            return None
        size = len(self.verb)
        new = self.pattern.sub(self.to, unit.raw[size:])
        if new == unit.raw[size:]:
            return None
        flow.log("argument-rewritten", verb=self.verb)
        return Edit(out=unit.raw[:size] + new)
