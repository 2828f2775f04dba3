"""The server's greeting was replaced by another, or changed otherwise than by filler.

What it means
    The client was shown another greeting than the server sent: another host or product, a line more, or the
    `220 SMTP/cmap` of the earliest PIX releases.

Why it matters
    The client talks to the device's idea of the server. If the word ESMTP is gone, extensions go with it.

How it is proven
    By the greeting's bytes on both sides. A text that no mail server says is known from one side alone, and likely:
    `220 SMTP/cmap`, a proxy that names itself, a greeting that calls itself a firewall's.

What else it could be
    A proxy or relay has a greeting of its own by nature: see proxy-in-path. Of a gateway that is the mail server to
    its clients nothing is said here (RFC 5321 section 2.3.10), nor of a load balancer that sends two connections to
    two servers: the pairing tells it.

References
    Microsoft KB 320027; RFC 5321 section 4.3.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.detect.detectors.banner_masked import masked
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.onesided import greeting, seen, shown
from pcapsleuth.detect.ownwords import GATEWAYS, GREETINGS, WRITTEN, speaker
from pcapsleuth.detect.proof import finding
from pcapsleuth.detect.scope import Session

LABELS = ("banner-rewritten",)

FIREWALL = re.compile(rb"firewall", re.IGNORECASE)
"""A gateway may lawfully be the mail server to its clients; what calls itself a firewall stands before one."""


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Compare the greeting as sent and as shown."""
    for difference in comparison.differences:
        if difference.element != "greeting" or difference.ingress is None or difference.egress is None:
            continue
        if not masked(comparison, difference.ingress, difference.egress):
            yield finding(
                comparison,
                "banner-rewritten",
                None,
                "the client was shown another greeting than the server sent",
                ingress=difference.ingress,
                egress=difference.egress,
            )


def detect_opening(session: Session) -> Iterator[Finding]:
    """Look for a greeting in the words of a device that stands before the server."""
    found = greeting(session.dialogue)
    if found is None:
        return
    device = speaker(found[1], GREETINGS)
    if device is not None and (device.connection not in GATEWAYS or FIREWALL.search(found[1])):
        summary = f"the greeting is not a mail server's: it is that of {device.name}"
        yield seen(session, "banner-rewritten", None, summary, shown(session.dialogue, *found), doubts=(WRITTEN,))
