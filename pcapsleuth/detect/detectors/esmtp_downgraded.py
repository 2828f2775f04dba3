"""The client fell back from EHLO to HELO after what the device did to EHLO.

What it means
    The client said EHLO, was refused or answered by something that was not the server's answer, and went on with
    HELO.

Why it matters
    Without ESMTP there is no authentication, no encryption, no 8BITMIME, no size announcement: mail still flows, and
    everything that needs an extension fails.

How it is proven
    By the two commands on the client's side, and by what became of the first one between the two points.

What else it could be
    A server that knows no EHLO refuses it itself, alike on both sides: then the client's fall-back is correct and
    nothing is reported.

References
    RFC 5321 section 3.2; Microsoft KB 320027.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.detectors import (
    command_swallowed,
    reply_injected,
    reply_rewritten,
    verb_blocked,
    verb_masked,
    verb_rewritten,
)
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.proof import finding

LABELS = ("esmtp-downgraded",)

CAUSES = (verb_blocked, verb_masked, verb_rewritten, command_swallowed, reply_injected, reply_rewritten)


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Look for HELO behind an EHLO that the device touched."""
    verbs = [unit for unit in comparison.client.commands if unit.row.word in (b"EHLO", b"HELO")]
    fallen = next((b for a, b in pairwise(verbs) if (a.row.word, b.row.word) == (b"EHLO", b"HELO")), None)
    if fallen is None:
        return
    cause = next((f for m in CAUSES for f in m.detect_pair(comparison) if f.subject == "EHLO"), None)
    if cause is not None:
        yield finding(
            comparison,
            "esmtp-downgraded",
            None,
            f"the client fell back to HELO after {cause.name}",
            more=(comparison.client.piece(fallen),),
        )
