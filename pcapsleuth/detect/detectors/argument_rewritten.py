"""The argument of a command was changed on its way to the server.

What it means
    The verb passed, its argument's bytes differ: an address character deleted or blanked, a parameter taken off.

Why it matters
    Mail goes to, or claims to come from, another address; options that the client relies on are gone.

How it is proven
    By the command's bytes on both sides.

What else it could be
    A proxy greets the server by its own name in EHLO: see proxy-in-path.

References
    Cisco ASA CLI guide, ESMTP inspection (characters `|`, `<`, `>` in addresses); RFC 5321 section 4.1.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.commands import masked_verb, passed, verb_of
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.proof import finding

LABELS = ("argument-rewritten",)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Report each verb whose argument changed once a session."""
    seen: set[str] = set()
    for sent, came in passed(comparison):
        verb = comparison.client.words(sent.at)
        same = verb_of(sent.text).upper() == verb_of(came.text).upper()
        if (
            same
            and not _same_argument(sent.text, came.text)
            and not masked_verb(sent.text, came.text)
            and verb not in seen
        ):
            seen.add(verb)
            yield finding(
                comparison,
                "argument-rewritten",
                verb,
                f"the argument of {verb} was changed on its way to the server",
                ingress=comparison.client.piece(sent),
                egress=comparison.server.piece(came),
            )


def _same_argument(sent: bytes, came: bytes) -> bool:
    """Tell whether two lines say the same: case matters only in the local part of an address (RFC 5321 section 2.4)."""
    return sent.upper() == came.upper() and _local_part(sent) == _local_part(came)


def _local_part(line: bytes) -> bytes:
    """What stands before the domain of the path in a command line."""
    return line.partition(b"<")[2].partition(b">")[0].rpartition(b"@")[0]
