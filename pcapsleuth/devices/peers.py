"""The peers that a simulation assumes: what a client does when something is hidden or refused, what a server answers.

A clean capture cannot know that. The model is small and the same for every device: a client that is not offered an
extension does not use it, and sends by DATA what it sent by BDAT; one whose EHLO fails says HELO; a server answers a
verb that it does not know with 500, and quotes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NEEDS = {
    "STARTTLS": "STARTTLS",
    "AUTH": "AUTH",
    "BDAT": "CHUNKING",
    "ETRN": "ETRN",
    "X-EXPS": "X-EXPS",
    "X-LINK2STATE": "X-LINK2STATE",
    "XEXCH50": "XEXCH50",
}
"""Verbs that a client uses only if it was offered the keyword."""

PARAMETERS = {
    b"SIZE": "SIZE",
    b"BODY": "8BITMIME",
    b"RET": "DSN",
    b"ENVID": "DSN",
    b"AUTH": "AUTH",
    b"NOTIFY": "DSN",
    b"ORCPT": "DSN",
    b"SMTPUTF8": "SMTPUTF8",
}
"""Parameters of MAIL and RCPT by the keyword that allows them."""

GO_AHEAD = b"354 End data with <CR><LF>.<CR><LF>"

KNOWN = frozenset(b"HELO EHLO MAIL RCPT DATA RSET NOOP QUIT VRFY HELP".split())


@dataclass
class Client:
    """What the client knows."""

    hidden: set[str] = field(default_factory=set)
    """Keywords that it was not shown though the server offers them."""
    plain: bool = False
    """It said HELO: no extension can be used."""

    def uses(self, verb: str) -> bool:
        """Tell whether it would send this verb."""
        needed = NEEDS.get(verb)
        return needed is None or not (self.plain or needed in self.hidden)

    def converts(self, line: bytes) -> bool:
        """Tell whether it can send by DATA what this MAIL announces: BINARYMIME it cannot (RFC 3030 section 3)."""
        return b"BODY=BINARYMIME" not in line.upper().split()

    def says(self, line: bytes) -> bytes:
        """Its MAIL or RCPT, without parameters that it was not offered."""
        head, bracket, parameters = line.partition(b">")
        if not bracket or not parameters.strip():
            return line
        kept = [word for word in parameters.split() if self._may(word)]
        return b" ".join([head + bracket, *kept])

    def _may(self, parameter: bytes) -> bool:
        """Tell whether it may use a parameter."""
        needed = PARAMETERS.get(parameter.split(b"=")[0].upper())
        return needed is None or not (self.plain or needed in self.hidden)


def server_answer(line: bytes, name: bytes) -> bytes:
    """What the server says to a command that reached it changed."""
    verb = line.split(b" ", 1)[0].upper()
    if verb == b"HELO":
        return b"250 " + name
    if verb in KNOWN:
        return b"250 2.0.0 Ok"
    return b'500 5.5.1 Command unrecognized: "' + line[:64] + b'"'


def as_data(message: bytes) -> bytes:
    """What was sent in chunks, as mail data: with its last line ended, transparent, and with its end."""
    whole = message if message.endswith(b"\r\n") else message + b"\r\n"
    return (b"\r\n" + whole).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


def failed(reply: bytes) -> bool:
    """Tell whether a client takes a reply for a refusal; one without a code is no permission either."""
    return not re.match(rb"[23]\d\d[ -]", reply)
