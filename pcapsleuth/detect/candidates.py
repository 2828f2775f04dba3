"""What may have stood behind a mask: a mask keeps the length, servers keep an order, and commands have their place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pcapsleuth.compare.keyword import KeywordLine
from pcapsleuth.detect.lists import placed

COMMON = (
    b"STARTTLS",
    b"SMTPUTF8",
    b"CHUNKING",
    b"DSN",
    b"HELP",
    b"TURN",
    b"VRFY",
    b"ETRN",
    b"EXPN",
    b"ATRN",
    b"8BITMIME",
    b"PIPELINING",
    b"BINARYMIME",
    b"AUTH=LOGIN",
    b"DELIVERBY",
    b"XEXCH50",
    b"XRDST",
    b"XSHADOW",
    b"X-LINK2STATE",
    b"X-EXPS=LOGIN",
    b"X-ANONYMOUSTLS",
    b"ENHANCEDSTATUSCODES",
    b"X-EXPS GSSAPI NTLM",
    b"X-EXPS GSSAPI NTLM LOGIN",
    b"AUTH GSSAPI NTLM LOGIN",
    b"AUTH PLAIN LOGIN",
    b"AUTH LOGIN PLAIN",
    b"AUTH LOGIN",
    b"AUTH NTLM",
)
"""Lines that servers offer; of one length, the one that is offered most comes first."""


def spoilt(text: bytes) -> bytes | None:
    """The keyword that a line was before stars were written over some of it, but not over most of its letters.

    No keyword has a star (RFC 5321, section 4.1.1.1).
    """
    stars = text.count(b"*")
    if not 0 < stars * 2 <= len(text):
        return None
    return next((word for word in COMMON if len(word) == len(text) and _under(text.upper(), word)), None)


def _under(shown: bytes, word: bytes) -> bool:
    """Tell whether a word may have been what is shown, where there are no stars."""
    return all(left in (ord("*"), was) for left, was in zip(shown, word, strict=True))


def candidates(lines: Sequence[KeywordLine], masked: Sequence[int]) -> dict[int, list[bytes]]:
    """Candidates for each masked line (an index into `lines`), best first; what is shown elsewhere is none.

    What is left of a line's letters tells by itself. Else, first comes what stands there in the list of the server that
    fits best, then what else has the length.
    """
    left = {at: word for at in masked if (word := spoilt(lines[at].text)) is not None}
    hidden = frozenset(masked) - left.keys()
    found = placed(lines, hidden, COMMON)
    taken = {line.text.upper() for at, line in enumerate(lines) if at not in hidden} | set(found.values())
    taken.update(left.values())
    fitting: dict[int, list[bytes]] = {}
    for at in masked:
        if at in left:
            fitting[at] = [left[at]]
            continue
        others = [word for word in COMMON if len(word) == len(lines[at].text) and word not in taken]
        fitting[at] = [found[at], *others] if at in found else others
        taken.update(fitting[at][:1])
    return fitting


SHAPES = (
    ("BDAT", re.compile(rb"\S{4} \d+( LAST)?", re.IGNORECASE)),
    ("STARTTLS", re.compile(rb"\S{8}")),
    ("X-LINK2STATE", re.compile(rb"\S{12} .*CHUNK=.*", re.IGNORECASE)),
    ("X-ANONYMOUSTLS", re.compile(rb"\S{14}")),
    ("XEXCH50", re.compile(rb"\S{7} \d+ \d+")),
    ("X-EXPS", re.compile(rb"\S{6} [A-Z]+.*", re.IGNORECASE)),
)
"""Commands by the length of their verb and the form of their argument."""

OPENING = re.compile(rb"\S{4} \S+")
"""What a client says first."""


def verb_behind(line: bytes, *, begun: bool) -> str | None:
    """The verb that a command with an overwritten one may have had; `begun`: the client had said who it is."""
    if not begun and OPENING.fullmatch(line):
        return "EHLO"
    return next((verb for verb, shape in SHAPES if shape.fullmatch(line)), None)
