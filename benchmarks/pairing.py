"""How long pairing takes: ``python -m benchmarks.pairing [SESSIONS]``.

Worlds of ordinary mail, of one monitor whose sessions are all alike, and of one monitor behind a device that
translates addresses and ports, draws new initial sequence numbers and clears timestamps.
"""

from __future__ import annotations

import sys
import time

from pcapsleuth.compare.pairing import pair
from tests.compare.populations import HOUR, SECOND, World, populate

SESSIONS = 100_000


def worlds(sessions: int) -> dict[str, World]:
    """By name."""
    ordinary = World(sessions, spacing=SECOND, offset=3 * HOUR, drift_ppb=50_000)
    return {
        "ordinary mail": ordinary,
        "port translation, new ISNs": World(sessions, spacing=SECOND, nat="pat", keeps_isn=False, lost_inside=0.05),
        "retries": World(sessions, spacing=SECOND, tries=4, nat="pat", keeps_isn=False, timestamps="none"),
        "one monitor": World(sessions, spacing=SECOND, monitor=True, offset=-HOUR),
        "one monitor, nothing kept": World(
            sessions, spacing=SECOND, monitor=True, nat="pat", keeps_isn=False, timestamps="none", drift_ppb=50_000
        ),
        "one monitor, a burst": World(
            sessions, spacing=SECOND // 200, monitor=True, nat="pat", keeps_isn=False, timestamps="none"
        ),
        "blocked SYNs": World(sessions, spacing=SECOND, syn_only=True),
    }


def main(sessions: int) -> None:
    """Print CPU seconds and how right the pairs are."""
    for name, world in worlds(sessions).items():
        views = populate(world)
        before = time.process_time()
        result = pair(views.outside, views.inside)
        spent = time.process_time() - before
        found, truth = {(p.outside, p.inside) for p in result.pairs}, set(views.truth)
        certain = sum(p.certain for p in result.pairs)
        print(
            f"{name:28} {len(views.outside):7} x {len(views.inside):7}: {spent:6.2f} CPU s, "
            f"{len(found & truth)} right, {len(found - truth)} wrong, {len(truth - found)} missed, {certain} certain"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SESSIONS)
