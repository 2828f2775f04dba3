"""The AUTH line of the EHLO reply reached the client with other mechanisms.

What it means
    `auth-mechanism-removed`: the server offers the mechanism, the line that the client was shown does not.
    `auth-mechanism-added`: the other way round.

Why it matters
    The client cannot authenticate by a mechanism that it is not offered. A server then takes its mail for that of a
    stranger, and answers `550 5.7.1` when it is asked to relay.

How it is proven
    By the line's bytes on both sides. A line that is masked or removed as a whole is a masked or removed capability.

What else it could be
    A proxy that passes some mechanisms only (WatchGuard: DIGEST-MD5, CRAM-MD5, PLAIN, LOGIN by default).

References
    RFC 4954 section 3; Microsoft KB 320027.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapsleuth.compare.comparison import Comparison
from pcapsleuth.compare.keyword import LineMatch
from pcapsleuth.compare.view import verb_text
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.keywords import line_pieces
from pcapsleuth.detect.proof import finding

LABELS = ("auth-mechanism-removed", "auth-mechanism-added")


def detect_pair(comparison: Comparison) -> Iterator[Finding]:
    """Compare the mechanisms of all AUTH lines together: `AUTH X` and the old `AUTH=X` say the same."""
    seen: set[tuple[str, bytes]] = set()
    for sent, shown, lines in comparison.keyword_lists:
        auth = [line for line in lines if line.sent is not None and line.sent.keyword == b"AUTH"]
        for line in auth:
            for label, mechanism in _changes(line, auth):
                if (label, mechanism) not in seen:
                    seen.add((label, mechanism))
                    ingress, egress = line_pieces(comparison, sent, shown, line)
                    yield finding(
                        comparison,
                        label,
                        verb_text(mechanism),
                        _summary(label, verb_text(mechanism)),
                        ingress=ingress,
                        egress=egress,
                        self_evident=True,
                    )


def _changes(line: LineMatch, auth: list[LineMatch]) -> Iterator[tuple[str, bytes]]:
    """Name the mechanisms that only one side has; what overwrote one is not a mechanism of its own."""
    if line.sent is None or line.how not in ("changed", "removed"):
        return
    offered = line.sent.parameters
    if line.shown is None:
        # Where no AUTH line is left, the capability was removed. The other line may still have the mechanism.
        left = [name for other in auth if other.shown is not None for name in other.shown.parameters]
        yield from (("auth-mechanism-removed", name) for name in offered if left and name not in left)
        return
    seen = line.shown.parameters
    yield from (("auth-mechanism-removed", name) for name in offered if name not in seen)
    fillers = [name for name in seen if not name.strip(b"X*?_")]
    yield from (("auth-mechanism-added", name) for name in seen if name not in offered and name not in fillers)


def _summary(label: str, mechanism: str) -> str:
    """Say it in a sentence."""
    if label == "auth-mechanism-removed":
        return f"the server offers AUTH {mechanism}; the AUTH line that the client was shown lacks it"
    return f"the AUTH line that the client was shown has {mechanism}, which the server does not offer"
