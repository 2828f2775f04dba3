"""What to do next where the report names a change, and no setting that ends it."""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.detect.finding import Severity
from pcapsleuth.devices.remedies import PROTECTED, subject
from pcapsleuth.report.changes import changes
from pcapsleuth.report.model import Report, Status

ADVICE = {
    "large-segments-lost": (
        "let ICMP's `packet too big` through, what it quotes translated back, or clamp the MSS where the path narrows",
        "from the client `ping -M do -s 1472 SERVER` (1452 by IPv6), and smaller sizes, show what passes",
    ),
    "connection-blocked": (
        "look for the rule against port 25 on what stands between the two points: firewalls, the provider, the hosts",
    ),
    "tls-intercepted": (
        "`openssl s_client -starttls smtp -connect SERVER:25` shows the certificate: its issuer tells who takes part",
        "exempt the mail server from TLS inspection there, or let senders verify the certificate (DANE, MTA-STS)",
    ),
}
"""What helps whichever device it is."""

ASK = "ask who runs what stands between the two points, and look into its settings and its log"


def steps(report: Report) -> Iterator[str]:
    """The next steps, a sentence each; none where a remedy is named, or nothing was changed."""
    alone = report.mode != "compare"
    if report.verdict.status is not Status.CHANGED:
        return
    best = report.devices[0] if report.devices else None
    if best is None or not (alone or best["where"] == "between"):
        yield from _unnamed(report, alone=alone)
    elif not best["remedies"] and not alone:
        yield from _without_remedy(report, str(best["profile"]))
    elif not best["remedies"]:
        yield "ask who runs such a device there, and capture on its other side as well: `pcapsleuth compare` proves it"
        yield f"`pcapsleuth explain {best['profile']}` tells how to confirm it on the device, and which setting ends it"


def _without_remedy(report: Report, profile: str) -> Iterator[str]:
    """A device between the two points does it, and nothing that ends it is known, or advisable."""
    names = [change.name for change in changes(report.findings.briefs()) if change.severity is not Severity.INFO]
    if all(subject(name) in PROTECTED for name in names):
        yield (
            "keeping these verbs from strangers is wanted protection (CVE-2005-0560): leave it so, or let them pass "
            "between two Exchange servers that need them, and nobody else"
        )
    else:
        label = names[0].partition(":")[0]
        yield from ADVICE.get(label, (ASK,))
    yield f"`pcapsleuth explain {profile}` tells how to recognise and confirm it"


def _unnamed(report: Report, *, alone: bool) -> Iterator[str]:
    """No known device does just this."""
    first = changes(report.findings.briefs())[0].name.partition(":")[0]
    if first in ADVICE:
        yield from ADVICE[first]
    elif alone:
        yield "no known device leaves just these marks; capture on both sides of whatever is suspected, and compare"
    else:
        yield "no known device does just this; list what stands between the two points: firewalls, proxies, scanners"
        yield "capture between them, or take one out at a time, until the change is gone"
    yield f"`pcapsleuth explain {first}` tells how it is proven, and what else it could be"
