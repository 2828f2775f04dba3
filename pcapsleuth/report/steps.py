"""What to do next where the report names a change, and no setting that ends it."""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.report.changes import changes
from pcapsleuth.report.model import Report, Status

ADVICE = {
    "large-segments-lost": (
        "let ICMP errors through (fragmentation needed, packet too big), or clamp the MSS where the path narrows",
        "from the client `ping -M do -s 1472 SERVER`, and smaller sizes, show what passes",
    ),
    "connection-blocked": (
        "look for the rule against port 25 on what stands between the two points: firewalls, the provider, the hosts",
    ),
}
"""What helps whichever device it is."""


def steps(report: Report) -> Iterator[str]:
    """The next steps, a sentence each; none where a remedy is named, or nothing was changed."""
    alone = report.mode != "compare"
    if report.verdict.status is not Status.CHANGED:
        return
    if not report.devices:
        yield from _unnamed(report, alone=alone)
    elif not report.devices[0]["remedies"] and alone:
        yield "ask who runs such a device there, and capture on its other side as well: `pcapsleuth compare` proves it"
        profile = report.devices[0]["profile"]
        yield f"`pcapsleuth explain {profile}` tells how to confirm it on the device, and which setting ends it"


def _unnamed(report: Report, *, alone: bool) -> Iterator[str]:
    """No known device does just this."""
    first = changes(report.findings.briefs())[0].name.partition(":")[0]
    if first in ADVICE:
        yield from ADVICE[first]
    elif alone:
        yield "no known device leaves these marks; capture on both sides of whatever is suspected, and compare"
    else:
        yield "no known device does just this; list what stands between the two points: firewalls, proxies, scanners"
        yield "capture between them, or take one out at a time, until the change is gone"
    yield f"`pcapsleuth explain {first}` tells how it is proven, and what else it could be"
